/* SPDX-License-Identifier: MIT */
#include "cable/duplex.h"

#include "cable/cabling.h"

void duplex_init(struct duplex *duplex, int dialer_fd, alarm_fn *fn, void *data)
{
    end_init(&duplex->dialer, dialer_fd);
    end_init(&duplex->acceptor, -1);
    lane_init(&duplex->to_acceptor, &duplex->dialer, &duplex->acceptor, &duplex->to_dialer, fn, data);
    lane_init(&duplex->to_dialer, &duplex->acceptor, &duplex->dialer, &duplex->to_acceptor, fn, data);
}

void duplex_done(struct duplex *duplex, struct cabling *cabling, bool reset)
{
    end_close(&duplex->dialer, reset);
    end_close(&duplex->acceptor, reset);
    lane_done(&duplex->to_acceptor, cabling);
    lane_done(&duplex->to_dialer, cabling);
}

static bool has(const struct duplex *duplex, enum partition partition)
{
    return duplex->to_acceptor.profile.partition == partition || duplex->to_dialer.profile.partition == partition;
}

struct verdict duplex_judge(const struct duplex *duplex, bool living)
{
    if (has(duplex, PARTITION_RESET))
        return VERDICT_BY(partition, "a cut resets it", true);
    if (has(duplex, PARTITION_CLOSE))
        return VERDICT_BY(partition, "a cut closes it", false);
    if (has(duplex, PARTITION_SEVER) && living)
        return VERDICT_BY(partition, "a cut severs it", false);
    if (has(duplex, PARTITION_REFUSE) && !living)
        return VERDICT_BY(partition, "a cut refuses new connections", false);
    if (lane_cannot_go_on(&duplex->to_acceptor) || lane_cannot_go_on(&duplex->to_dialer))
        return VERDICT_OVER("the cut is fixed that threw its bytes away", true);
    if (lane_is_spent(&duplex->to_acceptor) || lane_is_spent(&duplex->to_dialer))
        return VERDICT_BY(limit_data, "limit_data closes it", false);
    return VERDICT_GOES_ON;
}

bool duplex_is_held(const struct duplex *duplex)
{
    return lane_is_held(&duplex->to_acceptor) || lane_is_held(&duplex->to_dialer);
}

/*
 * OTP never closes one half of a distribution connection: whoever has hung up does not listen either. When both have,
 * and something waits for one of them, there is nobody to keep it for: neither until a fix, nor for as long as a slow
 * line would take.
 */
static bool nobody_is_left(const struct duplex *duplex)
{
    bool shaped = duplex->to_acceptor.slow || duplex->to_dialer.slow;

    return (duplex_is_held(duplex) || shaped) && lane_source_has_left(&duplex->to_acceptor) &&
           lane_source_has_left(&duplex->to_dialer);
}

/*
 * What is held for somebody who has left is for nobody. Unread it might hide that its source leaves too: the end of a
 * stream stands behind all that was sent, and may be stuck in the source.
 */
static void listen_for_nobody(struct lane *lane)
{
    if (lane->phase == LANE_up && lane->source == SOURCE_open && lane->sink == SINK_open && lane_is_held(lane) &&
        lane_source_has_left(lane->back))
        lane_go_deaf(lane);
}

int duplex_count_broken(const struct duplex *duplex)
{
    return end_is_broken(&duplex->dialer) + end_is_broken(&duplex->acceptor);
}

struct verdict duplex_pump(struct duplex *duplex, struct cabling *cabling, uint64_t now_us)
{
    struct lane *there = &duplex->to_acceptor, *back = &duplex->to_dialer;
    int broken;

    listen_for_nobody(there);
    listen_for_nobody(back);
    do {
        broken = duplex_count_broken(duplex);
        lane_pump(there, cabling, now_us);
        lane_pump(back, cabling, now_us);
    } while (duplex_count_broken(duplex) != broken);

    if ((there->source == SOURCE_broken && there->sink == SINK_told) ||
        (back->source == SOURCE_broken && back->sink == SINK_told))
        return VERDICT_OVER("a node broke its connection", true);
    if (lane_is_over(there) && lane_is_over(back))
        return VERDICT_OVER("both nodes closed it", false);
    if (nobody_is_left(duplex))
        return VERDICT_OVER("both nodes gave up while something waited for them", false);
    return VERDICT_GOES_ON;
}

/*
 * Would it hear of that as it is? Who is read is heard of when it hangs up, too. A cut takes thousands of ends from
 * reading to waiting, and a fix takes them back: where nothing comes in between the kernel need not be told at all, and
 * where something comes that is heard of once in vain.
 */
static bool hears(const struct end *end, unsigned wanted)
{
    unsigned covered = end->wanted & READY_READ ? end->wanted | READY_HANGUP : end->wanted;

    return wanted && !(wanted & ~covered);
}

static int update_watch(struct end *end, const struct lane *from_it, const struct lane *to_it,
                        const struct cabling *cabling)
{
    unsigned wanted = 0;

    if (lane_wants_read(from_it, cabling))
        wanted |= READY_READ;
    else if (!lane_source_has_left(from_it)) /* what it sends is not read: this is all we hear of it */
        wanted |= READY_HANGUP;
    if (lane_wants_write(to_it))
        wanted |= READY_WRITE;
    if (cabling->applying && hears(end, wanted))
        return 0;
    return end_want(end, wanted);
}

int duplex_update_watches(struct duplex *duplex, struct cabling *cabling, uint64_t now_us)
{
    int status = update_watch(&duplex->dialer, &duplex->to_acceptor, &duplex->to_dialer, cabling);

    if (status == 0)
        status = update_watch(&duplex->acceptor, &duplex->to_dialer, &duplex->to_acceptor, cabling);
    lane_set_deadline(&duplex->to_acceptor, cabling, now_us);
    lane_set_deadline(&duplex->to_dialer, cabling, now_us);
    return status;
}
