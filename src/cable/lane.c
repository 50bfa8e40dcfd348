/* SPDX-License-Identifier: MIT */
#include "cable/lane.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "model/shaper.h"
#include "cable/cabling.h"
#include "cable/end.h"
#include "cable/fast.h"
#include "cable/slow.h"
#include "cable/splicing.h"

void lane_init(struct lane *lane, struct end *in, struct end *out, const struct lane *back, alarm_fn *fn, void *data)
{
    *lane = (struct lane){.in = in, .out = out, .back = back, .deadline = {.fn = fn, .data = data}};
}

/* What is on its way to the sink is gone. */
static void forget_kept(struct lane *lane, struct cabling *cabling)
{
    splicing_end(lane, cabling);
    free(lane->kept);
    lane->kept = NULL;
    lane->kept_len = lane->kept_sent = 0;
}

void lane_done(struct lane *lane, struct cabling *cabling)
{
    deadline_clear(cabling->deadlines, &lane->deadline);
    forget_kept(lane, cabling);
    if (lane->slow)
        slow_end(lane, cabling);
}

static bool has_fault(const struct profile *profile)
{
    return profile->partition != PARTITION_NONE || profile->settling || profile->stages_held || profile_shapes(profile);
}

void lane_set_profile(struct lane *lane, struct cabling *cabling, const struct profile *profile, uint64_t now_us)
{
    lane->profile = *profile;
    lane->suffers |= has_fault(profile);
    lane->torn |= profile->partition == PARTITION_DROP;
    if (profile_shapes(profile) && !lane->slow && !lane_drops(lane))
        slow_begin(lane, cabling);
    if (lane->slow)
        slow_set_shape(lane, now_us);
    lane->delays = shape_delays(&profile->shape);
    if (profile->partition == PARTITION_NONE && !lane_is_held(lane)) {
        lane->held_told = (struct toll){0};
        lane->held_seen = 0;
    }
}

/* ---- states ---- */

static void enter_source(struct lane *lane, enum source source)
{
    assert(lane->source == SOURCE_open && source != SOURCE_open);
    lane->source = source;
}

static void enter_sink(struct lane *lane, enum sink sink)
{
    assert(lane->sink == SINK_open && sink != SINK_open);
    assert(sink != SINK_told || lane->source != SOURCE_open);
    lane->sink = sink;
}

void lane_enter_phase(struct lane *lane, enum lane_phase phase)
{
    static const unsigned moves[] = {
        [LANE_shaking] = 1 << LANE_at_stage | 1 << LANE_framed | 1 << LANE_raw,
        [LANE_at_stage] = 1 << LANE_shaking,
        [LANE_framed] = 1 << LANE_up,
        [LANE_up] = 0,
        [LANE_raw] = 0,
    };

    assert(moves[lane->phase] & 1U << phase);
    lane->phase = phase;
}

void lane_source_said(struct lane *lane, ssize_t got)
{
    if (got != -EAGAIN)
        enter_source(lane, got < 0 ? SOURCE_broken : SOURCE_ended);
}

/*
 * What its own lane still has to say is that lane's business; but when that keeps the end back the source must not hear
 * of it before the fix: it goes on talking to nobody.
 */
void lane_lose_sink(struct lane *lane)
{
    if (!lane_hides_its_end(lane->back)) {
        enter_sink(lane, SINK_lost);
        return;
    }
    enter_sink(lane, SINK_deaf);
    lane->torn = true;
}

void lane_go_deaf(struct lane *lane)
{
    enter_sink(lane, SINK_deaf);
}

/* Everything is out: the sink may learn how the source ended. Of a broken one it learns when the cable is reset. */
static void tell_sink(struct lane *lane)
{
    enter_sink(lane, SINK_told);
    if (lane->source == SOURCE_ended)
        end_finish(lane->out);
}

/* ---- questions ---- */

bool lane_is_framed(const struct lane *lane)
{
    return lane->phase == LANE_framed || lane->phase == LANE_up;
}

/* What is severed and not closed is in its handshake, and waits. */
static bool is_kept(const struct lane *lane)
{
    return lane->profile.partition == PARTITION_HOLD || lane->profile.partition == PARTITION_SEVER;
}

bool lane_is_stopped(const struct lane *lane)
{
    return (is_kept(lane) || lane->profile.settling) && lane->sink != SINK_deaf;
}

bool lane_drops(const struct lane *lane)
{
    return lane->profile.partition == PARTITION_DROP || lane->sink == SINK_deaf;
}

bool lane_is_over(const struct lane *lane)
{
    return lane->sink == SINK_told || lane->sink == SINK_lost || (lane->source != SOURCE_open && lane_drops(lane));
}

bool lane_is_held(const struct lane *lane)
{
    return lane_is_stopped(lane) || lane->profile.freeze || lane->phase == LANE_at_stage;
}

static bool is_cut(const struct lane *lane)
{
    return is_kept(lane) || lane->profile.partition == PARTITION_DROP;
}

