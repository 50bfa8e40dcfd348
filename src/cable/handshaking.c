/* SPDX-License-Identifier: MIT */
#include "cable/handshaking.h"

#include <string.h>

#include "base/bytes.h"
#include "base/log.h"
#include "model/counters.h"
#include "model/registry.h"
#include "model/rules.h"
#include "model/seats.h"
#include "loop/address.h"
#include "cable/cabling.h"

static const struct verdict goes_on = {NULL, false, false, 0};

void handshaking_init(struct handshaking *handshaking, struct cabling *cabling, struct duplex *duplex,
                      const char *registered)
{
    *handshaking = (struct handshaking){.cabling = cabling, .duplex = duplex, .registered = registered};
    identity_init(&handshaking->identity);
}

void handshaking_done(struct handshaking *handshaking)
{
    rules_leave_seat(handshaking->cabling->rules, handshaking->dialer_seat);
    rules_leave_seat(handshaking->cabling->rules, handshaking->acceptor_seat);
    identity_done(&handshaking->identity);
}

static struct lane *lane_from(const struct handshaking *handshaking, enum handshake_side side)
{
    return side == FROM_DIALER ? &handshaking->duplex->to_acceptor : &handshaking->duplex->to_dialer;
}

/* ---- who is there ---- */

/* A node of another machine may have the short name of one that is registered here. */
static bool dialer_is_local(const struct handshaking *handshaking)
{
    struct address peer = address_of_peer(handshaking->duplex->dialer.fd);
    struct address local = address_of_socket(handshaking->duplex->dialer.fd);

    return address_is_local_peer(&peer, &local);
}

/* The dialer as the registry knows it, or NULL: it has the creation that its registration was given. */
static struct node *registered_dialer(const struct handshaking *handshaking)
{
    const struct identity *identity = &handshaking->identity;
    struct node *node = identity->dialer ? registry_find(handshaking->cabling->registry, identity->dialer,
                                                         strcspn(identity->dialer, "@"))
                                         : NULL;

    return node && node_has_creation(node, identity->dialer_creation) && dialer_is_local(handshaking) ? node : NULL;
}

/* The acceptor, the same: it was reached at the port that it has registered. NULL when it has left since. */
static struct node *registered_acceptor(const struct handshaking *handshaking)
{
    return registry_find(handshaking->cabling->registry, handshaking->registered, strlen(handshaking->registered));
}

/* ---- rules ---- */

/* The stage of the message that waits in that direction, as a set. */
static unsigned stage_of(const struct handshaking *handshaking, enum handshake_side side)
{
    if (!handshaking->identity.waits[side] || identity_message(&handshaking->identity, side)->stage == STAGE_NONE)
        return 0;
    return 1U << identity_message(&handshaking->identity, side)->stage;
}

/* It is the seat of a node that is called that, and observes or does not. */
static bool is_seat_of(const struct seat *seat, const struct party *party)
{
    return seat && seat->observes == party->observes && strcmp(seat->name, party->name) == 0;
}

static struct party seated(struct party party, const struct seat *seat)
{
    if (party.name && is_seat_of(seat, &party))
        party.seat = seat;
    return party;
}

/* Its name is NULL as long as it is not known. */
static struct party dialer_of(const struct handshaking *handshaking)
{
    struct party party = {.name = handshaking->identity.dialer, .observes = handshaking->dialer_observes};

    return seated(party, handshaking->dialer_seat);
}

/* The full name, or what the registry knows of it for as long as it has not said itself who it is. */
static struct party acceptor_of(const struct handshaking *handshaking)
{
    const char *name = handshaking->identity.acceptor;
    const struct node *node = registered_acceptor(handshaking);
    struct party party = {.name = name   ? name
                                  : node ? node_name(node)
                                         : handshaking->registered,
                          .observes = node ? node_is_hidden(node) : handshaking->acceptor_observes};

    return seated(party, handshaking->acceptor_seat);
}

static void note_act(const struct handshaking *handshaking, struct act act)
{
    act.dialer = dialer_of(handshaking);
    act.acceptor = acceptor_of(handshaking);
    act.now_ms = loop_wall_ms();
    if (act.dialer.name)
        rules_note_act(handshaking->cabling->rules, &act);
}

/* Both messages have the same flags, unless one node has fewer. */
static void note_change(struct handshaking *handshaking, uint64_t flags)
{
    uint64_t more = flags & ~handshaking->flags_changed;

    handshaking->flags_changed |= flags;
    if (more)
        note_act(handshaking, (struct act){.what = DONE_changed, .by = FAULT_downgrade, .flags = more});
}

