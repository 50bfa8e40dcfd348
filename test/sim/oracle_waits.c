/* SPDX-License-Identifier: MIT */
/*
 * Does a condition hold, by what the actors and their sockets know? What has changed within the slack may be seen
 * either way.
 */
#include <utlist.h>

#include "book.h"
#include "calls.h"
#include "house.h"
#include "oracle.h"
#include "oracle_inside.h"

#define SLACK_US (2 * SECOND_US)
#define QUIET_US (900 * MS_US)
#define SAMPLES 64

/* What the daemon had read from cables then, and how many ticks had been sent. */
static struct sample {
    uint64_t at_us, bytes, ticks;
} samples[SAMPLES];

static uint64_t ticks;

void oracle_tick_sent(void)
{
    ticks++;
}

void oracle_waits_begin(void)
{
    ticks = 0;
    for (size_t i = 0; i < SAMPLES; i++)
        samples[i] = (struct sample){0};
}

/* The newest first; none is younger than 50 ms than the next. */
void oracle_waits_look(void)
{
    if (now_us() - samples[0].at_us < 50 * MS_US)
        return;
    for (size_t i = SAMPLES - 1; i > 0; i--)
        samples[i] = samples[i - 1];
    samples[0] = (struct sample){now_us(), calls_taken_but_at(EPMD_PORT_OF_HOUSE), ticks};
}

static bool is_between(const struct dial *dial, const struct actor *a, const struct actor *b)
{
    return (dial->from == a && dial->to == b) || (dial->from == b && dial->to == a);
}

static bool daemon_has(const struct dial *dial)
{
    return dial->daemon[DIALER] && !dial->daemon[DIALER]->closed && dial->daemon[ACCEPTOR] &&
           !dial->daemon[ACCEPTOR]->closed;
}

/* Both talk, and have for a while. */
static bool surely_connected(const struct dial *dial)
{
    return dial->up_us && now_us() - dial->up_us > SLACK_US && !dial->over_us && daemon_has(dial);
}

static bool perhaps_connected(const struct dial *dial)
{
    return dial->up[ACCEPTOR] && (!dial->over_us || now_us() - dial->over_us < SLACK_US);
}

/* What this end hears comes late: that is no secret. */
static bool hears_late(const struct dial *dial, enum side side)
{
    const struct actor *to = side == DIALER ? dial->from : dial->to, *from = side == DIALER ? dial->to : dial->from;

    for (enum book_kind kind = BOOK_latency; kind <= BOOK_slicer; kind++)
        if (book_has(kind, from, to, side == ACCEPTOR))
            return true;
    return false;
}

/* One has left, and the other takes it for connected, as the daemon could know. */
static bool still_believed(const struct dial *dial)
{
    if (!dial->up_us || !dial->over_us || now_us() - dial->over_us < SLACK_US)
        return false;
    for (enum side side = DIALER; side <= ACCEPTOR; side++)
        if (dial->ends[side] && !dial->ends[side]->actor->frozen && !hears_late(dial, side) &&
            now_us() - dial->ends[side]->actor->thawed_us > ORACLE_PATIENCE_US && dial->daemon[side] &&
            !dial->daemon[side]->closed && !dial->daemon[side]->shut)
            return true;
    return false;
}

static bool any_between(const struct actor *a, const struct actor *b, bool (*is)(const struct dial *dial))
{
    const struct dial *dial;

    DL_FOREACH(dials_living(), dial)
        if (is_between(dial, a, b) && is(dial))
            return true;
    return false;
}

/* Calls that for each pair that is meant; returns whether it holds for all of them. */
static bool for_all(const struct awaited *awaited, bool (*is)(const struct dial *dial), bool wanted)
{
    for (size_t i = 0; i < actors_count; i++)
        for (size_t k = 0; k < actors_count; k++)
            if (i != k && (awaited->sets[0] >> i & 1) && (awaited->sets[1] >> k & 1) &&
                any_between(&actors[i], &actors[k], is) != wanted)
                return false;
    return true;
}

