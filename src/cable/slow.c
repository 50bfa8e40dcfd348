/* SPDX-License-Identifier: MIT */
#include "cable/slow.h"

#include "base/bytes.h"
#include "model/counters.h"
#include "model/shaper.h"
#include "cable/lane.h"
#include "loop/loop.h"
#include "cable/cabling.h"

/* One lane's share of a turn. */
#define PUMP_BYTES_MAX (1024 * 1024)

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* The total over all lanes follows what this one holds. */
static void account(struct lane *lane, struct cabling *cabling)
{
    size_t held = lane->shaper ? shaper_held(lane->shaper) : 0;

    cabling->queued_bytes += held;
    cabling->queued_bytes -= lane->queued;
    lane->queued = held;
}

void slow_begin(struct lane *lane, struct cabling *cabling)
{
    lane->shaper = shaper_new(cabling->random);
    cabling_add_shaped(cabling);
}

void slow_forget(struct lane *lane, struct cabling *cabling)
{
    shaper_free(lane->shaper);
    lane->shaper = NULL;
    lane->unframed = 0;
    cabling_remove_shaped(cabling);
    lane->full = false;
    account(lane, cabling);
}

/* ---- in ---- */

void slow_put(struct lane *lane, struct cabling *cabling, const uint8_t *data, size_t len)
{
    shaper_put(lane->shaper, data, len, loop_clock_us(cabling->loop));
    if (!lane->framed)
        lane->unframed += len;
    account(lane, cabling);
}

/* Has the sink got whole frames only? Bytes of a header that are withheld do not count. */
static bool at_boundary(const struct lane *lane)
{
    return lane->unframed == 0 && lane->frames.left == 0 && lane->frames.have == lane->withheld;
}

/* How many bytes to let through, of those that stand next, to come nearer to the end of the frame. */
static size_t to_boundary(const struct lane *lane)
{
    if (lane->unframed > 0)
        return lane->unframed;
    if (at_boundary(lane))
        return 0;
    return lane->frames.left > 0 ? lane->frames.left : (size_t)FRAMES_HEADER_BYTES - lane->frames.have;
}

size_t slow_room(const struct lane *lane, const struct cabling *cabling)
{
    size_t held = shaper_held(lane->shaper) + shaper_overhead(lane->shaper), most = cabling->lane_bytes_max;

    if (lane->profile.freeze)
        return held > 0 ? 0 : to_boundary(lane);
    if (cabling->queued_bytes >= SLOW_BYTES_MAX)
        most = least(most, SLOW_LEAST_BYTES);
    return held < most ? most - held : 0;
}

static void take_in(struct lane *lane, struct cabling *cabling)
{
    size_t moved = 0, got = 1;

    while (lane->state == LANE_OPEN && got > 0 && moved < PUMP_BYTES_MAX) {
        size_t room = least(slow_room(lane, cabling), CABLING_SCRATCH_BYTES);

        if (room == 0)
            break;
        got = lane_read(lane, cabling->scratch, room);
        slow_put(lane, cabling, cabling->scratch, got);
        moved += got;
        if (got < room && !lane->source->failed) /* a short read: do not ask again only to hear so */
            break;
    }
}

/* ---- out ---- */

