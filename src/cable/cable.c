/* SPDX-License-Identifier: MIT */
/*
 * The life of a cable:
 *
 *     naming    a connection was accepted at a gate; the first message of its dialer says who it is
 *     held      the rule book lets nothing from this dialer to the acceptor: that message waits here, the
 *               acceptor hears nothing, and the dialer runs into its own setup timer (7 s, as in a real split)
 *     dialling  the registered node is connected to
 *     shaking   the handshake is relayed message by message until it is through in both directions; by then both
 *               names are known
 *     up        frames are relayed under the lanes' profiles
 *     deserted  one of the nodes has left, and a fault keeps that from the other
 *     closing   one of the nodes has left, and the other is told; until it leaves too
 *     raw       instead of shaking and all that follows it, when the first bytes are no handshake
 *
 * Callbacks only record what happened, unless bytes just pass through; cable_step() decides, and is the last thing its
 * caller does, because the cable may be gone behind it. enter() changes the phase, cable_free() ends it, nobody else
 * does.
 */
#include "cable/cable.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "base/log.h"
#include "base/memory.h"
#include "model/counters.h"
#include "cable/cabling.h"
#include "cable/slow.h"
#include "cable/life.h"
#include "cable/news.h"

static uint64_t now_us(const struct cable *cable)
{
    return loop_clock_us(cable->cabling->loop);
}

/*
 * Nearly always bytes have come, and are out again: nothing else about the cable has changed, and the other lane has
 * nothing to do with it. Returns false when it is to be stepped.
 */
static bool passed_through(struct cable *cable, struct lane *lane, unsigned ready)
{
    if ((cable->phase != CABLE_up && cable->phase != CABLE_raw) || ready != READY_READ || !lane_is_plain(lane))
        return false;
    lane_pump(lane, cable->cabling, now_us(cable));
    return lane_is_plain(lane);
}

static void on_ready(struct cable *cable, struct end *end, struct lane *from_it, unsigned ready)
{
    end_note(end, ready);
    if (!passed_through(cable, from_it, ready))
        cable_step(cable, now_us(cable));
}

static void on_dialer(void *data, unsigned ready)
{
    struct cable *cable = data;

    on_ready(cable, &cable->duplex.dialer, &cable->duplex.to_acceptor, ready);
}

static void on_acceptor(void *data, unsigned ready)
{
    struct cable *cable = data;

    on_ready(cable, &cable->duplex.acceptor, &cable->duplex.to_dialer, ready);
}

static void on_time(void *data)
{
    cable_step(data, now_us(data));
}

/* ---- beginning, phase, end ---- */

static void enter(struct cable *cable, enum cable_phase phase)
{
    static const unsigned moves[] = {
        [CABLE_naming] = 1 << CABLE_held | 1 << CABLE_dialling,
        [CABLE_held] = 1 << CABLE_dialling,
        [CABLE_dialling] = 1 << CABLE_shaking | 1 << CABLE_raw,
        [CABLE_shaking] = 1 << CABLE_up,
        [CABLE_up] = 1 << CABLE_deserted | 1 << CABLE_closing,
        [CABLE_deserted] = 1 << CABLE_closing,
        [CABLE_closing] = 0,
        [CABLE_raw] = 0,
    };

    assert(moves[cable->phase] & 1U << phase);
    log_debug("cable %llu: %s -> %s (%s to %s)", (unsigned long long)cable->id, cable_phase_name(cable->phase),
              cable_phase_name(phase), cable_dialer_name(cable), cable_acceptor_name(cable));
    cable->phase = phase;
    if (phase == CABLE_up || phase == CABLE_raw) {
        stranger_leave(&cable->stranger);
        handshaking_tell_up(&cable->handshaking);
    }
    news_of_phase(cable);
}

static void note_held(struct cable *cable, bool held)
{
    struct cables *cables = cable->cabling->cables;

    cables->held = cables->held + held - cable->held;
    cable->held = held;
}

/* The one end of every cable. With `reset` both nodes see a broken connection, else an orderly close. */
void cable_free(struct cable *cable, bool reset, const char *why)
{
    struct cables *cables = cable->cabling->cables;

    log_debug("cable %llu: ends while %s: %s", (unsigned long long)cable->id, cable_phase_name(cable->phase), why);
    COUNT(cable->cabling->counters, cables_closed);
    news_of_end(cable, why);
    expiry_remove(&cable->naming);
    stranger_leave(&cable->stranger);
    note_held(cable, false);
    if (cables->next_to_apply == cable)
        cables->next_to_apply = cable->next;
    DL_DELETE(cables->all, cable);

    duplex_done(&cable->duplex, cable->cabling, reset);
    target_done(&cable->target);
    handshaking_done(&cable->handshaking);
    free(cable);
}

