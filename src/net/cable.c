/* SPDX-License-Identifier: MIT */
/*
 * The life of a cable:
 *
 *     naming    a connection was accepted at a gate; the first message of its dialer says who it is
 *     held      the rule book lets nothing from this dialer to the acceptor: that message waits here, the
 *               acceptor hears nothing, and the dialer runs into its own setup timer (7 s, as in a real split)
 *     dialling  the registered node is connected to
 *     shaking   the handshake is relayed and watched until it is through in both directions; by then both
 *               names are known
 *     up        frames are relayed under the lanes' profiles
 *     raw       instead of the last two, when the first bytes are no handshake
 *
 * Callbacks only record what happened; cable_step() decides, and is the last thing its caller does, because the
 * cable may be gone behind it. enter() changes the state, cable_free() ends it, nobody else does. The file is
 * longer than others because a life is read best in one piece.
 */
#include "net/cable.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "base/log.h"
#include "base/memory.h"
#include "model/counters.h"
#include "model/identity.h"
#include "model/registry.h"
#include "net/loop.h"
#include "net/relay.h"

/* A handshake has a few hundred bytes; what is read of it at once. */
#define SHAKING_READ_BYTES 4096

struct cable {
    struct relay *relay;
    struct target target;
    uint64_t id;
    uint64_t opened_ms;
    enum cable_state state;
    struct end dialer, acceptor;
    struct lane to_acceptor, to_dialer;
    struct identity identity;
    bool connected;            /* acceptor: the connect() has an outcome */
    struct expiring naming;    /* cables->naming */
    struct cable *prev, *next; /* cables->all, oldest first */
};

struct cables {
    struct relay *relay;
    struct cable *all;
    uint64_t last_id;
    struct expiry naming;
};

static void cable_step(struct cable *cable);

static void on_end(struct cable *cable, struct end *end, unsigned ready)
{
    end->failed |= (ready & READY_FAILED) != 0;
    end->hung_up |= (ready & READY_HANGUP) && end->may_hang_up;
    cable_step(cable);
}

static void on_dialer(void *data, unsigned ready)
{
    struct cable *cable = data;

    on_end(cable, &cable->dialer, ready);
}

static void on_acceptor(void *data, unsigned ready)
{
    struct cable *cable = data;

    cable->connected = true;
    on_end(cable, &cable->acceptor, ready);
}

/* ---- beginning, state, end ---- */

static const char *const state_names[] = {
#define X(name, help) #name,
    CABLE_STATES(X)
#undef X
};

static void enter(struct cable *cable, enum cable_state state)
{
    static const unsigned moves[] = {
        [CABLE_naming] = 1 << CABLE_held | 1 << CABLE_dialling,
        [CABLE_held] = 1 << CABLE_dialling,
        [CABLE_dialling] = 1 << CABLE_shaking | 1 << CABLE_raw,
        [CABLE_shaking] = 1 << CABLE_up,
        [CABLE_up] = 0,
        [CABLE_raw] = 0,
    };

    assert(moves[cable->state] & 1U << state);
    log_debug("cable %llu: %s -> %s (%s to %s)", (unsigned long long)cable->id, state_names[cable->state],
              state_names[state], cable->identity.dialer ? cable->identity.dialer : "?",
              cable->identity.acceptor ? cable->identity.acceptor : cable->target.name);
    cable->state = state;
}

/* The one end of every cable. With `reset` both nodes see a broken connection, else an orderly close. */
static void cable_free(struct cable *cable, bool reset, const char *why)
{
    struct cables *cables = cable->relay->cables;

    log_debug("cable %llu: ends while %s: %s", (unsigned long long)cable->id, state_names[cable->state], why);
    COUNT(cable->relay->counters, cables_closed);
    expiry_remove(&cable->naming);
    DL_DELETE(cables->all, cable);

    end_close(&cable->dialer, reset);
    end_close(&cable->acceptor, reset);
    lane_done(&cable->to_acceptor, cable->relay);
    lane_done(&cable->to_dialer, cable->relay);
    target_done(&cable->target);
    identity_done(&cable->identity);
    free(cable);
}

