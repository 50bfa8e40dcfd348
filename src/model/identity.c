/* SPDX-License-Identifier: MIT */
#include "model/identity.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "model/rules.h"
#include "wire/frames.h"

void identity_init(struct identity *identity)
{
    *identity = (struct identity){.handshake = mem_new(sizeof(*identity->handshake))};
    handshake_init(identity->handshake);
}

static void forget_handshake(struct identity *identity)
{
    free(identity->handshake);
    identity->handshake = NULL;
}

void identity_done(struct identity *identity)
{
    forget_handshake(identity);
    free(identity->dialer);
    free(identity->acceptor);
}

static void set_name(char **name, const char *full_name)
{
    if (!full_name[0] || (*name && strcmp(*name, full_name) == 0))
        return;
    free(*name);
    *name = mem_string(full_name, strlen(full_name));
}

static void learn(struct identity *identity)
{
    const struct handshake *handshake = identity->handshake;

    set_name(&identity->dialer, handshake->dialer.name);
    set_name(&identity->acceptor, handshake->acceptor.name);
    identity->dialer_hidden = handshake_is_hidden(&handshake->dialer);
    identity->acceptor_hidden = handshake_is_hidden(&handshake->acceptor);
}

enum handshake_verdict identity_observe(struct identity *identity, enum handshake_side side, const uint8_t *data,
                                        size_t len, struct frames *frames, const char **ret_reason)
{
    while (len > 0 && !identity->framed[side]) {
        size_t used;
        enum handshake_verdict verdict = handshake_feed(identity->handshake, side, data, len, &used);

        if (verdict == HANDSHAKE_BAD || verdict == HANDSHAKE_RAW) {
            *ret_reason = identity->handshake->reason;
            forget_handshake(identity);
            return verdict;
        }
        identity->framed[side] = verdict == HANDSHAKE_DONE;
        data += used;
        len -= used;
    }
    frames_feed(frames, data, len);
    learn(identity);
    if (identity->framed[FROM_DIALER] && identity->framed[FROM_ACCEPTOR])
        forget_handshake(identity);
    return HANDSHAKE_MORE;
}

bool identity_has_begun(const struct identity *identity)
{
    return !identity->handshake || identity->handshake->halves[FROM_DIALER].begun;
}

void identity_profiles(const struct identity *identity, const struct rules *rules, const char *registered,
                       struct profile *ret_to_acceptor, struct profile *ret_to_dialer)
{
    const char *acceptor = identity->acceptor;
    char likely[2 * HANDSHAKE_NAME_MAX + 2];

    *ret_to_acceptor = *ret_to_dialer = (struct profile){0};
    if (!identity->dialer)
        return;
    if (!acceptor) {
        /* Its host is not known before its challenge; nodes of one port mapper share a host. */
        const char *host = strchr(identity->dialer, '@');

        snprintf(likely, sizeof(likely), "%s%s", registered, host ? host : "");
        acceptor = likely;
    }
    *ret_to_acceptor = rules_profile(rules, identity->dialer, acceptor);
    *ret_to_dialer = rules_profile(rules, acceptor, identity->dialer);
}
