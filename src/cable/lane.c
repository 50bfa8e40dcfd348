/* SPDX-License-Identifier: MIT */
#include "cable/lane.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/memory.h"
#include "model/shaper.h"
#include "loop/loop.h"
#include "cable/pipes.h"
#include "cable/cabling.h"
#include "cable/slow.h"

/* Below that much to come, two system calls and a pipe cost more than copying. */
#define SPLICE_MIN_BYTES (128 * 1024)
/* One lane's share of a turn. */
#define PUMP_BYTES_MAX (1024 * 1024)

void lane_init(struct lane *lane, struct end *source, struct end *sink, alarm_fn *fn, void *data)
{
    *lane = (struct lane){.source = source, .sink = sink, .deadline = {.fn = fn, .data = data}};
}

/* What is on its way to the sink is gone. */
static void forget_kept(struct lane *lane, struct cabling *cabling)
{
    if (lane->pipe)
        pipes_give_back(cabling->pipes, lane->pipe, lane->piped == 0);
    lane->pipe = NULL;
    lane->piped = 0;
    free(lane->kept);
    lane->kept = NULL;
    lane->kept_len = lane->kept_sent = 0;
}

void lane_done(struct lane *lane, struct cabling *cabling)
{
    deadline_clear(cabling->deadlines, &lane->deadline);
    forget_kept(lane, cabling);
    if (lane->shaper)
        slow_forget(lane, cabling);
}

void lane_set_profile(struct lane *lane, struct cabling *cabling, const struct profile *profile)
{
    lane->profile = *profile;
    lane->lossy |= profile->partition == PARTITION_DROP;
    if (profile_shapes(profile) && !lane->shaper && !lane_drops(lane))
        slow_begin(lane, cabling);
    if (lane->shaper)
        shaper_set(lane->shaper, &profile->shape, loop_clock_us(cabling->loop));
}

bool lane_is_stopped(const struct lane *lane)
{
    return lane->profile.partition == PARTITION_HOLD && !lane->deaf;
}

bool lane_drops(const struct lane *lane)
{
    return lane->profile.partition == PARTITION_DROP || lane->deaf;
}

bool lane_is_held(const struct lane *lane)
{
    return lane_is_stopped(lane) || lane->profile.freeze || lane->at_stage;
}

bool lane_is_spent(const struct lane *lane)
{
    return lane->shaper && !lane_is_held(lane) && !lane_drops(lane) && shaper_spent(lane->shaper) &&
           lane->kept_len == 0;
}