void cable_open(struct relay *relay, int fd, const struct target *target)
{
    struct cables *cables = relay->cables;
    struct cable *cable = mem_new(sizeof(*cable));

    cable->relay = relay;
    cable->target = target_copy(target);
    cable->id = ++cables->last_id;
    cable->opened_ms = loop_now_ms(relay->loop);
    cable->state = CABLE_naming;
    end_init(&cable->dialer, fd);
    end_init(&cable->acceptor, -1);
    lane_init(&cable->to_acceptor, &cable->dialer, &cable->acceptor);
    lane_init(&cable->to_dialer, &cable->acceptor, &cable->dialer);
    identity_init(&cable->identity);
    DL_APPEND(cables->all, cable);
    expiry_add(&cables->naming, &cable->naming, cable);
    COUNT(relay->counters, cables_opened);

    cable->dialer.watch = watch_new(relay->loop, fd, on_dialer, cable);
    if (!cable->dialer.watch) {
        cable_free(cable, true, "its socket cannot be watched");
        return;
    }
    cable_step(cable);
}

static void on_naming_expired(void *owner)
{
    cable_free(owner, false, "the dialer never said who it is");
}

/* ---- names and rules ---- */

/* Is its dialer a node that shakes hands, as far as was heard? Asked before the handshake is through. */
static bool is_node(const struct cable *cable)
{
    return cable->identity.handshake != NULL;
}

static void apply_rules(struct cable *cable)
{
    identity_profiles(&cable->identity, cable->relay->rules, cable->target.name, &cable->to_acceptor.profile,
                      &cable->to_dialer.profile);
}

/* A node of another machine may have the short name of one that is registered here. */
static bool dialer_is_local(const struct cable *cable)
{
    struct address peer = address_of_peer(cable->dialer.fd), local = address_of_socket(cable->dialer.fd);

    return address_is_local_peer(&peer, &local);
}

/*
 * Shows bytes that are not passed on yet to the observer, and asks the rule book about what it has learnt. Returns
 * HANDSHAKE_BAD when the cable is gone.
 */
static enum handshake_verdict observe(struct cable *cable, struct lane *lane, const uint8_t *data, size_t len)
{
    enum handshake_side side = lane == &cable->to_acceptor ? FROM_DIALER : FROM_ACCEPTOR;
    const char *reason;
    enum handshake_verdict verdict = identity_observe(&cable->identity, side, data, len, &lane->frames, &reason);

    if (verdict == HANDSHAKE_BAD) {
        COUNT(cable->relay->counters, handshakes_malformed);
        cable_free(cable, false, reason);
        return verdict;
    }
    lane->framed = cable->identity.framed[side];
    if (cable->identity.acceptor)
        registry_learn_full_name(cable->relay->registry, cable->identity.acceptor);
    if (cable->identity.dialer && side == FROM_DIALER && dialer_is_local(cable))
        registry_learn_full_name(cable->relay->registry, cable->identity.dialer);
    apply_rules(cable);
    return verdict;
}

/* ---- the life, in its order; each returns false when the cable is gone ---- */

static bool dial(struct cable *cable);

/* Everything the dialer says is kept for the acceptor while its first message comes. */
static bool step_naming(struct cable *cable)
{
    struct lane *lane = &cable->to_acceptor;
    uint8_t data[SHAKING_READ_BYTES];
    size_t got = lane_read(lane, data, sizeof(data));
    enum handshake_verdict verdict;

    if (lane->state != LANE_OPEN) {
        cable_free(cable, false, "the dialer left before it said who it is");
        return false;
    }
    if (got == 0)
        return true;
    lane_keep(lane, data, got);
    verdict = observe(cable, lane, data, got);
    if (verdict == HANDSHAKE_BAD)
        return false;
    if (!identity_has_begun(&cable->identity))
        return true;
    expiry_remove(&cable->naming);
    if (lane->profile.hold) {
        COUNT(cable->relay->counters, handshakes_held);
        enter(cable, CABLE_held);
        return true;
    }
    return dial(cable);
}