/* A message came, was passed on, or the rules have changed: is there one that has to wait now? */
static void update_phases(struct handshaking *handshaking)
{
    for (enum handshake_side side = FROM_DIALER; side <= FROM_ACCEPTOR; side++) {
        struct lane *lane = lane_from(handshaking, side);
        bool waits = lane->profile.stages_held & stage_of(handshaking, side);

        if (waits && lane->phase == LANE_shaking) {
            lane_enter_phase(lane, LANE_at_stage);
            note_act(handshaking, (struct act){.what = DONE_held,
                                               .by = FAULT_handshake,
                                               .stage = identity_message(&handshaking->identity, side)->stage});
        }
        if (!waits && lane->phase == LANE_at_stage)
            lane_enter_phase(lane, LANE_shaking);
    }
}

/* The same seed and the same pair give the same stream of chance (FNV-1a), whatever other lanes draw. */
static uint64_t seed_for(uint64_t seed, const char *from, const char *to)
{
    const char *const names[] = {from, to};
    uint64_t hash = UINT64_C(0xcbf29ce484222325) ^ seed;

    for (size_t i = 0; i < 2; i++)
        for (size_t k = 0; k == 0 || names[i][k - 1]; k++) /* with the NUL: "ab", "c" is not "a", "bc" */
            hash = (hash ^ (uint8_t)names[i][k]) * UINT64_C(0x100000001b3);
    return hash;
}

/* The dialer has told its name. */
static void seed_lanes(struct handshaking *handshaking)
{
    const char *dialer = handshaking->identity.dialer, *acceptor = handshaking->registered;
    uint64_t seed = handshaking->cabling->seed;

    handshaking->duplex->to_acceptor.seed = seed_for(seed, dialer, acceptor);
    handshaking->duplex->to_dialer.seed = seed_for(seed, acceptor, dialer);
}

/* No rule is about a dialer that nobody knows. */
bool handshaking_is_concerned(const struct handshaking *handshaking)
{
    return handshaking->dialer_seat &&
           seats_differ(handshaking->dialer_seat, handshaking->acceptor_seat, handshaking->asked);
}

bool handshaking_has_other_parties(const struct handshaking *handshaking)
{
    return handshaking->dialer_seat && !acceptor_of(handshaking).seat;
}

static void take_seat(struct rules *rules, struct seat **seat, struct party *party)
{
    struct seat *left = *seat;

    if (!party->seat) {
        party->seat = *seat = rules_take_seat(rules, party->name, party->observes);
        rules_leave_seat(rules, left);
    }
}

void handshaking_apply_rules(struct handshaking *handshaking, uint64_t now_us)
{
    struct rules *rules = handshaking->cabling->rules;
    struct party dialer = dialer_of(handshaking), acceptor = acceptor_of(handshaking);
    struct profile to_acceptor, to_dialer;

    handshaking->acceptor_observes = acceptor.observes; /* also once its registration is over */
    if (dialer.name) {
        take_seat(rules, &handshaking->dialer_seat, &dialer);
        take_seat(rules, &handshaking->acceptor_seat, &acceptor);
    }
    handshaking->asked = rules_version(rules);
    identity_profiles(&handshaking->identity, rules, dialer, acceptor, &to_acceptor, &to_dialer);
    lane_set_profile(&handshaking->duplex->to_acceptor, handshaking->cabling, &to_acceptor, now_us);
    lane_set_profile(&handshaking->duplex->to_dialer, handshaking->cabling, &to_dialer, now_us);
    update_phases(handshaking);
}

void handshaking_touch_rules(struct handshaking *handshaking, bool living)
{
    struct touch touch = {.dialer = dialer_of(handshaking),
                          .acceptor = acceptor_of(handshaking),
                          .what = living ? TOUCHED_CABLE : TOUCHED_DIAL,
                          .after = handshaking->touched,
                          .now_ms = loop_wall_ms()};

    if (!touch.dialer.name)
        return;
    if (handshaking->touched_hostless)
        touch.was = (struct party){.name = handshaking->registered, .observes = touch.acceptor.observes};
    handshaking->touched_hostless = !strchr(touch.acceptor.name, '@');
    handshaking->touched = rules_touch(handshaking->cabling->rules, &touch);
}

void handshaking_note_end(struct handshaking *handshaking, struct verdict verdict, bool living)
{
    enum done what = !living ? DONE_refused : verdict.reset ? DONE_reset : DONE_closed;

    if (!verdict.faulted)
        return;
    if (verdict.by != FAULT_handshake)
        note_act(handshaking, (struct act){.what = what, .by = verdict.by});
    for (enum handshake_side side = FROM_DIALER; side <= FROM_ACCEPTOR && verdict.by == FAULT_handshake; side++)
        if (lane_from(handshaking, side)->profile.stages_closed & stage_of(handshaking, side))
            note_act(handshaking, (struct act){.what = what,
                                               .by = FAULT_handshake,
                                               .stage = identity_message(&handshaking->identity, side)->stage});
}

