/* SPDX-License-Identifier: MIT */
#include "wire/handshake.h"

#include <string.h>

#include "base/bytes.h"
#include "base/utf8.h"

#define REPLY_BYTES (4 + 16) /* challenge, MD5 digest */
#define ACK_BYTES 16

void handshake_init(struct handshake *handshake)
{
    memset(handshake, 0, sizeof(*handshake));
}

bool handshake_is_hidden(const struct handshake_end *end)
{
    return end->name[0] && !(end->flags & HANDSHAKE_FLAG_PUBLISHED);
}

static enum handshake_verdict bad(struct handshake *handshake, const char *reason)
{
    handshake->reason = reason;
    return HANDSHAKE_BAD;
}

/* Node names are atoms: UTF-8 from today's nodes, Latin-1 from old ones. What we keep is always UTF-8. */
static bool set_name(struct handshake_end *end, const uint8_t *name, size_t len)
{
    size_t used = 0;

    if (!name || len == 0 || len > HANDSHAKE_NAME_MAX || memchr(name, 0, len))
        return false;
    if (utf8_length(name, len) >= 0) {
        memcpy(end->name, name, len);
        end->name[len] = 0;
        return true;
    }
    if (len > HANDSHAKE_NAME_MAX / 2)
        return false;
    for (size_t i = 0; i < len; i++) {
        if (name[i] < 0x80) {
            end->name[used++] = (char)name[i];
        } else {
            end->name[used++] = (char)(0xC0 | name[i] >> 6);
            end->name[used++] = (char)(0x80 | (name[i] & 0x3F));
        }
    }
    end->name[used] = 0;
    return true;
}

static bool set_full_name(struct handshake_end *end, const uint8_t *name, size_t len)
{
    const uint8_t *at = name ? memchr(name, '@', len) : NULL;

    return at && at > name && at + 1 < name + len && set_name(end, name, len);
}

/* flags:64 [challenge:32] creation:32 length:16 name, since OTP 23; anything behind is for later versions. */
static bool read_new_name(struct handshake_end *end, struct bytes in, bool challenge)
{
    const uint8_t *name;
    size_t len;

    end->flags = bytes_u64(&in);
    if (challenge)
        bytes_u32(&in);
    end->creation = bytes_u32(&in);
    len = bytes_u16(&in);
    name = bytes_take(&in, len);
    if (in.overrun)
        return false;
    /* A node without a name yet sends its host: its name comes with the status "named:". */
    if (!challenge && (end->flags & HANDSHAKE_FLAG_NAME_ME) && !memchr(name, '@', len))
        return true;
    return set_full_name(end, name, len);
}

/* version:16 flags:32 [challenge:32] name, before OTP 23. */
static bool read_old_name(struct handshake_end *end, struct bytes in, bool challenge)
{
    bytes_u16(&in);
    end->flags = bytes_u32(&in);
    if (challenge)
        bytes_u32(&in);
    return !in.overrun && set_full_name(end, in.at, in.left);
}

static enum handshake_verdict dialer_message(struct handshake *handshake, uint8_t tag, struct bytes in)
{
    struct handshake_half *half = &handshake->halves[FROM_DIALER];
    struct handshake_end *dialer = &handshake->dialer;

    if (!half->begun) {
        bool ok = tag == 'N' ? read_new_name(dialer, in, false) : read_old_name(dialer, in, false);

        half->begun = true;
        half->stage = STAGE_name;
        return ok ? HANDSHAKE_MESSAGE : bad(handshake, "the dialer's name is missing or malformed");
    }
    half->stage = STAGE_NONE;
    switch (tag) {
    case 's': /* the answer to "alive" */
        return HANDSHAKE_MESSAGE;
    case 'c': /* what the old 'n' had no room for */
        dialer->flags |= (uint64_t)bytes_u32(&in) << 32;
        dialer->creation = bytes_u32(&in);
        return in.overrun ? bad(handshake, "the dialer's complement is too short") : HANDSHAKE_MESSAGE;
    case 'r':
        half->stage = STAGE_reply;
        return in.left < REPLY_BYTES ? bad(handshake, "the challenge reply is too short") : HANDSHAKE_DONE;
    }
    return bad(handshake, "unknown message from the dialer");
}

static enum handshake_verdict status_message(struct handshake *handshake, struct bytes in)
{
    static const char named[] = "named:";
    const size_t prefix = sizeof(named) - 1;
    const uint8_t *name;
    size_t len;

    /* All other words ("ok", "nok", "alive", ...) change nothing for us; the nodes act on them. */
    if (in.left < prefix || memcmp(in.at, named, prefix) != 0)
        return HANDSHAKE_MESSAGE;
    bytes_take(&in, prefix);
    len = bytes_u16(&in);
    name = bytes_take(&in, len);
    if (!set_full_name(&handshake->dialer, name, len))
        return bad(handshake, "the name given to the dialer is malformed");
    return HANDSHAKE_MESSAGE;
}

