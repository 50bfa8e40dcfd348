/* SPDX-License-Identifier: MIT */
#include "endpoint/greeting.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/secret.h"
#include "endpoint/cookie.h"
#include "wire/distribution.h"

#define GIVEN_NAME_LETTERS 13

void greeting_init(struct greeting *greeting, uint32_t challenge)
{
    handshake_init(&greeting->handshake);
    greeting->challenge = challenge;
}

static struct bytes body_of(const struct greeting *greeting)
{
    const struct handshake_half *half = &greeting->handshake.halves[FROM_DIALER];

    return bytes_over(half->bytes + HANDSHAKE_LENGTH_BYTES, half->have - HANDSHAKE_LENGTH_BYTES);
}

static enum greeting_verdict refuse_greeting(const char *reason, const char **ret_reason)
{
    *ret_reason = reason;
    return GREETING_REFUSED;
}

/*
 * A node that was started without a name takes the one that it is given here, with its own host: letters by chance, and
 * a creation. Returns false when the name has no place.
 */
static bool give_name(struct greeting *greeting, struct text *to)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    char *name = greeting->handshake.dialer.name;
    uint8_t status[DISTRIBUTION_STATUS_MAX];
    uint64_t chance = (uint64_t)greeting->challenge << 32 | ~greeting->challenge;
    struct bytes in = body_of(greeting);
    const uint8_t *host;
    size_t len;

    bytes_take(&in, 1 + 8 + 4);
    len = bytes_u16(&in);
    host = bytes_take(&in, len);
    if (!host || len + GIVEN_NAME_LETTERS + 1 > DISTRIBUTION_NAME_MAX)
        return false;
    for (int i = 0; i < GIVEN_NAME_LETTERS; i++, chance /= 36)
        name[i] = letters[chance % 36];
    snprintf(name + GIVEN_NAME_LETTERS, HANDSHAKE_NAME_MAX - GIVEN_NAME_LETTERS, "@%.*s", (int)len, (const char *)host);
    text_add(to, status, distribution_put_named(status, name, greeting->challenge | 4)); /* 0 to 3 are of old */
    return true;
}

static enum greeting_verdict take_name(struct greeting *greeting, const struct greeting_host *host, struct text *to,
                                       const char **ret_reason)
{
    struct handshake_end *dialer = &greeting->handshake.dialer;
    uint64_t flags = distribution_flags(dialer->flags);
    bool old = body_of(greeting).at[0] == 'n' && !(flags & DISTRIBUTION_FLAG_HANDSHAKE_23);
    /* Who was given a name is told that it has been understood. */
    uint64_t ours = DISTRIBUTION_FLAGS | (dialer->name[0] ? 0 : HANDSHAKE_FLAG_NAME_ME);
    uint8_t bytes[DISTRIBUTION_CHALLENGE_MAX];

    if ((flags & DISTRIBUTION_FLAGS_DEMANDED) != DISTRIBUTION_FLAGS_DEMANDED) {
        text_add(to, bytes, distribution_put_status(bytes, "not_allowed"));
        return refuse_greeting("it is a node of a release too old to be understood", ret_reason);
    }
    if (dialer->name[0])
        text_add(to, bytes, distribution_put_status(bytes, "ok"));
    else if (!give_name(greeting, to))
        return refuse_greeting("it wants a name of us, and its host has too long a one", ret_reason);
    text_add(to, bytes, distribution_put_challenge(bytes, old, ours, greeting->challenge, host->creation, host->name));
    return GREETING_MORE;
}

/* challenge:32 digest:16 */
static enum greeting_verdict take_reply(const struct greeting *greeting, const struct greeting_host *host,
                                        struct text *to, const char **ret_reason)
{
    uint8_t digest[DISTRIBUTION_DIGEST_BYTES], bytes[DISTRIBUTION_ACK_BYTES];
    struct bytes in = body_of(greeting);
    uint32_t challenge;

    bytes_take(&in, 1);
    challenge = bytes_u32(&in);
    cookie_digest(host->cookie, greeting->challenge, digest);
    if (!secret_same(digest, in.at, sizeof(digest))) /* that it is all there, handshake_feed() has seen */
        return refuse_greeting("it has another cookie", ret_reason);
    cookie_digest(host->cookie, challenge, digest);
    text_add(to, bytes, distribution_put_ack(bytes, digest));
    return GREETING_THROUGH;
}

enum greeting_verdict greeting_feed(struct greeting *greeting, const struct greeting_host *host, const uint8_t *data,
                                    size_t len, size_t *ret_used, struct text *to, const char **ret_reason)
{
    const struct handshake_half *half = &greeting->handshake.halves[FROM_DIALER];

    switch (handshake_feed(&greeting->handshake, FROM_DIALER, data, len, ret_used)) {
    case HANDSHAKE_MORE:
        return GREETING_MORE;
    case HANDSHAKE_MESSAGE:
        if (half->stage == STAGE_name)
            return take_name(greeting, host, to, ret_reason);
        return body_of(greeting).at[0] == 'c' ? GREETING_MORE
                                              : refuse_greeting("a message out of its turn", ret_reason);
    case HANDSHAKE_DONE:
        return take_reply(greeting, host, to, ret_reason);
    case HANDSHAKE_RAW:
        return refuse_greeting("this is no handshake", ret_reason);
    case HANDSHAKE_BAD:
        return refuse_greeting(greeting->handshake.reason, ret_reason);
    }
    return GREETING_REFUSED;
}