/* The kernel does not tell about one of its sockets: without that it would be silent for ever. */
static void end_unwatched(struct cable *cable, int status)
{
    log_warning("the connection from %s to %s is closed: it cannot be watched: %s", cable_dialer_name(cable),
                cable_acceptor_name(cable), strerror(-status));
    cable_free(cable, true, "its socket cannot be watched");
}

static void on_evicted(void *owner)
{
    cable_free(owner, false, "it makes room for others");
}

void cable_open(struct cabling *cabling, int fd, const struct target *target)
{
    struct cables *cables = cabling->cables;
    struct cable *cable = mem_new(sizeof(*cable));
    int status;

    cable->cabling = cabling;
    cable->target = target_copy(target);
    cable->id = ++cables->last_id;
    cable->opened_ms = loop_now_ms(cabling->loop);
    cable->phase = CABLE_naming;
    duplex_init(&cable->duplex, fd, on_time, cable);
    handshaking_init(&cable->handshaking, cabling, &cable->duplex, cable->target.name);
    DL_APPEND(cables->all, cable);
    expiry_add(&cables->naming, &cable->naming, cable);
    stranger_enter(&cable->stranger, cabling->descriptors, on_evicted, cable);
    COUNT(cabling->counters, cables_opened);

    status = end_watch(&cable->duplex.dialer, cabling->loop, on_dialer, cable);
    if (status < 0)
        end_unwatched(cable, status);
    else
        cable_step(cable, now_us(cable));
}

/* ---- names and rules ---- */

static struct verdict judge(const struct cable *cable)
{
    return handshaking_judge(&cable->handshaking, cable_phase_is_living(cable->phase));
}

/* Returns false when the cable is gone. */
static bool goes_on(struct cable *cable, struct verdict verdict)
{
    if (verdict.why) {
        handshaking_note_end(&cable->handshaking, verdict, cable_phase_is_living(cable->phase));
        cable_free(cable, verdict.reset, verdict.why);
    }
    return !verdict.why;
}

/* ---- the life, in its order; each returns false when the cable is gone ---- */

static bool dial(struct cable *cable);

/* The first message tells who the dialer is, and what the rules say about it; it waits until the acceptor is there. */
static bool step_naming(struct cable *cable, uint64_t now_us)
{
    bool known;

    if (!goes_on(cable, handshaking_hear(&cable->handshaking, now_us, &known)))
        return false;
    if (!known)
        return true;
    expiry_remove(&cable->naming);
    handshaking_touch_rules(&cable->handshaking, false);
    if (!goes_on(cable, judge(cable)))
        return false;
    if (handshaking_may_dial(&cable->handshaking))
        return dial(cable);
    COUNT(cable->cabling->counters, handshakes_held);
    enter(cable, CABLE_held);
    return true;
}

/* Nobody but us knows of this connection yet: when its dialer gives up, it is over. */
static bool step_held(struct cable *cable)
{
    if (end_has_left(&cable->duplex.dialer)) {
        cable_free(cable, false, "the dialer gave up");
        return false;
    }
    return !handshaking_may_dial(&cable->handshaking) || dial(cable);
}

static bool dial_failed(struct cable *cable, int status)
{
    COUNT(cable->cabling->counters, dials_failed);
    if (status == -ENOSPC)
        end_unwatched(cable, status);
    else
        cable_free(cable, false, strerror(-status));
    return false;
}

/* Strangers make room for it, where descriptors have run out. */
static int connect_acceptor(struct cable *cable)
{
    struct end *acceptor = &cable->duplex.acceptor;
    int status;

    for (;;) {
        status = end_connect(acceptor, cable->cabling->loop, &cable->target.address, on_acceptor, cable);
        if (!descriptors_ran_out(-status) ||
            !descriptors_make_room(cable->cabling->descriptors, &cable->stranger, "a connection to a node"))
            return status;
        end_close(acceptor, false);
    }
}

static bool dial(struct cable *cable)
{
    int status;

    enter(cable, CABLE_dialling);
    target_refresh(&cable->target, cable->cabling->registry);
    status = connect_acceptor(cable);
    return status == 0 || dial_failed(cable, status);
}

static bool step_dialling(struct cable *cable)
{
    bool raw = handshaking_is_raw(&cable->handshaking);
    int status = end_connected(&cable->duplex.acceptor);

    if (end_has_left(&cable->duplex.dialer) && !raw) {
        cable_free(cable, false, "the dialer gave up");
        return false;
    }
    if (status == -EINPROGRESS)
        return true;
    if (status < 0)
        return dial_failed(cable, status);
    enter(cable, raw ? CABLE_raw : CABLE_shaking);
    if (raw)
        handshaking_forward_raw(&cable->handshaking);
    return true;
}