/* Bytes of a header that came while the lane was mute, and turned out to belong to a frame. */
static size_t put_withheld(struct lane *lane, uint8_t *to)
{
    uint8_t header[FRAMES_HEADER_BYTES];
    size_t first = (size_t)(lane->frames.have ? lane->frames.have : FRAMES_HEADER_BYTES) - lane->withheld;
    size_t count = lane->withheld;

    /* The scanner has shifted them in from the right. */
    bytes_put_u32(header,
                  lane->frames.header << (lane->frames.have ? 8 * (FRAMES_HEADER_BYTES - lane->frames.have) : 0));
    bytes_put(to, header + first, count);
    lane->withheld = 0;
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
            lane->withheld++;
            if (frames->have == 0 && frames->left == 0 && lane->withheld == FRAMES_HEADER_BYTES) {
                COUNT(cabling->counters, ticks_muted);
                lane->withheld = 0;
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
    if (lane->unframed > 0) {
        lane->unframed -= len;
        lane_send(lane, data, len);
    } else if (lane->profile.mute && lane->framed) {
        size_t used = without_ticks(lane, cabling, data, len, cabling->scratch);

        lane_send(lane, cabling->scratch, used);
    } else {
        if (lane->framed)
            frames_feed(&lane->frames, data, len);
        lane_send(lane, data, len);
    }
}

static void let_out(struct lane *lane, struct cabling *cabling)
{
    uint64_t now_us = loop_clock_us(cabling->loop);
    const uint8_t *data;

    if (lane->state == LANE_DRAINING) /* whoever has read it: a handshake is read message by message */
        shaper_put_end(lane->shaper, now_us);
    if (lane->withheld && !lane->profile.mute) {
        uint8_t header[FRAMES_HEADER_BYTES];

        lane_send(lane, header, put_withheld(lane, header));
    }
    while (lane_flush(lane, cabling)) {
        size_t len = least(shaper_due(lane->shaper, now_us, &data), CABLING_SCRATCH_BYTES - FRAMES_HEADER_BYTES);

        if (lane->unframed > 0)
            len = least(len, lane->unframed);
        if (lane->profile.freeze)
            len = least(len, to_boundary(lane));
        if (len == 0)
            break;
        send_on(lane, cabling, data, len);
        shaper_took(lane->shaper, len, now_us);
    }
    account(lane, cabling);
}

/* The sink shall believe that its peer is well. */
static void make_tick(struct lane *lane, struct cabling *cabling)
{
    static const uint8_t tick[FRAMES_HEADER_BYTES];
    uint64_t now_us = loop_clock_us(cabling->loop);

    if (!lane->up || !at_boundary(lane) || now_us < lane->tick_due_us)
        return;
    if (lane_flush(lane, cabling)) {
        lane_send(lane, tick, sizeof(tick));
        COUNT(cabling->counters, ticks_made);
    }
    lane->tick_due_us = now_us + lane->profile.tick_us;
}

static void note_fullness(struct lane *lane, const struct cabling *cabling)
{
    if (!lane->profile.freeze && lane->state == LANE_OPEN)
        lane->full = lane->full ? lane->queued > cabling->lane_bytes_max / 2 : slow_room(lane, cabling) == 0;
}

void slow_pump(struct lane *lane, struct cabling *cabling)
{
    take_in(lane, cabling);
    note_fullness(lane, cabling);
    let_out(lane, cabling);
    if (lane->profile.freeze)
        make_tick(lane, cabling);
    else
        lane->tick_due_us = 0;
}

bool slow_drain(struct lane *lane, struct cabling *cabling)
{
    let_out(lane, cabling);
    return slow_room(lane, cabling) > 0;
}

bool slow_is_over(const struct lane *lane)
{
    return !profile_shapes(&lane->profile) && shaper_held(lane->shaper) == 0 && lane->withheld == 0 &&
           lane->state == LANE_OPEN;
}

uint64_t slow_next_us(const struct lane *lane, const struct cabling *cabling)
{
    uint64_t now_us = loop_clock_us(cabling->loop);
    const uint8_t *data;

    if (lane->profile.freeze && at_boundary(lane))
        return lane->up ? lane->tick_due_us : SHAPER_NEVER;
    /* What has become due since it was looked for: at once, as no later time would tell of it. */
    if (shaper_due(lane->shaper, now_us, &data) > 0)
        return now_us;
    if (shaper_ended(lane->shaper, now_us))
        return lane->profile.freeze ? SHAPER_NEVER : now_us;
    /* Nor would a source that broke. */
    if (lane->source->failed && lane_wants_read(lane, cabling))
        return now_us;
    return shaper_next_us(lane->shaper, now_us);
}
