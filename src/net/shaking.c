/* SPDX-License-Identifier: MIT */
#include "net/shaking.h"

#include "base/bytes.h"
#include "model/counters.h"
#include "model/registry.h"
#include "net/address.h"
#include "net/relay.h"

static const struct verdict goes_on = {NULL, false};

void shaking_init(struct shaking *shaking, struct relay *relay, struct lanes *lanes, const char *registered)
{
    *shaking = (struct shaking){.relay = relay, .lanes = lanes, .registered = registered};
    identity_init(&shaking->identity);
}

void shaking_done(struct shaking *shaking)
{
    identity_done(&shaking->identity);
}

static struct lane *lane_from(const struct shaking *shaking, enum handshake_side side)
{
    return side == FROM_DIALER ? &shaking->lanes->to_acceptor : &shaking->lanes->to_dialer;
}

/* ---- rules ---- */

void shaking_apply_rules(struct shaking *shaking)
{
    struct profile to_acceptor, to_dialer;

    identity_profiles(&shaking->identity, shaking->relay->rules, shaking->registered, &to_acceptor, &to_dialer);
    lanes_set_profiles(shaking->lanes, shaking->relay, &to_acceptor, &to_dialer);
}

/* The stage of the message that waits in that direction, as a set. */
static unsigned stage_of(const struct shaking *shaking, enum handshake_side side)
{
    if (!shaking->identity.waits[side] || identity_message(&shaking->identity, side)->stage == STAGE_NONE)
        return 0;
    return 1U << identity_message(&shaking->identity, side)->stage;
}

struct verdict shaking_judge(struct shaking *shaking, bool living)
{
    struct verdict verdict = lanes_judge(shaking->lanes, living);

    for (enum handshake_side side = FROM_DIALER; side <= FROM_ACCEPTOR; side++) {
        struct lane *lane = lane_from(shaking, side);

        lane->at_stage = (lane->profile.stages_held & stage_of(shaking, side)) != 0;
        if (!verdict.why && lane->profile.stages_closed & stage_of(shaking, side))
            verdict = (struct verdict){"a handshake fault closes it", false};
    }
    return verdict;
}

/* Nothing of the handshake gets from there to the other node. */
static bool is_blocked(const struct lane *lane)
{
    return lane_is_held(lane) || lane_drops(lane);
}

bool shaking_may_dial(const struct shaking *shaking)
{
    return shaking->is_raw || !is_blocked(&shaking->lanes->to_acceptor);
}

/* ---- messages ---- */

/* A node of another machine may have the short name of one that is registered here. */
static bool dialer_is_local(const struct shaking *shaking)
{
    struct address peer = address_of_peer(shaking->lanes->dialer.fd);
    struct address local = address_of_socket(shaking->lanes->dialer.fd);

    return address_is_local_peer(&peer, &local);
}

static void learn_names(struct shaking *shaking, enum handshake_side side)
{
    const struct identity *identity = &shaking->identity;

    if (identity->acceptor)
        registry_learn_full_name(shaking->relay->registry, identity->acceptor);
    if (identity->dialer && side == FROM_DIALER && dialer_is_local(shaking))
        registry_learn_full_name(shaking->relay->registry, identity->dialer);
    shaking_apply_rules(shaking);
}

/* Reads what is wanted next, and no more: what is behind it stays in the kernel. *ret_got: 0, there was nothing. */
static struct verdict read_next(struct shaking *shaking, enum handshake_side side, size_t *ret_got)
{
    uint8_t data[HANDSHAKE_LENGTH_BYTES + HANDSHAKE_MESSAGE_MAX];
    const char *reason = NULL;

    *ret_got = lane_read(lane_from(shaking, side), data, identity_wanted(&shaking->identity, side));
    if (*ret_got == 0)
        return goes_on;
    switch (identity_observe(&shaking->identity, side, data, *ret_got, &reason)) {
    case HANDSHAKE_BAD:
        COUNT(shaking->relay->counters, handshakes_malformed);
        return (struct verdict){reason, false};
    case HANDSHAKE_RAW:
        shaking->is_raw = true;
        return goes_on;
    case HANDSHAKE_MESSAGE:
        learn_names(shaking, side);
        return goes_on;
    case HANDSHAKE_MORE:
    case HANDSHAKE_DONE:
        break;
    }
    return goes_on;
}

struct verdict shaking_hear(struct shaking *shaking, bool *ret_known)
{
    *ret_known = false;
    while (!*ret_known) {
        size_t got;
        struct verdict verdict = read_next(shaking, FROM_DIALER, &got);

        if (verdict.why)
            return verdict;
        if (shaking->lanes->to_acceptor.state != LANE_OPEN)
            return (struct verdict){"the dialer left before it said who it is", false};
        if (got == 0)
            break;
        *ret_known = shaking->is_raw || shaking->identity.waits[FROM_DIALER];
    }
    return goes_on;
}

/* In one piece with what has come since: nobody shall see where we looked. */
void shaking_give_up(struct shaking *shaking)
{
    const struct handshake_half *begun = identity_message(&shaking->identity, FROM_DIALER);
    struct lane *lane = &shaking->lanes->to_acceptor;
    uint8_t data[2 * sizeof(begun->bytes)], *end = bytes_put(data, begun->bytes, begun->have);

    end += lane_read(lane, end, (size_t)(data + sizeof(data) - end));
    lane_pass(lane, shaking->relay, data, (size_t)(end - data));
    identity_forget_handshake(&shaking->identity);
}

/* The message that waits goes on. Flags are cleared in both nodes' messages or in none: anything else crashes nodes. */
static void pass_message(struct shaking *shaking, enum handshake_side side)
{
    struct lane *lane = lane_from(shaking, side);
    const struct handshake_half *message = identity_message(&shaking->identity, side);

    if (message->stage == STAGE_name)
        shaking->flags_cleared =
            shaking->lanes->to_acceptor.profile.flags_cleared | shaking->lanes->to_dialer.profile.flags_cleared;
    handshake_clear_flags(shaking->identity.handshake, side, shaking->flags_cleared);
    lane_pass(lane, shaking->relay, message->bytes, message->have);
    identity_passed(&shaking->identity, side);
    lane->framed = shaking->identity.framed[side];
}

static struct verdict relay_from(struct shaking *shaking, enum handshake_side side)
{
    struct lane *lane = lane_from(shaking, side);
    struct verdict verdict = goes_on;
    size_t got = 1;

    while (!lane->framed && !is_blocked(lane) && lane_drain(lane, shaking->relay) && got > 0) {
        if (shaking->identity.waits[side]) {
            pass_message(shaking, side);
            continue;
        }
        if (lane->state != LANE_OPEN)
            break;
        verdict = read_next(shaking, side, &got);
        if (!verdict.why)
            verdict = shaking_judge(shaking, false);
        if (verdict.why)
            return verdict;
        end_acknowledge(lane->source);
    }
    if (!lane->framed && lane_drops(lane))
        lane_pump(lane, shaking->relay);
    else if (!lane->framed && !lane_is_stopped(lane))
        lane_drain(lane, shaking->relay); /* what was passed before goes on, also when the next message may not */
    return verdict;
}

struct verdict shaking_relay(struct shaking *shaking)
{
    struct verdict verdict = relay_from(shaking, FROM_DIALER);

    return verdict.why ? verdict : relay_from(shaking, FROM_ACCEPTOR);
}