/* Nobody but us knows of this connection yet: when its dialer gives up, it is over. */
static bool step_held(struct cable *cable)
{
    if (cable->dialer.hung_up) {
        cable_free(cable, false, "the dialer gave up");
        return false;
    }
    return cable->to_acceptor.profile.hold || dial(cable);
}

/* Tries the acceptor's next address, after the one before (if any) failed with `status`. */
static bool dial_next(struct cable *cable, int status)
{
    int next = target_connect(&cable->target, &cable->acceptor, cable->relay->loop, on_acceptor, cable);

    cable->connected = false;
    if (next == 0)
        return true;
    COUNT(cable->relay->counters, dials_failed);
    cable_free(cable, false, strerror(next == -ENOENT ? -status : -next));
    return false;
}

static bool dial(struct cable *cable)
{
    enter(cable, CABLE_dialling);
    target_refresh(&cable->target, cable->relay->registry);
    return dial_next(cable, -EHOSTUNREACH);
}

static bool step_dialling(struct cable *cable)
{
    int error = 0;
    socklen_t len = sizeof(error);

    if (cable->dialer.hung_up && is_node(cable)) {
        cable_free(cable, false, "the dialer gave up");
        return false;
    }
    if (!cable->connected)
        return true;
    if (getsockopt(cable->acceptor.fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
        error = errno;
    if (error)
        return dial_next(cable, -error);
    enter(cable, is_node(cable) ? CABLE_shaking : CABLE_raw);
    return true;
}

/* Messages are looked at before they go on: they may tell who this is, and that it must not go on. */
static bool shake(struct cable *cable, struct lane *lane)
{
    uint8_t data[SHAKING_READ_BYTES];
    size_t got;

    while (!lane->framed && !lane->profile.hold && lane_drain(lane, cable->relay) && lane->state == LANE_OPEN) {
        got = lane_read(lane, data, sizeof(data));
        if (got == 0 && lane->state == LANE_OPEN)
            break;
        end_acknowledge(lane->source);
        lane_keep(lane, data, got);
        if (observe(cable, lane, data, got) == HANDSHAKE_BAD)
            return false;
    }
    return true;
}

static bool step_shaking(struct cable *cable)
{
    bool held = cable->to_acceptor.profile.hold || cable->to_dialer.profile.hold;

    if (!held && (cable->dialer.hung_up || cable->acceptor.hung_up)) {
        cable_free(cable, false, "a node gave up while its handshake was held");
        return false;
    }
    if (!shake(cable, &cable->to_acceptor) || !shake(cable, &cable->to_dialer))
        return false;
    if (cable->to_acceptor.framed && cable->to_dialer.framed) {
        COUNT(cable->relay->counters, handshakes_done);
        enter(cable, CABLE_up);
    }
    return true;
}

/*
 * OTP never closes one half of a distribution connection: whoever has hung up does not listen either. When both have,
 * and something is held for one of them, there is nobody to keep it for.
 */
static bool nobody_is_left(const struct cable *cable)
{
    const struct lane *there = &cable->to_acceptor, *back = &cable->to_dialer;

    return (there->profile.hold || back->profile.hold) && (cable->dialer.hung_up || there->state != LANE_OPEN) &&
           (cable->acceptor.hung_up || back->state != LANE_OPEN);
}

static bool step_relaying(struct cable *cable)
{
    struct lane *there = &cable->to_acceptor, *back = &cable->to_dialer;

    if (there->framed || cable->state == CABLE_raw)
        lane_pump(there, cable->relay);
    if (back->framed || cable->state == CABLE_raw)
        lane_pump(back, cable->relay);

    if (there->state == LANE_RESET || back->state == LANE_RESET) {
        cable_free(cable, true, "a node broke its connection");
        return false;
    }
    if (there->state == LANE_ENDED && back->state == LANE_ENDED) {
        cable_free(cable, false, "both nodes closed it");
        return false;
    }
    if (nobody_is_left(cable)) {
        cable_free(cable, false, "both nodes gave up while it was held");
        return false;
    }
    return true;
}

static void update_watch(struct end *end, const struct lane *from_it, const struct lane *to_it)
{
    unsigned wanted = 0;

    end->may_hang_up = from_it->profile.hold && from_it->state == LANE_OPEN;
    if (lane_wants_read(from_it))
        wanted |= READY_READ;
    if (lane_wants_write(to_it))
        wanted |= READY_WRITE;
    if (end->may_hang_up && !end->hung_up)
        wanted |= READY_HANGUP;
    watch_want(end->watch, wanted);
}

static void update_watches(struct cable *cable)
{
    const struct lane *there = &cable->to_acceptor, *back = &cable->to_dialer;

    switch (cable->state) {
    case CABLE_naming:
        watch_want(cable->dialer.watch, READY_READ);
        return;
    case CABLE_held:
        cable->dialer.may_hang_up = true;
        watch_want(cable->dialer.watch, READY_HANGUP);
        return;
    case CABLE_dialling: /* an unknown client may close one half; a node does not */
        cable->dialer.may_hang_up = is_node(cable);
        watch_want(cable->dialer.watch, is_node(cable) ? READY_HANGUP : 0);
        watch_want(cable->acceptor.watch, READY_WRITE);
        return;
    case CABLE_shaking:
    case CABLE_up:
    case CABLE_raw:
        update_watch(&cable->dialer, there, back);
        update_watch(&cable->acceptor, back, there);
        return;
    }
}

static void cable_step(struct cable *cable)
{
    enum cable_state before;
    bool alive = true;

    do {
        before = cable->state;
        switch (cable->state) {
        case CABLE_naming:
            alive = step_naming(cable);
            break;
        case CABLE_held:
            alive = step_held(cable);
            break;
        case CABLE_dialling:
            alive = step_dialling(cable);
            break;
        case CABLE_shaking:
            alive = step_shaking(cable) && step_relaying(cable);
            break;
        case CABLE_up:
        case CABLE_raw:
            alive = step_relaying(cable);
            break;
        }
    } while (alive && cable->state != before);
    if (alive)
        update_watches(cable);
}

/* ---- all of them ---- */

struct cables *cables_new(struct relay *relay)
{
    struct cables *cables = mem_new(sizeof(*cables));

    cables->relay = relay;
    expiry_init(&cables->naming, relay->loop, CABLE_NAMING_MS, on_naming_expired);
    return cables;
}

void cables_free(struct cables *cables)
{
    struct cable *cable, *next;

    DL_FOREACH_SAFE(cables->all, cable, next)
        cable_free(cable, false, "epmdpxy ends");
    expiry_done(&cables->naming);
    free(cables);
}

void cables_apply_rules(struct cables *cables)
{
    struct cable *cable, *next;

    DL_FOREACH_SAFE(cables->all, cable, next) {
        apply_rules(cable);
        cable_step(cable);
    }
}

const struct cable *cables_first(const struct cables *cables)
{
    return cables->all;
}

const struct cable *cable_next(const struct cable *cable)
{
    return cable->next;
}

struct cable_view cable_look(const struct cable *cable)
{
    return (struct cable_view){
        .id = cable->id,
        .age_ms = loop_now_ms(cable->relay->loop) - cable->opened_ms,
        .state = state_names[cable->state],
        .dialer = cable->identity.dialer,
        .acceptor = cable->identity.acceptor ? cable->identity.acceptor : cable->target.name,
        .dialer_hidden = cable->identity.dialer_hidden,
        .acceptor_hidden = cable->identity.acceptor_hidden,
        .to_acceptor = &cable->to_acceptor,
        .to_dialer = &cable->to_dialer,
    };
}