void handshaking_note_given_up(struct handshaking *handshaking)
{
    const struct touch touch = {.dialer = dialer_of(handshaking),
                                .acceptor = acceptor_of(handshaking),
                                .what = TOUCHED_GIVEN_UP,
                                .now_ms = loop_wall_ms()};

    if (touch.dialer.name)
        rules_touch(handshaking->cabling->rules, &touch);
}

static void note_toll(const struct handshaking *handshaking, bool dialled, struct toll toll)
{
    const struct party dialer = dialer_of(handshaking), acceptor = acceptor_of(handshaking);
    const struct passing passing = {dialled ? dialer : acceptor, dialled ? acceptor : dialer, dialled, toll};

    rules_note_toll(handshaking->cabling->rules, &passing);
}

/* Most lanes have nothing to tell, and there may be many, and many rules that would be asked whether they are meant. */
void handshaking_note_toll(struct handshaking *handshaking)
{
    for (enum handshake_side side = FROM_DIALER; side <= FROM_ACCEPTOR && handshaking->identity.dialer; side++) {
        struct toll toll = lane_take_toll(lane_from(handshaking, side), handshaking->cabling);

        if (!toll_is_none(&toll))
            note_toll(handshaking, side == FROM_DIALER, toll);
    }
}

struct verdict handshaking_judge(const struct handshaking *handshaking, bool living)
{
    struct verdict verdict = duplex_judge(handshaking->duplex, living);

    for (enum handshake_side side = FROM_DIALER; side <= FROM_ACCEPTOR && !verdict.why; side++)
        if (lane_from(handshaking, side)->profile.stages_closed & stage_of(handshaking, side))
            verdict = VERDICT_BY(handshake, "a handshake fault closes it", false);
    return verdict;
}

/* Nothing of the handshake gets from there to the other node. */
static bool is_blocked(const struct lane *lane)
{
    return lane_is_held(lane) || lane_drops(lane);
}

bool handshaking_may_dial(const struct handshaking *handshaking)
{
    return handshaking_is_raw(handshaking) || !is_blocked(&handshaking->duplex->to_acceptor);
}

/* ---- messages ---- */

/*
 * The registry learns who its nodes are, never guesses: the acceptor was reached at the port that it has registered,
 * and a dialer has the creation that its registration was given. A namesake of another host has not.
 */
static void teach_registry(struct handshaking *handshaking)
{
    const struct identity *identity = &handshaking->identity;
    struct node *acceptor = registered_acceptor(handshaking);
    struct node *dialer = registered_dialer(handshaking);

    if (acceptor && identity->acceptor && !node_learn(acceptor, identity->acceptor, identity->acceptor_hidden))
        log_debug("%s calls itself %s: that is not learnt", node_name(acceptor), identity->acceptor);
    if (dialer)
        node_learn(dialer, identity->dialer, identity->dialer_hidden);
    /* Who only dials is none: C nodes and nodes without a name of their own all hide, and are cut by patterns. */
    handshaking->dialer_observes = dialer && node_is_hidden(dialer);
}

void handshaking_tell_up(const struct handshaking *handshaking)
{
    struct node *acceptor = registered_acceptor(handshaking);
    struct node *dialer = registered_dialer(handshaking);

    if (acceptor)
        acceptor->connected = true;
    if (dialer)
        dialer->connected = true;
}

static void learn_names(struct handshaking *handshaking, uint64_t now_us)
{
    teach_registry(handshaking);
    if (handshaking->identity.dialer)
        seed_lanes(handshaking);
    handshaking_apply_rules(handshaking, now_us);
    if (handshaking->touched_hostless && handshaking->identity.acceptor)
        handshaking_touch_rules(handshaking, false);
}

