/* SPDX-License-Identifier: MIT */
/*
 * An actor's end of a connection: bytes, frames and ticks. Each frame says on which dial, in which direction and in
 * which place it was sent, and behind how many ticks; what follows is a pattern that the receiver knows as well. So
 * whoever reads it knows at the first byte that is missing, or stands where it does not belong.
 */
#include "actor.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "bytes_queue.h"
#include "oracle.h"

#define OUT_BYTES_MAX (64 * 1024) /* beyond it no more frames are put */
#define READ_BYTES (64 * 1024)
#define SILENT_TICKS 4
#define PATTERN_BYTES 4099

static uint8_t pattern[2 * PATTERN_BYTES];

static void make_pattern(void)
{
    if (pattern[1])
        return;
    for (size_t i = 0; i < sizeof(pattern); i++)
        pattern[i] = (uint8_t)((i % PATTERN_BYTES) * 151 + (i % PATTERN_BYTES) / 13 + 7);
}

/* ---- beginning and end ---- */

static void on_setup(void *data)
{
    struct line *line = data;

    if (line->actor->frozen) {
        happen_in(&line->setup, SECOND_US);
        return;
    }
    trace("%s has waited for long enough for a handshake", line->actor->name);
    line_close(line, false);
}

struct line *line_new(struct actor *actor, struct sock *sock, enum side side)
{
    struct line *line = calloc(1, sizeof(*line));

    make_pattern();
    *line = (struct line){.actor = actor, .side = side, .sock = sock};
    line->state = side == DIALER ? LINE_connecting : LINE_name;
    line->setup = (struct happening){.fn = on_setup, .data = line};
    if (side == ACCEPTOR)
        happen_in(&line->setup, ACTOR_SETUP_US);
    DL_APPEND(actor->lines, line);
    sock_own(sock, line_ready, line);
    return line;
}

void line_close(struct line *line, bool reset)
{
    struct actor *actor = line->actor;

    trace("%s closes its end of #%u%s", actor->name, line->dial ? line->dial->number : 0, reset ? " by a reset" : "");
    happen_not(&line->setup);
    DL_DELETE(actor->lines, line);
    if (line->dial) {
        line->dial->ways[line->side].reset |= reset || line->out.len > 0 || sock_unread(line->sock) > 0;
        oracle_end_closes(line->dial, line->side);
        dial_end_came(line->dial, line->side);
    }
    sock_close(line->sock, reset);
    queue_done(&line->in);
    queue_done(&line->out);
    free(line);
}

/* ---- out ---- */

/* Returns false when the line is broken. */
bool line_flush(struct line *line)
{
    while (line->out.len > 0) {
        ssize_t sent = sock_send(line->sock, queue_data(&line->out), line->out.len);

        if (sent == -EAGAIN)
            return true;
        if (sent < 0)
            return false;
        queue_take(&line->out, (size_t)sent);
        line->sent_count++;
        if (line->dial)
            oracle_sent(line->dial, line->side, (size_t)sent);
    }
    return true;
}

void line_put(struct line *line, const void *data, size_t len)
{
    queue_put(&line->out, data, len);
}

/* Most messages are small; OTP cuts large ones into fragments of 64 KiB, and old nodes do not. */
static size_t frame_bytes(void)
{
    static const uint64_t most[] = {200, 200, 200, 200, 1400, 9000, 65558, 400000};
    unsigned kind = chance(12) ? 7 : chance(40) ? 6 : (unsigned)draw(6);

    return FRAME_HEAD_BYTES + (size_t)draw(most[kind]);
}

/* length:32 | side:8 dial:32 number:64 ticks:64 time:64 index:8 | pattern */
static void put_frame(struct line *line)
{
    struct way *way = &line->dial->ways[line->side];
    size_t len = frame_bytes(), from = (size_t)(way->frames_sent % PATTERN_BYTES);
    uint8_t head[4 + FRAME_HEAD_BYTES];

    put_number(head, 4, len);
    head[4] = (uint8_t)line->side;
    put_number(head + 5, 4, line->dial->number);
    put_number(head + 9, 8, way->frames_sent);
    put_number(head + 17, 8, way->ticks_sent);
    put_number(head + 25, 8, now_us());
    head[33] = (uint8_t)line->actor->index;
    queue_put(&line->out, head, sizeof(head));
    for (size_t left = len - FRAME_HEAD_BYTES; left > 0;) {
        size_t some = left < PATTERN_BYTES ? left : PATTERN_BYTES;

        queue_put(&line->out, pattern + from, some);
        left -= some;
    }
    way->frames_sent++;
}

static bool send_more(struct line *line)
{
    if (!line_flush(line))
        return false;
    while (line->state == LINE_up && line->frames_wanted > 0 && line->out.len < OUT_BYTES_MAX) {
        line->frames_wanted--;
        put_frame(line);
        if (!line_flush(line))
            return false;
    }
    return true;
}

/* ---- in ---- */

