/* SPDX-License-Identifier: MIT */
#include "wire/epmd.h"

#include <string.h>

#include "base/bytes.h"
#include "base/utf8.h"

#define PORT2_RESP 119
#define ALIVE2_X_RESP 118
#define ALIVE2_RESP 121
#define ALIVE_FIXED_BYTES 13 /* ALIVE2_REQ without its two variable fields */
#define REFUSED_CREATION 99
#define EXTENDED_FROM 6 /* the version whose nodes know creations of 32 bits */
/* One less than may be registered: the stock daemon's own slip, kept because clients see it. */
#define LOOKUP_CHARACTERS_MAX 254

int epmd_request_size(const uint8_t *data, size_t len)
{
    struct bytes in = bytes_over(data, len);
    uint16_t size = bytes_u16(&in);

    if (in.overrun)
        return 0;
    if (size == 0 || size > EPMD_REQUEST_MAX)
        return -1;
    return EPMD_LENGTH_BYTES + size;
}

static enum epmd_verdict verdict(enum epmd_verdict value, const char *reason, const char **ret_reason)
{
    *ret_reason = reason;
    return value;
}

/* The checks stand in the stock daemon's order: which of two mistakes counts decides between a reply and a close. */
static enum epmd_verdict decode_alive(struct bytes in, struct epmd_node *ret, const char **ret_reason)
{
    struct bytes body = in;

    if (in.left + 1 <= ALIVE_FIXED_BYTES)
        return verdict(EPMD_BAD, "ALIVE2_REQ is too short", ret_reason);
    ret->port = bytes_u16(&body);
    ret->type = bytes_u8(&body);
    ret->protocol = bytes_u8(&body);
    ret->version_high = bytes_u16(&body);
    ret->version_low = bytes_u16(&body);

    ret->name_len = bytes_u16(&body);
    ret->name = bytes_take(&body, ret->name_len);
    if (!ret->name || body.left < 2)
        return verdict(EPMD_BAD, "the node name is longer than the ALIVE2_REQ", ret_reason);
    ret->extra_len = bytes_u16(&body);
    ret->extra = bytes_take(&body, ret->extra_len);
    if (!ret->extra)
        return verdict(EPMD_BAD, "the extra data is longer than the ALIVE2_REQ", ret_reason);
    /* Anything behind the extra data is ignored. */

    if (memchr(ret->name, 0, ret->name_len))
        return verdict(EPMD_BAD, "the node name in ALIVE2_REQ contains a NUL", ret_reason);
    if (ret->name_len > EPMD_NAME_BYTES_MAX)
        return verdict(EPMD_REFUSED, "the node name is too long", ret_reason);
    if (utf8_length(ret->name, ret->name_len) > EPMD_NAME_CHARACTERS_MAX)
        return verdict(EPMD_REFUSED, "the node name is too long", ret_reason);
    if (utf8_length(ret->name, ret->name_len) < 0)
        return verdict(EPMD_REFUSED, "the node name is not UTF-8", ret_reason);
    if (ret->extra_len > EPMD_EXTRA_BYTES_MAX)
        return verdict(EPMD_REFUSED, "the extra data is too long", ret_reason);
    return EPMD_OK;
}

static enum epmd_verdict decode_lookup(struct bytes in, struct epmd_node *ret, const char **ret_reason)
{
    ssize_t characters;

    if (in.left > 0 && in.at[in.left - 1] == 0) /* some clients send a C string */
        in.left--;
    if (in.left == 0)
        return verdict(EPMD_BAD, "PORT_PLEASE2_REQ without a name", ret_reason);
    if (memchr(in.at, 0, in.left))
        return verdict(EPMD_BAD, "the node name in PORT_PLEASE2_REQ contains a NUL", ret_reason);
    characters = utf8_length(in.at, in.left);
    if (characters < 0 || characters > LOOKUP_CHARACTERS_MAX)
        return verdict(EPMD_BAD, "the node name in PORT_PLEASE2_REQ is not UTF-8 or too long", ret_reason);
    ret->name = in.at;
    ret->name_len = in.left;
    return EPMD_OK;
}

static enum epmd_verdict decode_stop(struct bytes in, struct epmd_node *ret, const char **ret_reason)
{
    const uint8_t *end;

    if (in.left == 0)
        return verdict(EPMD_BAD, "STOP_REQ without a name", ret_reason);
    end = memchr(in.at, 0, in.left);
    ret->name = in.at;
    ret->name_len = end ? (size_t)(end - in.at) : in.left;
    return EPMD_OK;
}

enum epmd_verdict epmd_decode(const uint8_t *body, size_t len, struct epmd_request *ret, const char **ret_reason)
{
    struct bytes in = bytes_over(body, len);

    *ret = (struct epmd_request){.opcode = (enum epmd_opcode)bytes_u8(&in)};
    *ret_reason = NULL;
    switch (ret->opcode) {
    case EPMD_ALIVE:
        return decode_alive(in, &ret->node, ret_reason);
    case EPMD_PORT:
        return decode_lookup(in, &ret->node, ret_reason);
    case EPMD_STOP:
        return decode_stop(in, &ret->node, ret_reason);
    case EPMD_NAMES:
    case EPMD_DUMP:
    case EPMD_KILL:
        return EPMD_OK; /* whatever stands in their bodies is ignored */
    }
    return verdict(EPMD_BAD, "unknown request", ret_reason);
}

uint32_t epmd_told_creation(uint16_t version_high, uint32_t creation)
{
    return version_high >= EXTENDED_FROM ? creation : creation % 3 + 1;
}

size_t epmd_put_alive_reply(uint8_t *to, uint16_t version_high, bool accepted, uint32_t creation)
{
    bool extended = version_high >= EXTENDED_FROM;
    uint8_t *at = to;

    at = bytes_put_u8(at, extended ? ALIVE2_X_RESP : ALIVE2_RESP);
    at = bytes_put_u8(at, accepted ? 0 : 1);
    creation = accepted ? epmd_told_creation(version_high, creation) : REFUSED_CREATION;
    at = extended ? bytes_put_u32(at, creation) : bytes_put_u16(at, (uint16_t)creation);
    return (size_t)(at - to);
}

size_t epmd_put_port_reply(uint8_t *to, const struct epmd_node *node)
{
    uint8_t *at = bytes_put_u8(to, PORT2_RESP);

    if (!node) {
        at = bytes_put_u8(at, 1);
        return (size_t)(at - to);
    }
    at = bytes_put_u8(at, 0);
    at = bytes_put_u16(at, node->port);
    at = bytes_put_u8(at, node->type);
    at = bytes_put_u8(at, node->protocol);
    at = bytes_put_u16(at, node->version_high);
    at = bytes_put_u16(at, node->version_low);
    at = bytes_put_u16(at, (uint16_t)node->name_len);
    at = bytes_put(at, node->name, node->name_len);
    at = bytes_put_u16(at, (uint16_t)node->extra_len);
    at = bytes_put(at, node->extra, node->extra_len);
    return (size_t)(at - to);
}