static bool step_shaking(struct cable *cable, uint64_t now_us)
{
    struct duplex *duplex = &cable->duplex;

    if (!duplex_is_held(duplex) && ((duplex->dialer.ready | duplex->acceptor.ready) & READY_HANGUP)) {
        cable_free(cable, false, "a node gave up while its handshake was held");
        return false;
    }
    if (!goes_on(cable, handshaking_relay(&cable->handshaking, now_us)))
        return false;
    if (lane_is_framed(&duplex->to_acceptor) && lane_is_framed(&duplex->to_dialer)) {
        COUNT(cable->cabling->counters, handshakes_done);
        lane_enter_phase(&duplex->to_acceptor, LANE_up);
        lane_enter_phase(&duplex->to_dialer, LANE_up);
        enter(cable, CABLE_up);
        cable->handshaking.touched = 0; /* of all rules: it is another part of its life */
        handshaking_touch_rules(&cable->handshaking, true);
    }
    return true;
}

/* Once one of two nodes has left they are connected no more, though the other may not hear of it before a fix. */
static void note_who_left(struct cable *cable)
{
    const struct lane *there = &cable->duplex.to_acceptor, *back = &cable->duplex.to_dialer;
    bool dialer_left = lane_source_has_left(there), acceptor_left = lane_source_has_left(back);
    bool is_hidden = (!dialer_left || lane_hides_its_end(there)) && (!acceptor_left || lane_hides_its_end(back));

    if (!dialer_left && !acceptor_left)
        return;
    if (cable->phase == CABLE_up)
        enter(cable, is_hidden ? CABLE_deserted : CABLE_closing);
    else if (cable->phase == CABLE_deserted && !is_hidden)
        enter(cable, CABLE_closing);
}

static bool step_relaying(struct cable *cable, uint64_t now_us)
{
    const struct lane *there = &cable->duplex.to_acceptor, *back = &cable->duplex.to_dialer;
    bool there_full = slow_is_full(there), back_full = slow_is_full(back);
    struct verdict verdict = duplex_pump(&cable->duplex, cable->cabling, now_us);

    news_of_fullness(cable, there, there_full);
    news_of_fullness(cable, back, back_full);
    if (!verdict.why && (lane_is_spent(there) || lane_is_spent(back)))
        verdict = duplex_judge(&cable->duplex, true);
    if (!goes_on(cable, verdict))
        return false;
    note_who_left(cable);
    return true;
}

static int update_watches(struct cable *cable, uint64_t now_us)
{
    struct end *dialer = &cable->duplex.dialer, *acceptor = &cable->duplex.acceptor;
    int status;

    switch (cable->phase) {
    case CABLE_naming:
        return end_want(dialer, READY_READ);
    case CABLE_held:
        return end_want(dialer, READY_HANGUP);
    case CABLE_dialling: /* an unknown client may close one half; a node does not */
        status = end_want(dialer, handshaking_is_raw(&cable->handshaking) ? 0 : READY_HANGUP);
        return status < 0 ? status : end_want(acceptor, READY_WRITE);
    case CABLE_shaking:
    case CABLE_up:
    case CABLE_deserted:
    case CABLE_closing:
    case CABLE_raw:
        return duplex_update_watches(&cable->duplex, cable->cabling, now_us);
    }
    return 0;
}

/* Returns false when the cable is gone. */
static bool step_once(struct cable *cable, uint64_t now_us)
{
    if (!goes_on(cable, judge(cable)))
        return false;
    switch (cable->phase) {
    case CABLE_naming:
        return step_naming(cable, now_us);
    case CABLE_held:
        return step_held(cable);
    case CABLE_dialling:
        return step_dialling(cable);
    case CABLE_shaking:
        return step_shaking(cable, now_us) && step_relaying(cable, now_us);
    case CABLE_up:
    case CABLE_deserted:
    case CABLE_closing:
    case CABLE_raw:
        return step_relaying(cable, now_us);
    }
    return true;
}

void cable_touch_rules(struct cable *cable)
{
    if (cable->phase != CABLE_closing)
        handshaking_touch_rules(&cable->handshaking, cable_phase_is_living(cable->phase));
}

void cable_step(struct cable *cable, uint64_t now_us)
{
    enum cable_phase before;
    int status;

    do {
        before = cable->phase;
        if (!step_once(cable, now_us))
            return;
    } while (cable->phase != before);
    note_held(cable, duplex_is_held(&cable->duplex));
    status = update_watches(cable, now_us);
    if (status < 0)
        end_unwatched(cable, status);
}