bool lane_hides_its_end(const struct lane *lane)
{
    return is_cut(lane) || lane->profile.freeze;
}

bool lane_is_spent(const struct lane *lane)
{
    return lane->slow && !lane_is_held(lane) && !lane_drops(lane) && slow_is_spent(lane) && lane->kept_len == 0;
}

bool lane_cannot_go_on(const struct lane *lane)
{
    return lane->torn && !is_cut(lane) && !(lane->sink == SINK_deaf && lane_hides_its_end(lane->back));
}

bool lane_source_has_left(const struct lane *lane)
{
    return lane->source != SOURCE_open || end_has_left(lane->in);
}

bool lane_is_plain(const struct lane *lane)
{
    return (lane->phase == LANE_up || lane->phase == LANE_raw) && !lane->slow && lane_waiting(lane) == 0 &&
           lane->profile.partition == PARTITION_NONE && !lane_is_held(lane) && lane->sink == SINK_open &&
           !lane_source_has_left(lane) && !end_has_left(lane->out);
}

size_t lane_waiting(const struct lane *lane)
{
    return lane->kept_len - lane->kept_sent + lane->piped + slow_held(lane);
}

/* The frames up to where nothing was read yet. */
static struct frames frames_read(const struct lane *lane)
{
    return lane->slow ? *slow_came(lane) : lane->frames;
}

struct frames lane_came(const struct lane *lane)
{
    return lane->throws ? lane->thrown : frames_read(lane);
}

/* Adds what is more than was told before. */
static void tell_more(uint64_t count, uint64_t *told, uint64_t *toll)
{
    if (count > *told) {
        *toll += count - *told;
        *told = count;
    }
}

/* Of what was not read yet the beginning is looked at, and of the rest it is taken for granted that it is no ticks. */
static void note_held(struct lane *lane, const struct cabling *cabling)
{
    uint64_t waiting = lane_is_held(lane) ? lane_waiting(lane) + end_unread(lane->in) : 0;
    struct frames frames = frames_read(lane);

    if (waiting == lane->held_seen)
        return;
    lane->held_seen = waiting;
    if (lane_is_framed(lane))
        frames_feed(&frames, cabling->scratch, end_peek(lane->in, cabling->scratch, CABLING_SCRATCH_BYTES));
    tell_more(frames.frames - lane->frames.frames, &lane->held_told.held_frames, &lane->toll.held_frames);
    frames.ticks -= lane->frames.ticks;
    if (waiting > FRAMES_HEADER_BYTES * frames.ticks)
        tell_more(waiting - FRAMES_HEADER_BYTES * frames.ticks, &lane->held_told.held_bytes, &lane->toll.held_bytes);
}

/* It is not told to the sink, or not yet. */
static void note_end(struct lane *lane)
{
    lane->toll.ended |= !lane->end_told;
    lane->end_told = true;
}

struct toll lane_take_toll(struct lane *lane, const struct cabling *cabling)
{
    struct toll toll = {0};

    if (!lane->suffers)
        return toll;
    note_held(lane, cabling);
    if (lane_hides_its_end(lane) && lane->sink == SINK_open && lane_source_has_left(lane))
        note_end(lane);
    toll = lane->toll;
    lane->toll = (struct toll){0};
    lane->suffers = has_fault(&lane->profile) || lane->slow || lane->sink == SINK_deaf;
    return toll;
}

/* ---- out ---- */

void lane_keep(struct lane *lane, const uint8_t *data, size_t len)
{
    if (len == 0)
        return;
    lane->kept = mem_resize(lane->kept, lane->kept_len + len);
    memcpy(lane->kept + lane->kept_len, data, len);
    lane->kept_len += len;
}

static void drain_kept(struct lane *lane)
{
    ssize_t sent;

    if (lane->kept_len == 0)
        return;
    sent = end_write(lane->out, lane->kept + lane->kept_sent, lane->kept_len - lane->kept_sent);
    if (sent < 0) {
        lane_lose_sink(lane);
        return;
    }
    lane->kept_sent += (size_t)sent;
    if (lane->kept_sent < lane->kept_len)
        return;
    free(lane->kept);
    lane->kept = NULL;
    lane->kept_len = lane->kept_sent = 0;
}

bool lane_flush(struct lane *lane, struct cabling *cabling)
{
    if (lane->sink != SINK_open || lane_drops(lane))
        return false;
    drain_kept(lane);
    if (lane->sink == SINK_open && lane->kept_len == 0)
        splicing_drain(lane, cabling);
    return lane->sink == SINK_open && lane->kept_len == 0 && lane->piped == 0;
}

/* The source has ended, everything is out, and nothing keeps that from the sink. */
static void finish(struct lane *lane, struct cabling *cabling, uint64_t now_us)
{
    if (lane->source == SOURCE_open || !lane_flush(lane, cabling))
        return;
    if (!lane->slow || slow_may_finish(lane, now_us))
        tell_sink(lane);
    else
        note_end(lane);
}

