/* SPDX-License-Identifier: MIT */
#include "cable/slow.h"

#include <stdlib.h>

#include "base/bytes.h"
#include "base/memory.h"
#include "base/random.h"
#include "model/counters.h"
#include "model/shaper.h"
#include "loop/loop.h"
#include "cable/cabling.h"
#include "cable/end.h"
#include "cable/lane.h"

struct slow {
    struct random random; /* of this lane alone: what others draw changes nothing here */
    struct shaper *shaper;
    struct frames came;   /* of what was put: lane->frames, and what is in the shaper */
    uint64_t came_bytes;  /* put, since it began */
    size_t queued;        /* bytes in it, as counted in cabling->queued_bytes */
    size_t unframed;      /* of those, the first so many are of the handshake */
    uint8_t withheld;     /* bytes of a frame's header that came, and are kept from the sink: it may be a tick */
    bool full;            /* see slow_is_full() */
    uint64_t tick_due_us; /* frozen: when the next tick of ours is due; 0: at once */
};

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* The total over all lanes follows what this one holds. */
static void account(struct lane *lane, struct cabling *cabling)
{
    size_t held = shaper_held(lane->slow->shaper);

    cabling->queued_bytes += held;
    cabling->queued_bytes -= lane->slow->queued;
    lane->slow->queued = held;
}

void slow_begin(struct lane *lane, struct cabling *cabling)
{
    lane->slow = mem_new(sizeof(*lane->slow));
    random_seed(&lane->slow->random, lane->seed);
    lane->slow->shaper = shaper_new(&lane->slow->random);
    lane->slow->came = lane->frames;
    cabling_add_shaped(cabling);
}

void slow_end(struct lane *lane, struct cabling *cabling)
{
    cabling->queued_bytes -= lane->slow->queued;
    cabling_remove_shaped(cabling);
    shaper_free(lane->slow->shaper);
    free(lane->slow);
    lane->slow = NULL;
}

void slow_set_shape(struct lane *lane, uint64_t now_us)
{
    shaper_set(lane->slow->shaper, &lane->profile.shape, now_us);
}

/* ---- in ---- */

/* Without ticks, and without what may still turn out to be one. */
static uint64_t put_data(const struct slow *slow)
{
    return slow->came_bytes - FRAMES_HEADER_BYTES * slow->came.ticks - slow->came.have;
}

void slow_put(struct lane *lane, struct cabling *cabling, const uint8_t *data, size_t len)
{
    struct slow *slow = lane->slow;
    uint64_t bytes = put_data(slow), frames = slow->came.frames;

    shaper_put(slow->shaper, data, len, loop_clock_us(cabling->loop));
    slow->came_bytes += len;
    if (lane_is_framed(lane))
        frames_feed(&slow->came, data, len);
    else
        slow->unframed += len;
    if (lane->delays) {
        lane->toll.delayed_bytes += put_data(slow) - bytes;
        lane->toll.delayed_frames += slow->came.frames - frames;
    }
    account(lane, cabling);
}

const struct frames *slow_came(const struct lane *lane)
{
    return &lane->slow->came;
}

/* Has the sink got whole frames only? Bytes of a header that are withheld do not count. */
static bool at_boundary(const struct lane *lane)
{
    return lane->slow->unframed == 0 && lane->frames.left == 0 && lane->frames.have == lane->slow->withheld;
}

/* How many bytes to let through, of those that stand next, to come nearer to the end of the frame. */
static size_t to_boundary(const struct lane *lane)
{
    if (lane->slow->unframed > 0)
        return lane->slow->unframed;
    if (at_boundary(lane))
        return 0;
    return lane->frames.left > 0 ? lane->frames.left : (size_t)FRAMES_HEADER_BYTES - lane->frames.have;
}

size_t slow_room(const struct lane *lane, const struct cabling *cabling)
{
    size_t held = shaper_held(lane->slow->shaper) + shaper_overhead(lane->slow->shaper), most = cabling->lane_bytes_max;

    if (lane->profile.freeze)
        return held > 0 ? 0 : to_boundary(lane);
    if (cabling->queued_bytes >= SLOW_BYTES_MAX)
        most = least(most, SLOW_LEAST_BYTES);
    return held < most ? most - held : 0;
}

static void take_in(struct lane *lane, struct cabling *cabling)
{
    size_t share = cabling_slow_share(cabling), moved = 0, got = 1;

    while (lane->source == SOURCE_open && got > 0 && moved < share) {
        size_t room = least(slow_room(lane, cabling), least(share - moved, CABLING_SCRATCH_BYTES));

        if (room == 0)
            break;
        got = lane_read(lane, cabling->scratch, room);
        slow_put(lane, cabling, cabling->scratch, got);
        moved += got;
    }
}

/* ---- out ---- */

/* Bytes of a header that came while the lane was mute, and turned out to belong to a frame. */
static size_t put_withheld(struct lane *lane, uint8_t *to)
{
    uint8_t header[FRAMES_HEADER_BYTES];
    size_t first = (size_t)(lane->frames.have ? lane->frames.have : FRAMES_HEADER_BYTES) - lane->slow->withheld;
    size_t count = lane->slow->withheld;

    /* The scanner has shifted them in from the right. */
    bytes_put_u32(header,
                  lane->frames.header << (lane->frames.have ? 8 * (FRAMES_HEADER_BYTES - lane->frames.have) : 0));
    bytes_put(to, header + first, count);
    lane->slow->withheld = 0;
    return count;
}

