/* SPDX-License-Identifier: MIT */
#include "net/lanes.h"

#include "net/loop.h"
#include "net/relay.h"

void lanes_init(struct lanes *lanes, int dialer_fd, alarm_fn *fn, void *data)
{
    end_init(&lanes->dialer, dialer_fd);
    end_init(&lanes->acceptor, -1);
    lane_init(&lanes->to_acceptor, &lanes->dialer, &lanes->acceptor, fn, data);
    lane_init(&lanes->to_dialer, &lanes->acceptor, &lanes->dialer, fn, data);
}

void lanes_done(struct lanes *lanes, struct relay *relay, bool reset)
{
    end_close(&lanes->dialer, reset);
    end_close(&lanes->acceptor, reset);
    lane_done(&lanes->to_acceptor, relay);
    lane_done(&lanes->to_dialer, relay);
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

void lanes_set_profiles(struct lanes *lanes, struct relay *relay, const struct profile *to_acceptor,
                        const struct profile *to_dialer)
{
    lane_set_profile(&lanes->to_acceptor, relay, to_acceptor);
    lane_set_profile(&lanes->to_dialer, relay, to_dialer);
    lanes->to_acceptor.sink_hidden = keeps_ends(to_dialer);
    lanes->to_dialer.sink_hidden = keeps_ends(to_acceptor);
}

static bool has(const struct lanes *lanes, enum partition partition)
{
    return lanes->to_acceptor.profile.partition == partition || lanes->to_dialer.profile.partition == partition;
}

/* Something of this stream was lost, and nothing keeps it from going on: it must not. */
static bool cannot_go_on(const struct lane *lane)
{
    return lane->lossy && !is_cut(&lane->profile) && !(lane->deaf && lane->sink_hidden);
}

struct verdict lanes_judge(const struct lanes *lanes, bool living)
{
    if (has(lanes, PARTITION_RESET))
        return (struct verdict){"a cut resets it", true};
    if (has(lanes, PARTITION_CLOSE))
        return (struct verdict){"a cut closes it", false};
    if (has(lanes, PARTITION_REFUSE) && !living)
        return (struct verdict){"a cut refuses new connections", false};
    if (cannot_go_on(&lanes->to_acceptor) || cannot_go_on(&lanes->to_dialer))
        return (struct verdict){"the cut is fixed that threw its bytes away", true};
    if (lane_is_spent(&lanes->to_acceptor) || lane_is_spent(&lanes->to_dialer))
        return (struct verdict){"limit_data closes it", false};
    return (struct verdict){NULL, false};
}

bool lanes_are_held(const struct lanes *lanes)
{
    return lane_is_held(&lanes->to_acceptor) || lane_is_held(&lanes->to_dialer);
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
static bool nobody_is_left(const struct lanes *lanes, bool raw)
{
    bool shaped = !raw && (lanes->to_acceptor.shaper || lanes->to_dialer.shaper);

    return (lanes_are_held(lanes) || shaped) && has_left(&lanes->dialer, &lanes->to_acceptor) &&
           has_left(&lanes->acceptor, &lanes->to_dialer);
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

struct verdict lanes_pump(struct lanes *lanes, struct relay *relay, bool raw)
{
    struct lane *there = &lanes->to_acceptor, *back = &lanes->to_dialer;

    listen_for_nobody(there, back);
    listen_for_nobody(back, there);
    if (there->framed || raw)
        lane_pump(there, relay);
    if (back->framed || raw)
        lane_pump(back, relay);

    if (there->state == LANE_RESET || back->state == LANE_RESET)
        return (struct verdict){"a node broke its connection", true};
    if (there->state == LANE_ENDED && back->state == LANE_ENDED)
        return (struct verdict){"both nodes closed it", false};
    if (nobody_is_left(lanes, raw))
        return (struct verdict){"both nodes gave up while something waited for them", false};
    return (struct verdict){NULL, false};
}

static void update_watch(struct end *end, const struct lane *from_it, const struct lane *to_it,
                         const struct relay *relay)
{
    unsigned wanted = 0;

    end->may_hang_up = from_it->state == LANE_OPEN ? lane_is_held(from_it) : !from_it->source_gone;
    if (lane_wants_read(from_it, relay))
        wanted |= READY_READ;
    if (lane_wants_write(to_it))
        wanted |= READY_WRITE;
    if (end->may_hang_up && !end->hung_up)
        wanted |= READY_HANGUP;
    watch_want(end->watch, wanted);
}

void lanes_update_watches(struct lanes *lanes, struct relay *relay)
{
    update_watch(&lanes->dialer, &lanes->to_acceptor, &lanes->to_dialer, relay);
    update_watch(&lanes->acceptor, &lanes->to_dialer, &lanes->to_acceptor, relay);
    lane_set_deadline(&lanes->to_acceptor, relay);
    lane_set_deadline(&lanes->to_dialer, relay);
}
