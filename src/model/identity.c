/* SPDX-License-Identifier: MIT */
#include "model/identity.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "model/rules.h"

void identity_init(struct identity *identity)
{
    *identity = (struct identity){.handshake = mem_new(sizeof(*identity->handshake))};
    handshake_init(identity->handshake);
}

void identity_forget_handshake(struct identity *identity)
{
    free(identity->handshake);
    identity->handshake = NULL;
}

void identity_done(struct identity *identity)
{
    identity_forget_handshake(identity);
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
    identity->dialer_creation = handshake->dialer.creation;
    identity->dialer_hidden = handshake_is_hidden(&handshake->dialer);
    identity->acceptor_hidden = handshake_is_hidden(&handshake->acceptor);
}

size_t identity_wanted(const struct identity *identity, enum handshake_side side)
{
    if (!identity->handshake || identity->waits[side] || identity->framed[side])
        return 0;
    return handshake_wanted(identity->handshake, side);
}

enum handshake_verdict identity_observe(struct identity *identity, enum handshake_side side, const uint8_t *data,
                                        size_t len, const char **ret_reason)
{
    size_t used;
    enum handshake_verdict verdict = handshake_feed(identity->handshake, side, data, len, &used);

    if (verdict == HANDSHAKE_BAD)
        *ret_reason = identity->handshake->reason;
    if (verdict != HANDSHAKE_MESSAGE && verdict != HANDSHAKE_DONE)
        return verdict;
    assert(used == len);
    identity->waits[side] = true;
    learn(identity);
    return HANDSHAKE_MESSAGE;
}

const struct handshake_half *identity_message(const struct identity *identity, enum handshake_side side)
{
    return &identity->handshake->halves[side];
}

void identity_passed(struct identity *identity, enum handshake_side side)
{
    enum handshake_stage stage = identity->handshake->halves[side].stage;

    identity->waits[side] = false;
    identity->framed[side] = stage == STAGE_reply || stage == STAGE_ack;
    if (identity->framed[FROM_DIALER] && identity->framed[FROM_ACCEPTOR])
        identity_forget_handshake(identity);
}

void identity_profiles(const struct identity *identity, const struct rules *rules, struct party dialer,
                       struct party registered, struct profile *ret_to_acceptor, struct profile *ret_to_dialer)
{
    struct party acceptor = registered;

    if (identity->acceptor)
        acceptor.name = identity->acceptor;

    *ret_to_acceptor = *ret_to_dialer = (struct profile){0};
    if (!identity->dialer)
        return;
    *ret_to_acceptor = rules_profile(rules, dialer, acceptor, true);
    *ret_to_dialer = rules_profile(rules, acceptor, dialer, false);
}