/* Copies frames, and leaves out ticks. Returns how many bytes there are to send; at most FRAMES_HEADER_BYTES more. */
static size_t without_ticks(struct lane *lane, struct cabling *cabling, const uint8_t *data, size_t len, uint8_t *to)
{
    struct frames *frames = &lane->frames;
    size_t used = 0;

    while (len > 0) {
        size_t step = frames->left > 0 ? least(len, frames->left) : 1;

        if (frames->left > 0) {
            bytes_put(to + used, data, step);
            used += step;
            frames_skip(frames, step);
        } else {
            frames_feed(frames, data, 1);
            lane->slow->withheld++;
            if (frames->have == 0 && frames->left == 0 && lane->slow->withheld == FRAMES_HEADER_BYTES) {
                COUNT(cabling->counters, ticks_muted);
                lane->toll.muted_bytes += FRAMES_HEADER_BYTES;
                lane->slow->withheld = 0;
            } else if (frames->have == 0) {
                used += put_withheld(lane, to + used);
            }
        }
        data += step;
        len -= step;
    }
    return used;
}

/* Sends on what has left the shaper; len is within the scratch buffer, less a header. */
static void send_on(struct lane *lane, struct cabling *cabling, const uint8_t *data, size_t len)
{
    if (lane->slow->unframed > 0) {
        lane->slow->unframed -= len;
        lane_send(lane, data, len);
    } else if (lane->profile.mute && lane_is_framed(lane)) {
        size_t used = without_ticks(lane, cabling, data, len, cabling->scratch);

        lane_send(lane, cabling->scratch, used);
    } else {
        if (lane_is_framed(lane))
            frames_feed(&lane->frames, data, len);
        lane_send(lane, data, len);
    }
}

/*
 * One lane's share at most, though everything may be due at once when a delay is removed: slow_next_us() then asks for
 * the next turn.
 */
static void let_out(struct lane *lane, struct cabling *cabling, uint64_t now_us)
{
    size_t share = cabling_slow_share(cabling), moved = 0;
    const uint8_t *data;

    if (lane->source != SOURCE_open) /* whoever has read it: a handshake is read message by message */
        shaper_put_end(lane->slow->shaper, now_us);
    if (lane->slow->withheld && !lane->profile.mute) {
        uint8_t header[FRAMES_HEADER_BYTES];

        lane_send(lane, header, put_withheld(lane, header));
    }
    while (lane_flush(lane, cabling) && moved < share) {
        size_t len = least(shaper_due(lane->slow->shaper, now_us, &data),
                           least(share - moved, CABLING_SCRATCH_BYTES - FRAMES_HEADER_BYTES));

        if (lane->slow->unframed > 0)
            len = least(len, lane->slow->unframed);
        if (lane->profile.freeze)
            len = least(len, to_boundary(lane));
        if (len == 0)
            break;
        send_on(lane, cabling, data, len);
        shaper_took(lane->slow->shaper, len, now_us);
        moved += len;
    }
    account(lane, cabling);
}

/* The sink shall believe that its peer is well. */
static void make_tick(struct lane *lane, struct cabling *cabling, uint64_t now_us)
{
    static const uint8_t tick[FRAMES_HEADER_BYTES];

    if (lane->phase != LANE_up || !at_boundary(lane) || now_us < lane->slow->tick_due_us)
        return;
    if (lane_flush(lane, cabling)) {
        lane_send(lane, tick, sizeof(tick));
        COUNT(cabling->counters, ticks_made);
    }
    lane->slow->tick_due_us = now_us + lane->profile.tick_us;
}

static void note_fullness(struct lane *lane, const struct cabling *cabling)
{
    if (lane->profile.freeze || lane->source != SOURCE_open)
        return;
    lane->slow->full =
        lane->slow->full ? lane->slow->queued > cabling->lane_bytes_max / 2 : slow_room(lane, cabling) == 0;
}

void slow_pump(struct lane *lane, struct cabling *cabling)
{
    uint64_t now_us;

    take_in(lane, cabling);
    now_us = loop_clock_us(cabling->loop);
    note_fullness(lane, cabling);
    let_out(lane, cabling, now_us);
    if (lane->profile.freeze)
        make_tick(lane, cabling, now_us);
    else
        lane->slow->tick_due_us = 0;
}

bool slow_drain(struct lane *lane, struct cabling *cabling, uint64_t now_us)
{
    let_out(lane, cabling, now_us);
    return slow_room(lane, cabling) > 0;
}

size_t slow_held(const struct lane *lane)
{
    return lane->slow ? lane->slow->queued : 0;
}

bool slow_is_full(const struct lane *lane)
{
    return lane->slow && lane->slow->full;
}

bool slow_is_over(const struct lane *lane)
{
    return !profile_shapes(&lane->profile) && shaper_held(lane->slow->shaper) == 0 && lane->slow->withheld == 0 &&
           lane->source == SOURCE_open;
}

bool slow_is_spent(const struct lane *lane)
{
    return shaper_spent(lane->slow->shaper);
}

bool slow_may_finish(const struct lane *lane, uint64_t now_us)
{
    return !lane->profile.freeze && shaper_ended(lane->slow->shaper, now_us);
}

uint64_t slow_next_us(const struct lane *lane, const struct cabling *cabling, uint64_t now_us)
{
    const uint8_t *data;

    if (lane->profile.freeze && at_boundary(lane))
        return lane->phase == LANE_up ? lane->slow->tick_due_us : SHAPER_NEVER;
    /* More than one share is due: in the next turn, as no later time would tell of it. */
    if (shaper_due(lane->slow->shaper, now_us, &data) > 0)
        return now_us;
    if (shaper_ended(lane->slow->shaper, now_us))
        return lane->profile.freeze ? SHAPER_NEVER : now_us;
    /* Nor would a source that broke. */
    if (end_is_broken(lane->in) && lane_wants_read(lane, cabling))
        return now_us;
    return shaper_next_us(lane->slow->shaper, now_us);
}
