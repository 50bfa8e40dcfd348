/* SPDX-License-Identifier: MIT */
#include "cable/fast.h"

#include <errno.h>

#include "base/log.h"
#include "cable/cabling.h"
#include "cable/end.h"
#include "cable/lane.h"
#include "cable/pipes.h"

/* Below that much to come, two system calls and a pipe cost more than copying. */
#define SPLICE_MIN_BYTES (128 * 1024)

static void give_back(struct lane *lane, struct cabling *cabling)
{
    if (!lane->pipe)
        return;
    pipes_give_back(cabling->pipes, lane->pipe, lane->piped == 0);
    lane->pipe = NULL;
    lane->piped = 0;
}

void fast_forget(struct lane *lane, struct cabling *cabling)
{
    give_back(lane, cabling);
}

/* From now on everything is copied, here and in all other lanes; what is in the pipe already is copied out of it. */
static void splice_refused(struct lane *lane, struct cabling *cabling)
{
    log_info("splice() is refused: all bytes are copied from now on");
    pipes_lend_no_more(cabling->pipes);
    while (lane->piped > 0) {
        size_t got = pipe_read(lane->pipe, cabling->scratch, CABLING_SCRATCH_BYTES);

        lane->piped -= got;
        lane_keep(lane, cabling->scratch, got);
    }
    give_back(lane, cabling);
}

void fast_drain_pipe(struct lane *lane, struct cabling *cabling)
{
    while (lane->piped > 0) {
        ssize_t moved = end_splice_out(lane->out, lane->pipe, lane->piped);

        if (moved == -ENOSYS)
            splice_refused(lane, cabling);
        else if (moved < 0)
            lane_lose_sink(lane);
        if (moved <= 0)
            return;
        lane->piped -= (size_t)moved;
    }
    give_back(lane, cabling);
}

/* Returns how many bytes, 0 also when the source has no more for now. */
static size_t copy_once(struct lane *lane, struct cabling *cabling)
{
    size_t got = lane_read(lane, cabling->scratch, CABLING_SCRATCH_BYTES);

    if (got == 0)
        return 0;
    if (lane_is_framed(lane))
        frames_feed(&lane->frames, cabling->scratch, got);
    lane_send(lane, cabling->scratch, got);
    return got;
}

/* Moves bytes of the current frame, never beyond its end, so that the count of frames stays true. */
static size_t splice_once(struct lane *lane, struct cabling *cabling)
{
    size_t most = lane->frames.left < lane->pipe->room ? lane->frames.left : lane->pipe->room;
    ssize_t got = end_splice_in(lane->in, lane->pipe, most);

    if (got == -ENOSYS) {
        splice_refused(lane, cabling);
        return copy_once(lane, cabling);
    }
    if (got <= 0) {
        lane_source_said(lane, got);
        return 0;
    }
    lane->piped += (size_t)got;
    lane->bytes += (uint64_t)got;
    frames_skip(&lane->frames, (size_t)got);
    fast_drain_pipe(lane, cabling);
    return (size_t)got;
}

static bool may_splice(struct lane *lane, struct cabling *cabling)
{
    if (!lane_is_framed(lane) || lane->frames.left < SPLICE_MIN_BYTES)
        return false;
    if (!lane->pipe)
        lane->pipe = pipes_borrow(cabling->pipes);
    return lane->pipe != NULL;
}

void fast_pump(struct lane *lane, struct cabling *cabling, uint64_t now_us)
{
    size_t share = cabling_share(cabling), moved = 0, got = 1;

    /* A broken source is not reported again: take all it has. Otherwise the loop tells when there is more. */
    while (lane_drain(lane, cabling, now_us) && lane->source == SOURCE_open && got > 0 &&
           (moved < share || end_is_broken(lane->in))) {
        got = may_splice(lane, cabling) ? splice_once(lane, cabling) : copy_once(lane, cabling);
        moved += got;
    }
    if (lane->piped == 0)
        give_back(lane, cabling);
}
