/* SPDX-License-Identifier: MIT */
#include "wire/handshake.h"

#include <string.h>

#include "base/bytes.h"
#include "base/utf8.h"

#define LENGTH_BYTES 2
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
        return ok ? HANDSHAKE_MESSAGE : bad(handshake, "the dialer's name is missing or malformed");
    }
    switch (tag) {
    case 's': /* the answer to "alive" */
        return HANDSHAKE_MESSAGE;
    case 'c': /* what the old 'n' had no room for */
        dialer->flags |= (uint64_t)bytes_u32(&in) << 32;
        dialer->creation = bytes_u32(&in);
        return in.overrun ? bad(handshake, "the dialer's complement is too short") : HANDSHAKE_MESSAGE;
    case 'r':
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
        return status_message(handshake, in);
    case 'N':
    case 'n':
        ok = tag == 'N' ? read_new_name(&handshake->acceptor, in, true) : read_old_name(&handshake->acceptor, in, true);
        half->named = true;
        return ok ? HANDSHAKE_MESSAGE : bad(handshake, "the acceptor's name is missing or malformed");
    case 'a':
        if (!half->named || in.left < ACK_BYTES)
            return bad(handshake, "the challenge was never sent, or its ack is too short");
        return HANDSHAKE_DONE;
    }
    return bad(handshake, "unknown message from the acceptor");
}

/* Is this how a handshake begins? Asked as soon as there are bytes enough to tell. */
static bool begins_handshake(const struct handshake_half *half)
{
    if (half->size == 0 || half->size > HANDSHAKE_MESSAGE_MAX)
        return false;
    return half->have <= LENGTH_BYTES || half->message[0] == 'N' || half->message[0] == 'n';
}

/* Takes one byte of the length, or as much of the message as there is. */
static size_t take(struct handshake_half *half, const uint8_t *data, size_t len)
{
    size_t got, wanted;

    if (half->have < LENGTH_BYTES) {
        half->size = half->size << 8 | data[0];
        half->have++;
        return 1;
    }
    got = half->have - LENGTH_BYTES;
    /* The first byte alone: it tells whether the rest is wanted at all. */
    wanted = got == 0 ? 1 : half->size - got;
    if (wanted > len)
        wanted = len;
    memcpy(half->message + got, data, wanted);
    half->have += wanted;
    return wanted;
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
        *ret_used += take(half, data + *ret_used, len - *ret_used);
        if (half->have < LENGTH_BYTES)
            continue;
        if (first && !begins_handshake(half))
            return HANDSHAKE_RAW;
        if (half->size == 0 || half->size > HANDSHAKE_MESSAGE_MAX)
            return bad(handshake, "a handshake message of an impossible length");
        if (half->have < LENGTH_BYTES + half->size)
            continue;

        body = bytes_over(half->message, half->size);
        tag = bytes_u8(&body);
        half->have = 0;
        half->size = 0;
        return side == FROM_DIALER ? dialer_message(handshake, tag, body) : acceptor_message(handshake, tag, body);
    }
    return HANDSHAKE_MORE;
}
