/* SPDX-License-Identifier: MIT */
/*
 * A stream through a shaper, by a made-up clock: byte n of it is known by n, and of each it is known when it came.
 * Whatever leaves is compared.
 */
#ifndef TEST_MADE_UP_STREAM_H
#define TEST_MADE_UP_STREAM_H

#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "model/shaper.h"

#define STREAM_BYTES_MAX (64 * 1024)

struct stream {
    struct random random;
    struct shaper *shaper;
    struct shape shape;
    uint64_t now_us;
    uint64_t came_us[STREAM_BYTES_MAX];
    size_t in, out;
    size_t out_before_limit;
};

static uint8_t stream_byte(size_t n)
{
    return (uint8_t)(n * 2654435761u >> 13);
}

static void stream_begin(struct stream *stream, uint64_t seed)
{
    memset(stream, 0, sizeof(*stream));
    random_seed(&stream->random, seed);
    stream->shaper = shaper_new(&stream->random);
    stream->now_us = 1000000 + random_below(&stream->random, 1000000000);
}

static void stream_set(struct stream *stream, const struct shape *shape)
{
    if (!stream->shape.limited)
        stream->out_before_limit = stream->out;
    stream->shape = *shape;
    shaper_set(stream->shaper, shape, stream->now_us);
}

static size_t stream_put(struct stream *stream, size_t len)
{
    uint8_t bytes[4096];

    len = len < sizeof(bytes) ? len : sizeof(bytes);
    len = len < STREAM_BYTES_MAX - stream->in ? len : STREAM_BYTES_MAX - stream->in;
    for (size_t i = 0; i < len; i++) {
        bytes[i] = stream_byte(stream->in + i);
        stream->came_us[stream->in + i] = stream->now_us;
    }
    shaper_put(stream->shaper, bytes, len, stream->now_us);
    stream->in += len;
    return len;
}

/* The least that each byte is delayed by this shape: jitter is bounded below only for two of the distributions. */
static uint64_t least_delay_us(const struct shape *shape)
{
    double sum = 0;

    for (size_t i = 0; i < shape->latencies_count; i++) {
        const struct latency *latency = &shape->latencies[i];
        double below = (double)latency->jitter_us, delay = (double)latency->delay_us;

        if (latency->distribution == DISTRIBUTION_PARETO)
            below *= 0.57736;
        if (latency->distribution == DISTRIBUTION_NORMAL && latency->jitter_us)
            below = delay;
        sum += delay > below ? delay - below : 0;
    }
    return sum < 1 ? 0 : (uint64_t)(sum - 1);
}

/* How many bytes are due, which are looked at. */
static size_t stream_due(struct stream *stream)
{
    const uint8_t *bytes;
    size_t due = shaper_due(stream->shaper, stream->now_us, &bytes);

    assert_int_equal(shaper_held(stream->shaper), stream->in - stream->out);
    assert_true(due <= stream->in - stream->out);
    for (size_t i = 0; i < due; i++)
        if (bytes[i] != stream_byte(stream->out + i))
            fail_msg("byte %zu is another one", stream->out + i);
    for (size_t i = 0; i < due; i++)
        if (stream->now_us < stream->came_us[stream->out + i] + least_delay_us(&stream->shape))
            fail_msg("byte %zu is early", stream->out + i);
    if (stream->shape.limited)
        assert_true(stream->out + due - stream->out_before_limit <= stream->shape.limit_bytes || due == 0);
    return due;
}

static void stream_take(struct stream *stream, size_t len)
{
    shaper_took(stream->shaper, len, stream->now_us);
    stream->out += len;
}

/* All that may leave now. */
static size_t stream_take_due(struct stream *stream)
{
    size_t taken = 0, due;

    while ((due = stream_due(stream)) > 0) {
        stream_take(stream, due);
        taken += due;
    }
    return taken;
}

static uint64_t stream_next_us(struct stream *stream)
{
    uint64_t next_us = shaper_next_us(stream->shaper, stream->now_us);

    assert_true(next_us > stream->now_us);
    return next_us;
}

#endif
