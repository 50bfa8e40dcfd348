/* SPDX-License-Identifier: MIT */
#include "cable/splicing.h"

#include <errno.h>

#include "base/log.h"
#include "cable/cabling.h"
#include "cable/end.h"
#include "cable/lane.h"
#include "cable/pipes.h"

/*
 * So much goes into the pipe before it goes on: the sink's node works on it while more comes. A pipe counts pages, and
 * what comes from a socket does not fill all of them: hence half of its size.
 */
#define BATCH_BYTES (PIPE_BYTES / 2)

/* Frames have to have so many bytes on average ... */
#define MEAN_BYTES (16 * 1024)

/* ... in one read of so many at least, for a lane to begin; and over so many of them, or so many bytes, to go on. */
#define BEGIN_BYTES (32 * 1024)
#define RUN_FRAMES 16
#define RUN_BYTES (1024 * 1024)

void splicing_end(struct lane *lane, struct cabling *cabling)
{
    if (!lane->pipe)
        return;
    pipes_give_back(cabling->pipes, lane->pipe, lane->piped == 0);
    lane->pipe = NULL;
    lane->piped = 0;
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
    splicing_end(lane, cabling);
}

void splicing_drain(struct lane *lane, struct cabling *cabling)
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
    splicing_end(lane, cabling);
}

/* ---- when ---- */

void splicing_weigh_copied(struct lane *lane, size_t bytes, uint64_t ended)
{
    if (bytes < BEGIN_BYTES || bytes < (ended + 1) * MEAN_BYTES)
        return;
    lane->splices = true;
    lane->run_bytes = lane->run_frames = 0;
}

static void weigh_spliced(struct lane *lane, size_t bytes, uint64_t ended)
{
    lane->run_bytes += (uint32_t)bytes;
    lane->run_frames += (uint32_t)ended;
    if (lane->run_bytes < RUN_BYTES && lane->run_frames < RUN_FRAMES)
        return;
    lane->splices = lane->run_bytes >= lane->run_frames * MEAN_BYTES;
    lane->run_bytes = lane->run_frames = 0;
}

/* A broken source is read to its end, and an empty one cannot be told from a full pipe: such are copied. */
bool splicing_suits(struct lane *lane, struct cabling *cabling)
{
    if (!lane->splices || end_is_broken(lane->in))
        return false;
    if (!lane->pipe)
        lane->pipe = pipes_borrow(cabling->pipes);
    return lane->pipe != NULL;
}

/* ---- moving ---- */

/* What has come of the next header is in ours, and stays where it is. */
struct ahead {
    uint8_t header[FRAMES_HEADER_BYTES];
    size_t looked;
    size_t most; /* bytes up to the end of the frame, or of what is known of it */
};

/* Returns 1, or what end_look() returns when there is nothing to see. */
static ssize_t look_ahead(struct lane *lane, struct ahead *ret)
{
    struct frames frames = lane->frames;
    ssize_t got;

    *ret = (struct ahead){.most = BATCH_BYTES};
    if (!lane_is_framed(lane))
        return 1;
    if (frames.left == 0) {
        got = end_look(lane->in, ret->header, sizeof(ret->header) - frames.have);
        if (got <= 0)
            return got;
        ret->looked = (size_t)got;
        frames_feed(&frames, ret->header, ret->looked);
    }
    ret->most = ret->looked + frames.left;
    return 1;
}

static uint64_t count_ended(const struct lane *lane)
{
    return lane->frames.frames + lane->frames.ticks;
}

static void count(struct lane *lane, const struct ahead *ahead, size_t got)
{
    size_t looked = got < ahead->looked ? got : ahead->looked;
    uint64_t before = count_ended(lane);

    lane->piped += got;
    lane->bytes += got;
    if (!lane_is_framed(lane)) {
        weigh_spliced(lane, got, 1);
        return;
    }
    frames_feed(&lane->frames, ahead->header, looked);
    frames_skip(&lane->frames, got - looked);
    weigh_spliced(lane, got, count_ended(lane) - before);
}

/* Into the pipe, up to the end of a frame. Returns 1: more may come at once, or what end_read() returns, or -ENOSYS. */
static ssize_t splice_frame(struct lane *lane)
{
    size_t room = BATCH_BYTES - lane->piped;
    struct ahead ahead;
    ssize_t got = look_ahead(lane, &ahead);

    if (got <= 0)
        return got;
    if (ahead.most < room)
        room = ahead.most;
    got = end_splice_in(lane->in, lane->pipe, room);
    if (got <= 0)
        return got;
    count(lane, &ahead, (size_t)got);
    return (size_t)got == room ? 1 : -EAGAIN;
}

size_t splicing_move(struct lane *lane, struct cabling *cabling)
{
    ssize_t status = 1;
    size_t moved;

    while (status > 0 && lane->splices && lane->piped < BATCH_BYTES)
        status = splice_frame(lane);
    moved = lane->piped;
    if (status == -ENOSYS)
        splice_refused(lane, cabling);
    else if (status <= 0)
        lane_source_said(lane, status);
    splicing_drain(lane, cabling);
    return moved;
}
