/* SPDX-License-Identifier: MIT */
#include "cable/duplex.h"

#include "loop/loop.h"
#include "cable/cabling.h"

void duplex_init(struct duplex *duplex, int dialer_fd, alarm_fn *fn, void *data)
{
    end_init(&duplex->dialer, dialer_fd);
    end_init(&duplex->acceptor, -1);
    lane_init(&duplex->to_acceptor, &duplex->dialer, &duplex->acceptor, fn, data);
    lane_init(&duplex->to_dialer, &duplex->acceptor, &duplex->dialer, fn, data);
}

void duplex_done(struct duplex *duplex, struct cabling *cabling, bool reset)
{
    end_close(&duplex->dialer, reset);
    end_close(&duplex->acceptor, reset);
    lane_done(&duplex->to_acceptor, cabling);
    lane_done(&duplex->to_dialer, cabling);
}

static bool is_cut(const struct profile *profile)
{
    return profile->partition == PARTITION_HOLD || profile->partition == PARTITION_DROP;
}

/* Does it keep back that its source has gone? */
static bool keeps_ends(const struct profile *profile)
{
    return is_cut(profile) || profile->freeze;
}

void duplex_set_profiles(struct duplex *duplex, struct cabling *cabling, const struct profile *to_acceptor,
                         const struct profile *to_dialer)
{
    lane_set_profile(&duplex->to_acceptor, cabling, to_acceptor);
    lane_set_profile(&duplex->to_dialer, cabling, to_dialer);
    duplex->to_acceptor.sink_hidden = keeps_ends(to_dialer);
    duplex->to_dialer.sink_hidden = keeps_ends(to_acceptor);
}

static bool has(const struct duplex *duplex, enum partition partition)
{
    return duplex->to_acceptor.profile.partition == partition || duplex->to_dialer.profile.partition == partition;
}

/* Something of this stream was lost, and nothing keeps it from going on: it must not. */
static bool cannot_go_on(const struct lane *lane)
{
    return lane->lossy && !is_cut(&lane->profile) && !(lane->deaf && lane->sink_hidden);
}

struct verdict duplex_judge(const struct duplex *duplex, bool living)
{
    if (has(duplex, PARTITION_RESET))
        return (struct verdict){"a cut resets it", true};
    if (has(duplex, PARTITION_CLOSE))
        return (struct verdict){"a cut closes it", false};
    if (has(duplex, PARTITION_REFUSE) && !living)
        return (struct verdict){"a cut refuses new connections", false};
    if (cannot_go_on(&duplex->to_acceptor) || cannot_go_on(&duplex->to_dialer))
        return (struct verdict){"the cut is fixed that threw its bytes away", true};
    if (lane_is_spent(&duplex->to_acceptor) || lane_is_spent(&duplex->to_dialer))
        return (struct verdict){"limit_data closes it", false};
    return (struct verdict){NULL, false};
}

bool duplex_are_held(const struct duplex *duplex)
{
    return lane_is_held(&duplex->to_acceptor) || lane_is_held(&duplex->to_dialer);
}

static bool has_left(const struct end *end, const struct lane *from_it)
{
    return end_has_left(end) || from_it->source_gone;
}

/*
 * OTP never closes one half of a distribution connection: whoever has hung up does not listen either. When both have,
 * and something waits for one of them, there is nobody to keep it for: neither until a fix, nor for as long as a slow
 * line would take.
 */
static bool nobody_is_left(const struct duplex *duplex, bool raw)
{
    bool shaped = !raw && (duplex->to_acceptor.shaper || duplex->to_dialer.shaper);

    return (duplex_are_held(duplex) || shaped) && has_left(&duplex->dialer, &duplex->to_acceptor) &&
           has_left(&duplex->acceptor, &duplex->to_dialer);
}

/*
 * What is held for somebody who has left is for nobody. Unread it might hide that its source leaves too: the end of a
 * stream stands behind all that was sent, and may be stuck in the source.
 */
static void listen_for_nobody(struct lane *lane, const struct lane *back)
{
    if (lane->up && lane->state == LANE_OPEN && lane_is_held(lane) && has_left(lane->sink, back))
        lane->deaf = true;
}

struct verdict duplex_pump(struct duplex *duplex, struct cabling *cabling, bool raw)
{
    struct lane *there = &duplex->to_acceptor, *back = &duplex->to_dialer;

    listen_for_nobody(there, back);
    listen_for_nobody(back, there);
    if (there->framed || raw)
        lane_pump(there, cabling);
    if (back->framed || raw)
        lane_pump(back, cabling);

    if (there->state == LANE_RESET || back->state == LANE_RESET)
        return (struct verdict){"a node broke its connection", true};
    if (there->state == LANE_ENDED && back->state == LANE_ENDED)
        return (struct verdict){"both nodes closed it", false};
    if (nobody_is_left(duplex, raw))
        return (struct verdict){"both nodes gave up while something waited for them", false};
    return (struct verdict){NULL, false};
}

static void update_watch(struct end *end, const struct lane *from_it, const struct lane *to_it,
                         const struct cabling *cabling)
{
    unsigned wanted = 0;

    end->may_hang_up = from_it->state == LANE_OPEN ? lane_is_held(from_it) : !from_it->source_gone;
    if (lane_wants_read(from_it, cabling))
        wanted |= READY_READ;
    if (lane_wants_write(to_it))
        wanted |= READY_WRITE;
    if (end->may_hang_up && !end->hung_up)
        wanted |= READY_HANGUP;
    watch_want(end->watch, wanted);
}

void duplex_update_watches(struct duplex *duplex, struct cabling *cabling)
{
    update_watch(&duplex->dialer, &duplex->to_acceptor, &duplex->to_dialer, cabling);
    update_watch(&duplex->acceptor, &duplex->to_dialer, &duplex->to_acceptor, cabling);
    lane_set_deadline(&duplex->to_acceptor, cabling);
    lane_set_deadline(&duplex->to_dialer, cabling);
}