static bool would_block(void)
{
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

/*
 * The sink is no more. What its own lane still has to say is that lane's business; but when that keeps the end back the
 * source must not hear of it before the fix: it goes on talking to nobody.
 */
static void sink_lost(struct lane *lane)
{
    if (lane->sink_hidden)
        lane->deaf = lane->lossy = true;
    else
        lane->state = LANE_ENDED;
}

/* A read or splice from the source returned this instead of bytes. */
static void source_said(struct lane *lane, ssize_t got)
{
    if (got < 0 && would_block() && !lane->source->failed)
        return;
    lane->state = LANE_DRAINING;
    lane->source_gone = true;
    lane->source_reset = got < 0;
}

size_t lane_waiting(const struct lane *lane)
{
    return lane->kept_len - lane->kept_sent + lane->piped + lane->queued;
}

static void keep(struct lane *lane, const uint8_t *data, size_t len)
{
    assert(lane->piped == 0);
    if (len == 0)
        return;
    lane->kept = mem_resize(lane->kept, lane->kept_len + len);
    memcpy(lane->kept + lane->kept_len, data, len);
    lane->kept_len += len;
}

static void drain_kept(struct lane *lane)
{
    while (lane->kept_sent < lane->kept_len) {
        ssize_t sent =
            send(lane->sink->fd, lane->kept + lane->kept_sent, lane->kept_len - lane->kept_sent, MSG_NOSIGNAL);

        if (sent < 0) {
            if (!would_block())
                sink_lost(lane);
            return;
        }
        lane->kept_sent += (size_t)sent;
    }
    free(lane->kept);
    lane->kept = NULL;
    lane->kept_len = lane->kept_sent = 0;
}

static void drain_pipe(struct lane *lane, struct cabling *cabling)
{
    while (lane->piped > 0) {
        ssize_t moved = splice(lane->pipe->out, NULL, lane->sink->fd, NULL, lane->piped, SPLICE_F_NONBLOCK);

        if (moved <= 0) {
            if (moved < 0 && !would_block())
                sink_lost(lane);
            return;
        }
        lane->piped -= (size_t)moved;
    }
    if (lane->pipe)
        pipes_give_back(cabling->pipes, lane->pipe, true);
    lane->pipe = NULL;
}

/* Everything is out: the sink may learn how the source ended. */
static void finish(struct lane *lane)
{
    if (lane->source_reset) {
        lane->state = LANE_RESET;
        return;
    }
    shutdown(lane->sink->fd, SHUT_WR);
    lane->state = LANE_ENDED;
}

bool lane_flush(struct lane *lane, struct cabling *cabling)
{
    if (lane->state == LANE_ENDED || lane->state == LANE_RESET || lane_drops(lane))
        return false;
    drain_kept(lane);
    if (lane->state != LANE_ENDED && lane->kept_len == 0)
        drain_pipe(lane, cabling);
    return lane->state != LANE_ENDED && !lane_drops(lane) && lane->kept_len == 0 && lane->piped == 0;
}

/* Is everything out, and may the sink learn how the source ended? */
static bool may_finish(struct lane *lane, struct cabling *cabling)
{
    if (lane->state != LANE_DRAINING || !lane_flush(lane, cabling))
        return false;
    return !lane->shaper || (!lane->profile.freeze && shaper_ended(lane->shaper, loop_clock_us(cabling->loop)));
}

bool lane_drain(struct lane *lane, struct cabling *cabling)
{
    bool more = lane->shaper ? slow_drain(lane, cabling) : lane_flush(lane, cabling);

    if (may_finish(lane, cabling))
        finish(lane);
    return more;
}

void lane_send(struct lane *lane, const uint8_t *data, size_t len)
{
    ssize_t sent = 0;

    if (lane->kept_len == 0 && len > 0)
        sent = send(lane->sink->fd, data, len, MSG_NOSIGNAL);
    if (sent < 0) {
        if (!would_block()) {
            sink_lost(lane);
            return;
        }
        sent = 0;
    }
    keep(lane, data + sent, len - (size_t)sent);
}

void lane_pass(struct lane *lane, struct cabling *cabling, const uint8_t *data, size_t len)
{
    if (lane->shaper)
        slow_put(lane, cabling, data, len);
    else
        lane_send(lane, data, len);
}

size_t lane_read(struct lane *lane, uint8_t *to, size_t room)
{
    ssize_t got = recv(lane->source->fd, to, room, 0);

    if (got <= 0) {
        source_said(lane, got);
        return 0;
    }
    lane->bytes += (uint64_t)got;
    return (size_t)got;
}

/*
 * Reads into the shared buffer and writes at once; only what the sink does not take is kept. Returns how many bytes, 0
 * also when the source has no more for now.
 */
static size_t copy_once(struct lane *lane, struct cabling *cabling)
{
    size_t got = lane_read(lane, cabling->scratch, CABLING_SCRATCH_BYTES);

    if (got == 0)
        return 0;
    if (lane->framed)
        frames_feed(&lane->frames, cabling->scratch, got);
    lane_send(lane, cabling->scratch, got);
    return got < CABLING_SCRATCH_BYTES ? 0 : got; /* a short read: do not ask again only to hear so */
}

/* Moves bytes of the current frame, never beyond its end, so that the count of frames stays true. */
static size_t splice_once(struct lane *lane, struct cabling *cabling)
{
    size_t most = lane->frames.left < lane->pipe->room ? lane->frames.left : lane->pipe->room;
    ssize_t got = splice(lane->source->fd, NULL, lane->pipe->in, NULL, most, SPLICE_F_NONBLOCK);

    if (got > 0) {
        lane->piped += (size_t)got;
        lane->bytes += (uint64_t)got;
        frames_skip(&lane->frames, (size_t)got);
    } else {
        source_said(lane, got);
    }
    if (lane->state == LANE_OPEN || lane->piped > 0)
        drain_pipe(lane, cabling);
    return got > 0 ? (size_t)got : 0;
}

static bool may_splice(struct lane *lane, struct cabling *cabling)
{
    if (!lane->framed || lane->frames.left < SPLICE_MIN_BYTES)
        return false;
    if (!lane->pipe)
        lane->pipe = pipes_borrow(cabling->pipes);
    return lane->pipe != NULL;
}

static void pump_at_once(struct lane *lane, struct cabling *cabling)
{
    size_t moved = 0;

    while (lane_drain(lane, cabling) && lane->state == LANE_OPEN) {
        size_t got = may_splice(lane, cabling) ? splice_once(lane, cabling) : copy_once(lane, cabling);

        moved += got;
        /* A broken source is not reported again: take all it has. Otherwise the loop tells when there is more. */
        if (lane->state == LANE_OPEN && !lane->source->failed && (got == 0 || moved >= PUMP_BYTES_MAX))
            break;
    }
    if (lane->pipe && lane->piped == 0) {
        pipes_give_back(cabling->pipes, lane->pipe, true);
        lane->pipe = NULL;
    }
}

/* Takes what the source has, for nobody; its end is kept secret. */
static void throw_away(struct lane *lane, struct cabling *cabling)
{
    size_t moved = 0, got = 1;

    forget_kept(lane, cabling);
    if (lane->shaper)
        slow_forget(lane, cabling);
    while (lane->state == LANE_OPEN && got > 0 && (moved < PUMP_BYTES_MAX || lane->source->failed)) {
        got = lane_read(lane, cabling->scratch, CABLING_SCRATCH_BYTES);
        moved += got;
    }
    if (lane->state == LANE_DRAINING)
        lane->state = LANE_ENDED;
}

void lane_pump(struct lane *lane, struct cabling *cabling)
{
    if (lane_is_stopped(lane))
        return;
    if (lane_drops(lane)) {
        throw_away(lane, cabling);
        return;
    }
    if (lane->shaper && slow_is_over(lane))
        slow_forget(lane, cabling);
    if (lane->shaper) {
        slow_pump(lane, cabling);
        if (may_finish(lane, cabling))
            finish(lane);
    } else {
        pump_at_once(lane, cabling);
    }
}

bool lane_wants_read(const struct lane *lane, const struct cabling *cabling)
{
    if (lane->state != LANE_OPEN || lane_is_stopped(lane) || lane->at_stage)
        return false;
    if (lane_drops(lane))
        return true;
    return lane->shaper ? slow_room(lane, cabling) > 0 : lane_waiting(lane) == 0;
}

bool lane_wants_write(const struct lane *lane)
{
    return (lane->state == LANE_OPEN || lane->state == LANE_DRAINING) && !lane_is_stopped(lane) && !lane_drops(lane) &&
           (lane->kept_len > 0 || lane->piped > 0);
}

void lane_set_deadline(struct lane *lane, struct cabling *cabling)
{
    bool waits = lane->shaper && (lane->state == LANE_OPEN || lane->state == LANE_DRAINING) && !lane_is_stopped(lane) &&
                 !lane_drops(lane) && !lane_wants_write(lane);
    uint64_t next_us = waits ? slow_next_us(lane, cabling) : SHAPER_NEVER;

    if (next_us == SHAPER_NEVER)
        deadline_clear(cabling->deadlines, &lane->deadline);
    else
        deadline_set(cabling->deadlines, &lane->deadline, next_us);
}
