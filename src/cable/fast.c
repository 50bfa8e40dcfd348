/* SPDX-License-Identifier: MIT */
#include "cable/fast.h"

#include "cable/cabling.h"
#include "cable/end.h"
#include "cable/lane.h"
#include "cable/splicing.h"

/* Returns how many bytes, 0 also when the source has no more for now. */
static size_t copy_once(struct lane *lane, struct cabling *cabling)
{
    size_t got = lane_read(lane, cabling->scratch, CABLING_SCRATCH_BYTES);
    uint64_t ended = lane->frames.frames + lane->frames.ticks;

    if (got == 0)
        return 0;
    if (lane_is_framed(lane))
        frames_feed(&lane->frames, cabling->scratch, got);
    splicing_weigh_copied(lane, got, lane->frames.frames + lane->frames.ticks - ended);
    lane_send(lane, cabling->scratch, got);
    return got;
}

void fast_pump(struct lane *lane, struct cabling *cabling, uint64_t now_us)
{
    size_t share = cabling_share(cabling), moved = 0, got = 1;

    /* A broken source is not reported again: take all it has. Otherwise the loop tells when there is more. */
    while (lane_drain(lane, cabling, now_us) && lane->source == SOURCE_open && got > 0 &&
           (moved < share || end_is_broken(lane->in))) {
        got = splicing_suits(lane, cabling) ? splicing_move(lane, cabling) : copy_once(lane, cabling);
        moved += got;
    }
    if (lane->piped == 0)
        splicing_end(lane, cabling);
}