static unsigned registered(bool surely)
{
    unsigned set = 0;

    for (size_t i = 0; i < actors_count; i++) {
        const struct actor *actor = &actors[i];
        bool is = surely ? actor->registered && now_us() - actor->registered_us > SLACK_US && actor->epmd->peer &&
                               !actor->epmd->peer->closed
                         : actor->epmd || (actor->left_us && now_us() - actor->left_us < SLACK_US);

        set |= is ? 1U << i : 0;
    }
    return set;
}

static unsigned observing(void)
{
    unsigned set = 0;

    for (size_t i = 0; i < actors_count; i++)
        set |= book_observes(&actors[i]) ? 1U << i : 0;
    return set;
}

static bool is_quiet(void)
{
    size_t i = 0, k;

    for (size_t n = 0; n < book_count(); n++)
        if ((book_at(n)->kind == BOOK_partition && book_at(n)->mode != MODE_drop) || book_at(n)->kind == BOOK_freeze)
            return true; /* what is sent into a hold stays in the kernel, and is not seen */
    while (i < SAMPLES && samples[i].at_us && now_us() - samples[i].at_us < QUIET_US)
        i++;
    if (i > 0)
        i--;
    for (k = i; k < SAMPLES - 1 && samples[k + 1].at_us; k++)
        ;
    return samples[0].bytes - samples[i].bytes <= 4 * (ticks - samples[k].ticks);
}

/* Is nobody left who takes itself for connected across a cut that nodes can notice? */
static bool is_noticed(void)
{
    const struct dial *dial;

    DL_FOREACH(dials_living(), dial) {
        enum book_mode there = book_mode(dial->from, dial->to, true), back = book_mode(dial->to, dial->from, false);
        bool cut = (there && there != MODE_refuse) || (back && back != MODE_refuse);

        if (cut && (surely_connected(dial) || still_believed(dial)))
            return false;
    }
    return true;
}

static bool is_true(const struct awaited *awaited, const char **ret_why)
{
    struct awaited of = *awaited;

    switch (awaited->kind) {
    case AWAITED_up:
        *ret_why = "fewer are registered";
        return (unsigned)__builtin_popcount(registered(false)) >= awaited->number;
    case AWAITED_mesh:
        of.sets[0] = of.sets[1] = registered(true) & ~observing();
        *ret_why = "two are not connected";
        return for_all(&of, perhaps_connected, true);
    case AWAITED_connected:
        *ret_why = "two are not connected";
        return for_all(awaited, perhaps_connected, true);
    case AWAITED_disconnected:
        *ret_why = "two are connected";
        return for_all(awaited, surely_connected, false) && for_all(awaited, still_believed, false);
    case AWAITED_noticed:
    case AWAITED_settled:
        *ret_why = "somebody takes itself for connected across a cut";
        return is_noticed();
    case AWAITED_quiet:
        *ret_why = "something was sent";
        return is_quiet();
    }
    return true;
}

void oracle_wait_holds(const struct awaited *awaited, const char *text)
{
    const char *why = NULL;

    if (!is_true(awaited, &why))
        wrong("wait %s has said that it holds, and %s", text, why);
}

/* Of old nodes that have only dialled the daemon does not know which registration is theirs. */
static bool any_old(unsigned set)
{
    for (size_t i = 0; i < actors_count; i++)
        if ((set >> i & 1) && actors[i].generation == GENERATION_old)
            return true;
    return false;
}

/* The host of those that are connected is known. */
void oracle_wait_times_out(const struct awaited *awaited, const char *text)
{
    bool holds = false;

    if (awaited->kind == AWAITED_up)
        holds = (unsigned)__builtin_popcount(registered(true)) >= awaited->number;
    if (awaited->kind == AWAITED_connected)
        holds = (awaited->sets[0] | awaited->sets[1]) == (registered(true) & (awaited->sets[0] | awaited->sets[1])) &&
                !any_old(awaited->sets[0] | awaited->sets[1]) && for_all(awaited, surely_connected, true);
    if (holds && (awaited->kind != AWAITED_connected || awaited->sets[0] != awaited->sets[1] ||
                  __builtin_popcount(awaited->sets[0]) > 1))
        wrong("wait %s has not come in time, and it holds", text);
}