static void check_head(struct line *line)
{
    const struct way *way = &line->dial->ways[!line->side];
    const uint8_t *head = line->head;
    const char *to = line->actor->name;
    uint64_t ticks = get_number(head + 17, 8);

    if (head[4] != !line->side || get_number(head + 5, 4) != line->dial->number)
        wrong("%s reads on #%u a frame of #%u", to, line->dial->number, (unsigned)get_number(head + 5, 4));
    if (get_number(head + 9, 8) != way->frames_came)
        wrong("%s reads on #%u frame %u, where %u belongs", to, line->dial->number, (unsigned)get_number(head + 9, 8),
              (unsigned)way->frames_came);
    if (!way->rules.ticks && ticks != way->ticks_came)
        wrong("%s reads on #%u a frame behind %u ticks, and has read %u", to, line->dial->number, (unsigned)ticks,
              (unsigned)way->ticks_came);
    oracle_frame_came(line->dial, !line->side, get_number(head + 25, 8));
}

static void frame_ends(struct line *line)
{
    line->dial->ways[!line->side].frames_came++;
    line->head_have = 0;
}

static void take_head(struct line *line, uint8_t byte)
{
    uint64_t len;

    line->head[line->head_have++] = byte;
    if (line->head_have < 4)
        return;
    len = get_number(line->head, 4);
    if (len == 0) {
        line->dial->ways[!line->side].ticks_came++;
        line->head_have = 0;
    } else if (len < FRAME_HEAD_BYTES) {
        wrong("%s reads on #%u a frame of %u bytes", line->actor->name, line->dial->number, (unsigned)len);
    } else if (line->head_have == sizeof(line->head)) {
        check_head(line);
        line->frame_left = (size_t)len - FRAME_HEAD_BYTES;
        line->frame_at = (size_t)(line->dial->ways[!line->side].frames_came % PATTERN_BYTES);
        if (line->frame_left == 0)
            frame_ends(line);
    }
}

static size_t take_pattern(struct line *line, const uint8_t *data, size_t len)
{
    size_t some = len < line->frame_left ? len : line->frame_left;
    size_t start = (size_t)(line->dial->ways[!line->side].frames_came % PATTERN_BYTES);

    if (some > start + PATTERN_BYTES - line->frame_at)
        some = start + PATTERN_BYTES - line->frame_at;
    if (memcmp(data, pattern + line->frame_at, some) != 0)
        wrong("%s reads on #%u bytes that were not sent", line->actor->name, line->dial->number);
    line->frame_left -= some;
    line->frame_at += some;
    if (line->frame_at == start + PATTERN_BYTES)
        line->frame_at = start;
    if (line->frame_left == 0)
        frame_ends(line);
    return some;
}

static void take_frames(struct line *line, const uint8_t *data, size_t len)
{
    while (len > 0) {
        size_t taken = 1;

        if (line->frame_left > 0)
            taken = take_pattern(line, data, len);
        else
            take_head(line, *data);
        data += taken;
        len -= taken;
    }
}

/* Returns false when the line is gone. */
static bool take(struct line *line, const uint8_t *data, size_t len)
{
    line->came_count++;
    if (line->state != LINE_up) {
        queue_put(&line->in, data, len);
        if (!line_hear(line))
            return false;
        if (line->state != LINE_up)
            return true;
        take_frames(line, queue_data(&line->in), line->in.len); /* those that stood behind the handshake */
        queue_done(&line->in);
        return true;
    }
    take_frames(line, data, len);
    return true;
}

void line_ready(void *data)
{
    static uint8_t some[READ_BYTES];
    struct line *line = data;
    ssize_t got;

    if (line->actor->frozen)
        return;
    if (line->state == LINE_connecting && line->sock->state == SOCK_connected)
        line_begin(line);
    while (!line->stopped && (got = sock_recv(line->sock, some, sizeof(some), false)) != -EAGAIN) {
        if (got <= 0) {
            trace("%s: #%u has ended (%d)", line->actor->name, line->dial ? line->dial->number : 0, (int)got);
            if (line->dial)
                oracle_end_came(line->dial, line->side, got < 0);
            line_close(line, false);
            return;
        }
        if (line->dial)
            oracle_came(line->dial, line->side, (size_t)got);
        if (!take(line, some, (size_t)got))
            return;
    }
    if (!send_more(line))
        line_close(line, false);
}

/* ---- ticks ---- */

void line_tick(struct line *line)
{
    static const uint8_t tick[4];

    if (line->state != LINE_up)
        return;
    line->silent = line->came_count == line->came_seen ? line->silent + 1 : 0;
    line->came_seen = line->came_count;
    if (line->silent >= SILENT_TICKS && !line->stopped) {
        trace("%s has heard nothing on #%u for long enough", line->actor->name, line->dial->number);
        oracle_tick_timeout(line->dial, line->side);
        line_close(line, false);
        return;
    }
    if (line->sent_count == line->sent_seen && line->out.len == 0) {
        line->dial->ways[line->side].ticks_sent++;
        oracle_tick_sent();
        queue_put(&line->out, tick, sizeof(tick));
        line->sent_seen = line->sent_count + 1;
    } else {
        line->sent_seen = line->sent_count;
    }
    if (!send_more(line))
        line_close(line, false);
}