bool lane_drain(struct lane *lane, struct cabling *cabling, uint64_t now_us)
{
    bool more = lane->slow ? slow_drain(lane, cabling, now_us) : lane_flush(lane, cabling);

    finish(lane, cabling, now_us);
    return more;
}

void lane_send(struct lane *lane, const uint8_t *data, size_t len)
{
    ssize_t sent = 0;

    assert(lane->piped == 0);
    if (lane->sink != SINK_open) /* it was lost only just now */
        return;
    if (lane->kept_len == 0 && len > 0)
        sent = end_write(lane->out, data, len);
    if (sent < 0)
        lane_lose_sink(lane);
    else
        lane_keep(lane, data + sent, len - (size_t)sent);
}

void lane_pass(struct lane *lane, struct cabling *cabling, const uint8_t *data, size_t len)
{
    if (lane->slow)
        slow_put(lane, cabling, data, len);
    else
        lane_send(lane, data, len);
}

/* ---- in ---- */

size_t lane_read(struct lane *lane, uint8_t *to, size_t room)
{
    ssize_t got = end_read(lane->in, to, room);

    if (got <= 0) {
        lane_source_said(lane, got);
        return 0;
    }
    lane->bytes += (uint64_t)got;
    return (size_t)got;
}

/* Of what a hold has held some was told already; the rest is returned. */
static uint64_t not_told(uint64_t count, uint64_t *told)
{
    uint64_t known = count < *told ? count : *told;

    *told -= known;
    return count - known;
}

/* What a hold has held is for nobody once its sink has left. */
static void count_thrown_away(struct lane *lane, uint64_t bytes, const struct frames *before)
{
    uint64_t frames = lane->thrown.frames - before->frames;
    uint64_t tick_bytes = FRAMES_HEADER_BYTES * (lane->thrown.ticks - before->ticks);

    if (lane->profile.partition == PARTITION_DROP) {
        lane->toll.dropped_bytes += bytes;
        lane->toll.dropped_frames += frames;
    } else if (is_kept(lane) || lane->profile.freeze) {
        lane->toll.held_bytes += not_told(bytes > tick_bytes ? bytes - tick_bytes : 0, &lane->held_told.held_bytes);
        lane->toll.held_frames += not_told(frames, &lane->held_told.held_frames);
    }
}

void lane_throw_away(struct lane *lane, struct cabling *cabling)
{
    size_t share = cabling_share(cabling), waited = lane_waiting(lane), moved = 0, got = 1;
    struct frames before;

    if (!lane->throws)
        lane->thrown = frames_read(lane);
    lane->throws = true;
    before = lane->thrown;
    forget_kept(lane, cabling);
    if (lane->slow)
        slow_end(lane, cabling);
    while (!lane_is_over(lane) && lane->source == SOURCE_open && got > 0 &&
           (moved < share || end_is_broken(lane->in))) {
        got = lane_read(lane, cabling->scratch, CABLING_SCRATCH_BYTES);
        moved += got;
        if (lane_is_framed(lane))
            frames_feed(&lane->thrown, cabling->scratch, got);
    }
    count_thrown_away(lane, waited + moved, &before);
}

void lane_pump(struct lane *lane, struct cabling *cabling, uint64_t now_us)
{
    if (lane->phase == LANE_shaking || lane->phase == LANE_at_stage || lane_is_stopped(lane))
        return;
    if (lane_drops(lane)) {
        lane_throw_away(lane, cabling);
        return;
    }
    if (lane->slow && slow_is_over(lane))
        slow_end(lane, cabling);
    if (lane->slow)
        slow_pump(lane, cabling);
    else
        fast_pump(lane, cabling, now_us);
    finish(lane, cabling, now_us);
}

/* ---- what it waits for ---- */

bool lane_wants_read(const struct lane *lane, const struct cabling *cabling)
{
    if (lane->source != SOURCE_open || lane_is_over(lane) || lane_is_stopped(lane) || lane->phase == LANE_at_stage)
        return false;
    if (lane_drops(lane))
        return true;
    return lane->slow ? slow_room(lane, cabling) > 0 : lane_waiting(lane) == 0;
}

bool lane_wants_write(const struct lane *lane)
{
    return lane->sink == SINK_open && !lane_is_stopped(lane) && !lane_drops(lane) &&
           (lane->kept_len > 0 || lane->piped > 0);
}

void lane_set_deadline(struct lane *lane, struct cabling *cabling, uint64_t now_us)
{
    bool waits =
        lane->slow && lane->sink == SINK_open && !lane_is_stopped(lane) && !lane_drops(lane) && !lane_wants_write(lane);
    uint64_t next_us = waits ? slow_next_us(lane, cabling, now_us) : SHAPER_NEVER;

    if (next_us == SHAPER_NEVER)
        deadline_clear(cabling->deadlines, &lane->deadline);
    else
        deadline_set(cabling->deadlines, &lane->deadline, next_us);
}
