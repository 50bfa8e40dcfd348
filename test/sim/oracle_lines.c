/* SPDX-License-Identifier: MIT */
/*
 * What must hold for connections between actors.
 */
#include <string.h>

#include <utlist.h>

#include "book.h"
#include "calls.h"
#include "oracle.h"
#include "oracle_inside.h"

static struct actor *sender(const struct dial *dial, enum side side)
{
    return side == DIALER ? dial->from : dial->to;
}

/* ---- rules ---- */

/* Nothing that `mode` is about passes any more; a severed connection is closed, so that only new ones are. */
static bool keeps_back(const struct dial *dial, enum book_mode mode)
{
    bool living = dial->up[DIALER] && dial->up[ACCEPTOR];

    if (!living && book_knows_hosts())
        return false; /* nobody knows yet whether it is about these */
    return mode == MODE_hold || mode == MODE_drop || (mode == MODE_sever && !living);
}

static void begin_cut(struct dial *dial, enum side side)
{
    struct way *way = &dial->ways[side];
    const struct sock *sink = dial->daemon[!side];

    if (!way->cut_us)
        way->cut_us = now_us();
    if (way->cut_seen || !sink)
        return;
    way->cut_seen = true;
    way->cut_written = sink->out.written;
    way->cut_end = sink->shut;
}

/* What is in force from now on for what is sent from now on. */
static void note_shape(struct dial *dial, enum side side)
{
    struct actor *from = sender(dial, side), *to = sender(dial, !side);
    struct way *way = &dial->ways[side];
    bool dialled = side == DIALER, both_up = dial->up[DIALER] && dial->up[ACCEPTOR];
    uint64_t least_us = both_up ? book_least_us(from, to, dialled) : 0;

    if (!book_has(BOOK_freeze, from, to, dialled) || !both_up)
        way->shape.frozen_us = 0;
    else if (!way->shape.frozen_us)
        way->shape.frozen_us = now_us();
    if (!book_has(BOOK_mute, from, to, dialled) || !both_up)
        way->shape.ticks_most = UINT64_MAX;
    else if (way->shape.ticks_most == UINT64_MAX)
        way->shape.ticks_most = way->ticks_sent;
    if (least_us != way->shape.least_us)
        way->shape.least_since_us = now_us();
    way->shape.least_us = least_us;
}

static void note_rules(struct dial *dial, enum side side)
{
    struct actor *from = sender(dial, side), *to = sender(dial, !side);
    struct way *way = &dial->ways[side];
    bool dialled = side == DIALER;
    enum book_mode mode = book_mode(from, to, dialled);

    way->rules.named |= book_names(from, to, dialled);
    way->rules.ticks |= book_has(BOOK_mute, from, to, dialled) || book_has(BOOK_freeze, from, to, dialled);
    way->rules.flags |= book_has(BOOK_downgrade, from, to, dialled) ||
                        ((book_declared() >> from->index | book_declared() >> to->index) & 1);
    way->rules.may_end |= book_has(BOOK_limit_data, from, to, dialled) || book_has(BOOK_handshake, from, to, dialled) ||
                          book_has(BOOK_partition, from, to, dialled);
    way->rules.froze |= book_has(BOOK_freeze, from, to, dialled);
    note_shape(dial, side);
    way->rules.may_refuse |= book_knows_hosts();
    if (book_names(from, to, dialled))
        way->free_us = 0;
    else if (!way->free_us)
        way->free_us = now_us();
    if (keeps_back(dial, mode)) {
        begin_cut(dial, side);
    } else {
        way->cut_us = 0;
        way->cut_seen = false;
    }
}

void oracle_lines_rules_changed(void)
{
    struct dial *dial;

    DL_FOREACH(dials_living(), dial)
        for (enum side side = DIALER; side <= ACCEPTOR; side++)
            note_rules(dial, side);
}

void oracle_dial_begins(struct dial *dial)
{
    for (enum side side = DIALER; side <= ACCEPTOR; side++)
        note_rules(dial, side);
}

static bool is_free(const struct dial *dial)
{
    return dial->ways[DIALER].free_us && dial->ways[ACCEPTOR].free_us;
}

static bool was_free(const struct dial *dial)
{
    return !dial->ways[DIALER].rules.named && !dial->ways[ACCEPTOR].rules.named;
}

static bool is_hit(const struct dial *dial)
{
    return (dial->daemon[DIALER] && dial->daemon[DIALER]->hit) ||
           (dial->daemon[ACCEPTOR] && dial->daemon[ACCEPTOR]->hit);
}