static enum handshake_verdict acceptor_message(struct handshake *handshake, uint8_t tag, struct bytes in)
{
    struct handshake_half *half = &handshake->halves[FROM_ACCEPTOR];
    bool ok;

    half->begun = true;
    switch (tag) {
    case 's':
        half->stage = STAGE_status;
        return status_message(handshake, in);
    case 'N':
    case 'n':
        half->stage = STAGE_challenge;
        ok = tag == 'N' ? read_new_name(&handshake->acceptor, in, true) : read_old_name(&handshake->acceptor, in, true);
        half->named = true;
        return ok ? HANDSHAKE_MESSAGE : bad(handshake, "the acceptor's name is missing or malformed");
    case 'a':
        half->stage = STAGE_ack;
        if (!half->named || in.left < ACK_BYTES)
            return bad(handshake, "the challenge was never sent, or its ack is too short");
        return HANDSHAKE_DONE;
    }
    return bad(handshake, "unknown message from the acceptor");
}

/* Behind the length field, once that is there. */
static size_t message_size(const struct handshake_half *half)
{
    return (size_t)half->bytes[0] << 8 | half->bytes[1];
}

/* Is this how a handshake begins? Asked as soon as there are bytes enough to tell. */
static bool begins_handshake(const struct handshake_half *half)
{
    size_t size = message_size(half);
    uint8_t tag = half->bytes[HANDSHAKE_LENGTH_BYTES];

    if (size == 0 || size > HANDSHAKE_MESSAGE_MAX)
        return false;
    return half->have <= HANDSHAKE_LENGTH_BYTES || tag == 'N' || tag == 'n';
}

size_t handshake_wanted(const struct handshake *handshake, enum handshake_side side)
{
    const struct handshake_half *half = &handshake->halves[side];

    if (half->complete || half->have < HANDSHAKE_LENGTH_BYTES)
        return HANDSHAKE_LENGTH_BYTES - (half->complete ? 0 : half->have);
    /* The first byte alone: it tells whether the rest is wanted at all. */
    return half->have == HANDSHAKE_LENGTH_BYTES ? 1 : HANDSHAKE_LENGTH_BYTES + message_size(half) - half->have;
}

enum handshake_verdict handshake_feed(struct handshake *handshake, enum handshake_side side, const uint8_t *data,
                                      size_t len, size_t *ret_used)
{
    struct handshake_half *half = &handshake->halves[side];
    bool first = side == FROM_DIALER && !half->begun;
    struct bytes body;
    uint8_t tag;

    *ret_used = 0;
    while (*ret_used < len) {
        size_t taken = handshake_wanted(handshake, side);

        if (half->complete)
            half->have = 0;
        half->complete = false;
        if (taken > len - *ret_used)
            taken = len - *ret_used;
        memcpy(half->bytes + half->have, data + *ret_used, taken);
        half->have += taken;
        *ret_used += taken;
        if (half->have < HANDSHAKE_LENGTH_BYTES)
            continue;
        if (first && !begins_handshake(half))
            return HANDSHAKE_RAW;
        if (message_size(half) == 0 || message_size(half) > HANDSHAKE_MESSAGE_MAX)
            return bad(handshake, "a handshake message of an impossible length");
        if (half->have < HANDSHAKE_LENGTH_BYTES + message_size(half))
            continue;

        half->complete = true;
        body = bytes_over(half->bytes + HANDSHAKE_LENGTH_BYTES, message_size(half));
        tag = bytes_u8(&body);
        return side == FROM_DIALER ? dialer_message(handshake, tag, body) : acceptor_message(handshake, tag, body);
    }
    return HANDSHAKE_MORE;
}

/* Returns those that were there. */
static uint64_t clear_u32(uint8_t *at, uint32_t flags)
{
    struct bytes in = bytes_over(at, 4);
    uint32_t found = bytes_u32(&in);

    bytes_put_u32(at, found & ~flags);
    return found & flags;
}

uint64_t handshake_clear_flags(struct handshake *handshake, enum handshake_side side, uint64_t flags)
{
    struct handshake_half *half = &handshake->halves[side];
    uint8_t *body = half->bytes + HANDSHAKE_LENGTH_BYTES;
    uint32_t high = (uint32_t)(flags >> 32), low = (uint32_t)flags;

    if (!half->complete)
        return 0;
    /* Their fields were there, or the messages would have been bad. */
    switch (body[0]) {
    case 'N': /* flags:64 ... */
        return clear_u32(body + 1, high) << 32 | clear_u32(body + 5, low);
    case 'n': /* version:16 flags:32 ... */
        return clear_u32(body + 3, low);
    case 'c': /* what the old 'n' had no room for */
        return clear_u32(body + 1, high) << 32;
    }
    return 0;
}
