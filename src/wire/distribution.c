/* SPDX-License-Identifier: MIT */
#include "wire/distribution.h"

#include <string.h>

#include "wire/handshake.h"

#define OLD_VERSION 5

static int bad(const char **ret_reason, const char *reason)
{
    *ret_reason = reason;
    return -1;
}

int distribution_decode(const uint8_t *frame, size_t len, struct distribution_message *ret, const char **ret_reason)
{
    struct bytes in = bytes_over(frame, len);
    struct distribution_message message = {0};
    struct term control;
    int64_t operation;

    if (bytes_u8(&in) != DISTRIBUTION_PASS_THROUGH)
        return bad(ret_reason, "a frame of a kind that was not agreed on");
    if (bytes_u8(&in) != TERM_VERSION || !term_take(&in, &control))
        return bad(ret_reason, "a control message that is no term");
    message.arity = term_tuple(&control, message.control, DISTRIBUTION_CONTROL_MAX);
    if (message.arity < 1 || !term_integer(&message.control[0], &operation) || operation < 0 || operation > UINT8_MAX)
        return bad(ret_reason, "a control message that is no tuple with an operation");
    message.operation = (int)operation;
    if (in.left > 0) {
        message.has_message = bytes_u8(&in) == TERM_VERSION && term_take(&in, &message.message) && in.left == 0;
        if (!message.has_message)
            return bad(ret_reason, "a message that is no term");
    }
    *ret = message;
    return 0;
}

uint64_t distribution_flags(uint64_t flags)
{
    return flags & DISTRIBUTION_FLAG_MANDATORY_25 ? flags | DISTRIBUTION_FLAGS_DEMANDED : flags;
}

static size_t finish(uint8_t *to, const uint8_t *end)
{
    size_t len = (size_t)(end - to);

    bytes_put_u16(to, (uint16_t)(len - HANDSHAKE_LENGTH_BYTES));
    return len;
}

size_t distribution_put_status(uint8_t *to, const char *status)
{
    uint8_t *at = bytes_put_u8(to + HANDSHAKE_LENGTH_BYTES, 's');

    return finish(to, bytes_put(at, status, strlen(status)));
}

size_t distribution_put_named(uint8_t *to, const char *name, uint32_t creation)
{
    static const char word[] = "snamed:";
    uint8_t *at = bytes_put(to + HANDSHAKE_LENGTH_BYTES, word, sizeof(word) - 1);

    at = bytes_put(bytes_put_u16(at, (uint16_t)strlen(name)), name, strlen(name));
    return finish(to, bytes_put_u32(at, creation));
}

size_t distribution_put_challenge(uint8_t *to, bool old, uint64_t flags, uint32_t challenge, uint32_t creation,
                                  const char *name)
{
    uint8_t *at = bytes_put_u8(to + HANDSHAKE_LENGTH_BYTES, old ? 'n' : 'N');
    const uint32_t low = (uint32_t)flags, high = (uint32_t)(flags >> 32);
    size_t len = strlen(name);

    if (old) {
        at = bytes_put_u32(bytes_put_u32(bytes_put_u16(at, OLD_VERSION), low), challenge);
    } else {
        at = bytes_put_u32(bytes_put_u32(at, high), low);
        at = bytes_put_u16(bytes_put_u32(bytes_put_u32(at, challenge), creation), (uint16_t)len);
    }
    return finish(to, bytes_put(at, name, len));
}

size_t distribution_put_ack(uint8_t *to, const uint8_t digest[DISTRIBUTION_DIGEST_BYTES])
{
    uint8_t *at = bytes_put_u8(to + HANDSHAKE_LENGTH_BYTES, 'a');

    return finish(to, bytes_put(at, digest, DISTRIBUTION_DIGEST_BYTES));
}