/* Reads what is wanted next, and no more: what is behind it stays in the kernel. *ret_got: 0, there was nothing. */
static struct verdict read_next(struct handshaking *handshaking, enum handshake_side side, uint64_t now_us,
                                size_t *ret_got)
{
    uint8_t data[HANDSHAKE_LENGTH_BYTES + HANDSHAKE_MESSAGE_MAX];
    const char *reason = NULL;

    *ret_got = lane_read(lane_from(handshaking, side), data, identity_wanted(&handshaking->identity, side));
    if (*ret_got == 0)
        return goes_on;
    switch (identity_observe(&handshaking->identity, side, data, *ret_got, &reason)) {
    case HANDSHAKE_BAD:
        COUNT(handshaking->cabling->counters, handshakes_malformed);
        return VERDICT_OVER(reason, false);
    case HANDSHAKE_RAW:
        lane_enter_phase(&handshaking->duplex->to_acceptor, LANE_raw);
        lane_enter_phase(&handshaking->duplex->to_dialer, LANE_raw);
        return goes_on;
    case HANDSHAKE_MESSAGE:
        learn_names(handshaking, now_us);
        return goes_on;
    case HANDSHAKE_MORE:
    case HANDSHAKE_DONE:
        break;
    }
    return goes_on;
}

struct verdict handshaking_hear(struct handshaking *handshaking, uint64_t now_us, bool *ret_known)
{
    *ret_known = false;
    while (!*ret_known) {
        size_t got;
        struct verdict verdict = read_next(handshaking, FROM_DIALER, now_us, &got);

        if (verdict.why)
            return verdict;
        if (handshaking->duplex->to_acceptor.source != SOURCE_open)
            return VERDICT_OVER("the dialer left before it said who it is", false);
        if (got == 0)
            break;
        *ret_known = handshaking_is_raw(handshaking) || handshaking->identity.waits[FROM_DIALER];
    }
    return goes_on;
}

bool handshaking_is_raw(const struct handshaking *handshaking)
{
    return handshaking->duplex->to_acceptor.phase == LANE_raw;
}

/* In one piece with what has come since: nobody shall see where we looked. */
void handshaking_forward_raw(struct handshaking *handshaking)
{
    const struct handshake_half *begun = identity_message(&handshaking->identity, FROM_DIALER);
    struct lane *lane = &handshaking->duplex->to_acceptor;
    uint8_t data[2 * sizeof(begun->bytes)], *end = bytes_put(data, begun->bytes, begun->have);

    end += lane_read(lane, end, (size_t)(data + sizeof(data) - end));
    lane_pass(lane, handshaking->cabling, data, (size_t)(end - data));
    identity_forget_handshake(&handshaking->identity);
}

/* The message that waits goes on. Flags are cleared in both nodes' messages or in none: anything else crashes nodes. */
static void pass_message(struct handshaking *handshaking, enum handshake_side side)
{
    struct lane *lane = lane_from(handshaking, side);
    const struct handshake_half *message = identity_message(&handshaking->identity, side);

    if (message->stage == STAGE_name)
        handshaking->flags_cleared = handshaking->duplex->to_acceptor.profile.flags_cleared |
                                     handshaking->duplex->to_dialer.profile.flags_cleared;
    note_change(handshaking, handshake_clear_flags(handshaking->identity.handshake, side, handshaking->flags_cleared));
    lane_pass(lane, handshaking->cabling, message->bytes, message->have);
    identity_passed(&handshaking->identity, side);
    if (handshaking->identity.framed[side])
        lane_enter_phase(lane, LANE_framed);
}

static struct verdict relay_from(struct handshaking *handshaking, enum handshake_side side, uint64_t now_us)
{
    struct lane *lane = lane_from(handshaking, side);
    struct verdict verdict = goes_on;
    size_t got = 1;

    while (!lane_is_framed(lane) && !is_blocked(lane) && lane_drain(lane, handshaking->cabling, now_us) && got > 0) {
        if (handshaking->identity.waits[side]) {
            pass_message(handshaking, side);
            continue;
        }
        if (lane->source != SOURCE_open)
            break;
        verdict = read_next(handshaking, side, now_us, &got);
        if (!verdict.why)
            verdict = handshaking_judge(handshaking, false);
        if (verdict.why)
            return verdict;
        end_acknowledge(lane->in);
    }
    if (!lane_is_framed(lane) && lane_drops(lane))
        lane_throw_away(lane, handshaking->cabling);
    else if (!lane_is_framed(lane) && !lane_is_stopped(lane))
        lane_drain(lane, handshaking->cabling,
                   now_us); /* what was passed goes on, also when the next message may not */
    return verdict;
}

struct verdict handshaking_relay(struct handshaking *handshaking, uint64_t now_us)
{
    struct verdict verdict;
    int broken;

    do {
        broken = duplex_count_broken(handshaking->duplex);
        verdict = relay_from(handshaking, FROM_DIALER, now_us);
        if (!verdict.why)
            verdict = relay_from(handshaking, FROM_ACCEPTOR, now_us);
    } while (!verdict.why && duplex_count_broken(handshaking->duplex) != broken);
    return verdict;
}