static uint64_t later(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* ---- what is seen ---- */

void oracle_accepted(struct dial *dial, uint64_t bytes)
{
    struct way *way = &dial->ways[DIALER];
    const struct sock *sock = dial->daemon[ACCEPTOR];

    way->bytes_came = bytes;
    way->moved_us = now_us();
    if (way->cut_us && sock->born_us > way->cut_us)
        wrong("#%u was connected with %s after a cut had begun that keeps it from it", dial->number, dial->to->name);
    note_rules(dial, DIALER);
    note_rules(dial, ACCEPTOR);
}

/* Flags that OTP may do without (wire/handshake.h); whoever downgrades takes some of them away. */
#define FLAGS_OPTIONAL                                                                                            \
    (UINT64_C(1) << 0 | 1 << 12 | 1 << 13 | 1 << 19 | 1 << 20 | 1 << 22 | 1 << 23 | 1 << 25 | UINT64_C(1) << 32 | \
     UINT64_C(1) << 35 | UINT64_C(1) << 37 | UINT64_C(1) << 38)

void oracle_flags_came(struct dial *dial, enum side from, uint64_t sent, uint64_t came)
{
    bool may = dial->ways[DIALER].rules.flags || dial->ways[ACCEPTOR].rules.flags;

    if (sent == came || (may && (came & ~sent) == 0 && ((sent ^ came) & ~FLAGS_OPTIONAL) == 0))
        return;
    wrong("#%u: %s has sent flags %llx, and %llx have come", dial->number, sender(dial, from)->name,
          (unsigned long long)sent, (unsigned long long)came);
}

void oracle_up(struct dial *dial, enum side side)
{
    if (side == DIALER && !dial->up[ACCEPTOR])
        wrong("#%u is up at %s, and %s knows nothing of it", dial->number, dial->from->name, dial->to->name);
    if (dial->up[!side])
        dial->up_us = now_us();
    note_rules(dial, DIALER);
    note_rules(dial, ACCEPTOR);
}

void oracle_sent(struct dial *dial, enum side side, size_t bytes)
{
    struct way *way = &dial->ways[side];

    way->bytes_sent += bytes;
}

void oracle_came(struct dial *dial, enum side side, size_t bytes)
{
    struct way *way = &dial->ways[!side];

    way->bytes_came += bytes;
    way->moved_us = now_us();
    way->lags_us = 0;
    if (!way->rules.ticks && way->bytes_came > way->bytes_sent)
        wrong("#%u: %s has read more than was sent", dial->number, sender(dial, side)->name);
    if (!way->rules.froze && way->ticks_came > way->shape.ticks_most)
        wrong("#%u: %s has read %llu ticks, and %llu were sent before it was muted", dial->number,
              sender(dial, side)->name, (unsigned long long)way->ticks_came, (unsigned long long)way->shape.ticks_most);
}

void oracle_frame_came(struct dial *dial, enum side from, uint64_t sent_us)
{
    const struct way *way = &dial->ways[from];
    const char *name = sender(dial, from)->name;

    if (way->shape.frozen_us && sent_us > way->shape.frozen_us)
        wrong("#%u: a frame comes from %s, which is frozen", dial->number, name);
    if (way->shape.least_us && sent_us > way->shape.least_since_us && now_us() - sent_us < way->shape.least_us)
        wrong("#%u: a frame comes from %s after %llu us, and not after %llu", dial->number, name,
              (unsigned long long)(now_us() - sent_us), (unsigned long long)way->shape.least_us);
}

void oracle_tick_timeout(struct dial *dial, enum side side)
{
    const struct way *way = &dial->ways[!side];
    const struct actor *from = sender(dial, !side);
    uint64_t free_us = now_us() - way->free_us;

    if (way->free_us && free_us > 2 * from->ticktime_us && !from->frozen && dial->ends[!side] && !is_hit(dial) &&
        now_us() - from->thawed_us > 2 * from->ticktime_us && now_us() - dial->up_us > 2 * from->ticktime_us)
        wrong("#%u: %s has heard no tick, and nothing stands in the way", dial->number, sender(dial, side)->name);
}

void oracle_setup_over(struct dial *dial)
{
    const struct actor *to = dial->to;
    uint64_t since_us = dial->began_us;

    if (oracle_is_calm() && is_free(dial) && was_free(dial) && !dial->ways[DIALER].rules.may_refuse && to->running &&
        !to->frozen && to->registered && to->registered_us < since_us && to->thawed_us < since_us &&
        dial->from->thawed_us < since_us && !book_has_name(BOOK_slow, to) && !book_has_name(BOOK_silent, to) &&
        oracle_names_free_us(to) < since_us)
        wrong("#%u: %s cannot connect with %s, and nothing stands in the way", dial->number, dial->from->name,
              to->name);
}

/* ---- ends ---- */

void oracle_end_closes(struct dial *dial, enum side side)
{
    (void)dial;
    (void)side;
}

/* The daemon has ended a connection that neither actor has given up: was it asked to? */
static bool may_have_ended(const struct dial *dial)
{
    if (dial->ways[DIALER].rules.may_end || dial->ways[ACCEPTOR].rules.may_end || is_hit(dial))
        return true;
    return !(dial->up[DIALER] && dial->up[ACCEPTOR]) &&
           (!oracle_is_calm() || dial->ways[DIALER].rules.may_refuse || !dial->to->running || dial->to->frozen ||
            dial->to->thawed_us > dial->began_us || dial->from->thawed_us > dial->began_us ||
            now_us() - dial->to->started_us < ORACLE_PATIENCE_US);
}

void oracle_end_came(struct dial *dial, enum side side, bool broken)
{
    struct way *way = &dial->ways[!side];

    way->end_came = true;
    if (!way->ended && !dial->ways[side].ended && !may_have_ended(dial))
        wrong("#%u: %s sees its end, and neither node nor rule has ended it", dial->number, sender(dial, side)->name);
    if (way->ended && !broken && !way->reset && !may_have_ended(dial) && !way->rules.ticks &&
        way->bytes_came != way->bytes_sent)
        wrong("#%u: %s has read %llu bytes and then the end; %llu were sent", dial->number, sender(dial, side)->name,
              (unsigned long long)way->bytes_came, (unsigned long long)way->bytes_sent);
}

/* ---- behind each turn ---- */

static void check_cut(const struct dial *dial, enum side side)
{
    const struct way *way = &dial->ways[side];
    const struct sock *sink = dial->daemon[!side];

    if (!way->cut_us || !way->cut_seen || !sink || sink->closed || sink->state != SOCK_connected)
        return;
    if (sink->out.written != way->cut_written)
        wrong("#%u: %llu bytes of %s have passed a cut", dial->number,
              (unsigned long long)(sink->out.written - way->cut_written), sender(dial, side)->name);
    if (sink->shut && !way->cut_end)
        wrong("#%u: the end of %s has passed a cut", dial->number, sender(dial, side)->name);
}

/* Whoever reads can have read since then. */
static uint64_t able_since_us(const struct dial *dial, enum side side)
{
    const struct actor *from = sender(dial, side), *to = sender(dial, !side);

    return later(later(dial->ways[side].free_us, dial->ways[!side].free_us), later(from->thawed_us, to->thawed_us));
}

/* Where ticks came or went, frames are counted; those that have left their line. */
static bool lags(const struct dial *dial, enum side side)
{
    const struct way *way = &dial->ways[side];

    if (!way->rules.ticks)
        return way->bytes_came < way->bytes_sent;
    return dial->ends[side] && dial->ends[side]->out.len == 0 && way->frames_came < way->frames_sent;
}

static void check_flow(struct dial *dial, enum side side)
{
    struct way *way = &dial->ways[side];
    const struct line *reader = dial->ends[!side];
    uint64_t since_us;

    if (!lags(dial, side))
        way->lags_us = 0;
    else if (!way->lags_us)
        way->lags_us = now_us();
    since_us = later(later(way->moved_us, way->lags_us), later(able_since_us(dial, side), dial->up_us));
    if (!is_free(dial) || !reader || reader->stopped || reader->actor->frozen || is_hit(dial) || !dial->up_us ||
        now_us() - since_us < ORACLE_PATIENCE_US)
        return;
    if (!way->ended && way->lags_us)
        wrong("#%u: %llu bytes of %s do not arrive, and nothing stands in the way", dial->number,
              (unsigned long long)(way->bytes_sent - way->bytes_came), sender(dial, side)->name);
    if (way->ended && now_us() - dial->over_us > ORACLE_PATIENCE_US)
        wrong("#%u: %s does not hear that %s has left, and nothing stands in the way", dial->number,
              reader->actor->name, sender(dial, side)->name);
}

void oracle_lines_look(bool closely)
{
    struct dial *dial;

    DL_FOREACH(dials_living(), dial)
        for (enum side side = DIALER; side <= ACCEPTOR; side++) {
            check_cut(dial, side);
            if (closely)
                check_flow(dial, side);
        }
    if (closely)
        dials_reap();
}
