/* SPDX-License-Identifier: MIT */
/* What holds for every shape, whatever comes and whenever; each fault by itself is in test_shapes.c. */
#include "unit.h"

#include "made_up_stream.h"

#define S 1000000

static uint64_t below(struct stream *stream, uint64_t n)
{
    return random_below(&stream->random, n);
}

/* Up to `most`, small ones as likely as large ones. */
static uint64_t up_to(struct stream *stream, uint64_t most)
{
    uint64_t number = below(stream, most) + 1;

    for (uint64_t times = below(stream, 20); times > 0 && number > 1; times--)
        number = 1 + number / 2;
    return number;
}

static struct shape any_shape(struct stream *stream, bool limited)
{
    struct shape shape = {0};

    if (below(stream, 2))
        shape.latencies_count = below(stream, SHAPE_LATENCIES_MAX + 1);
    for (size_t i = 0; i < shape.latencies_count; i++)
        shape.latencies[i] = (struct latency){
            .delay_us = up_to(stream, 10 * S),
            .jitter_us = below(stream, 2) ? up_to(stream, 10 * S) : 0,
            .correlation = (uint32_t)(below(stream, 5) * PARAM_FRACTION / 4),
            .distribution = (enum distribution)below(stream, 3),
        };
    if (below(stream, 3) == 0)
        shape.rate_bits = up_to(stream, 1000000000);
    if (below(stream, 3) == 0)
        shape.slow_close_us = up_to(stream, 10 * S);
    if (limited && below(stream, 4) == 0) {
        shape.limited = true;
        shape.limit_bytes = below(stream, 10000);
    }
    if (below(stream, 3) == 0) {
        shape.slice_bytes = up_to(stream, 10000);
        shape.slice_variation_bytes = below(stream, shape.slice_bytes);
        shape.slice_delay_us = below(stream, 2) ? up_to(stream, S) : 0;
    }
    return shape;
}

/* Goes on in time: to some time before the shaper has something new, which must not come early; or to that time. */
static void go_on(struct stream *stream)
{
    size_t due = stream_due(stream);
    bool ended = shaper_ended(stream->shaper, stream->now_us);
    uint64_t next_us = stream_next_us(stream), gap_us = next_us == SHAPER_NEVER ? 100 * S : next_us - stream->now_us;

    for (uint64_t looks = below(stream, 3); looks > 0 && gap_us > 1; looks--) {
        uint64_t step_us = below(stream, gap_us);

        stream->now_us += step_us;
        gap_us -= step_us;
        assert_int_equal(stream_due(stream), due);
        assert_int_equal(shaper_ended(stream->shaper, stream->now_us), ended);
        assert_int_equal(shaper_next_us(stream->shaper, stream->now_us), next_us);
    }
    if (next_us == SHAPER_NEVER || below(stream, 3) == 0)
        return;
    stream->now_us = next_us;
    assert_true(stream_due(stream) > due || (!ended && shaper_ended(stream->shaper, stream->now_us)));
}

static void do_anything(struct stream *stream, bool *over)
{
    struct shape shape;
    size_t due;

    switch (below(stream, 8)) {
    case 0:
    case 1:
    case 2:
        if (!*over)
            stream_put(stream, up_to(stream, 4096));
        return;
    case 3:
        stream_take_due(stream);
        return;
    case 4:
        due = stream_due(stream);
        stream_take(stream, below(stream, due + 1));
        return;
    case 5:
        go_on(stream);
        return;
    case 6:
        stream->now_us += below(stream, 5 * S); /* somebody was late */
        return;
    case 7:
        if (below(stream, 4) > 0)
            return;
        shape = any_shape(stream, true);
        stream_set(stream, below(stream, 3) ? &shape : &stream->shape);
        if (below(stream, 10) == 0) {
            shaper_put_end(stream->shaper, stream->now_us);
            *over = true;
        }
    }
}

/* Whoever looks whenever the shaper says so gets everything, in so many looks. */
static void drain(struct stream *stream)
{
    size_t looks = 2 * (stream->in - stream->out) + 10;

    shaper_put_end(stream->shaper, stream->now_us);
    stream_take_due(stream);
    for (uint64_t next_us; (next_us = stream_next_us(stream)) != SHAPER_NEVER; looks--) {
        bool empty = shaper_held(stream->shaper) == 0;

        assert_true(looks > 0);
        stream->now_us = next_us;
        assert_true(stream_take_due(stream) > 0 || (empty && shaper_ended(stream->shaper, next_us)));
    }
    if (shaper_spent(stream->shaper))
        return;
    assert_int_equal(stream->out, stream->in);
    assert_true(shaper_ended(stream->shaper, stream->now_us));
}

static void everything_comes_out_in_order_and_never_early(void **state)
{
    static struct stream stream;
    (void)state;

    for (uint64_t seed = 0; seed < 1500; seed++) {
        struct shape shape;
        bool over = false;

        stream_begin(&stream, seed);
        shape = any_shape(&stream, true);
        stream_set(&stream, &shape);
        for (int i = 0; i < 150; i++)
            do_anything(&stream, &over);
        drain(&stream);
        shaper_free(stream.shaper);
    }
}

static void without_faults_everything_is_due_at_once(void **state)
{
    static struct stream stream;
    (void)state;

    for (uint64_t seed = 0; seed < 500; seed++) {
        struct shape shape;
        bool over = false;

        stream_begin(&stream, seed);
        shape = any_shape(&stream, true);
        stream_set(&stream, &shape);
        for (int i = 0; i < 50; i++)
            do_anything(&stream, &over);
        shaper_put_end(stream.shaper, stream.now_us);
        stream_set(&stream, &(struct shape){0});
        assert_int_equal(stream_due(&stream), stream.in - stream.out);
        stream_take(&stream, stream.in - stream.out);
        assert_true(shaper_ended(stream.shaper, stream.now_us));
        assert_true(stream_next_us(&stream) == SHAPER_NEVER);
        shaper_free(stream.shaper);
    }
}

/* Whatever is changed how often: each byte passes some time after the last change that concerns it. */
static void changes_do_not_starve_it(void **state)
{
    static struct stream stream;
    struct shape shape = {.rate_bits = 1000};
    (void)state;

    stream_begin(&stream, 1);
    for (int i = 0; i < 10; i++)
        stream_put(&stream, 4096);
    for (int i = 0; i < 600; i++) { /* a minute; a parcel takes up to 12 s */
        shape.rate_bits = 1000 * (1 + below(&stream, 2));
        shape.slow_close_us = below(&stream, 2);
        stream_set(&stream, &shape);
        stream_take_due(&stream);
        stream.now_us += S / 10;
    }
    assert_true(stream.out > 60 * 1000 / 8 - 1460 && stream.out <= 60 * 2000 / 8);
    shaper_free(stream.shaper);
}

static void huge_values_do_not_overflow(void **state)
{
    static struct stream stream;
    struct shape shape = {.slow_close_us = FAULT_DELAY_MAX_US,
                          .rate_bits = 1,
                          .slice_bytes = UINT64_C(1) << 40,
                          .slice_variation_bytes = (UINT64_C(1) << 40) - 1,
                          .slice_delay_us = FAULT_DELAY_MAX_US};
    uint64_t begin_us;
    (void)state;

    for (int rate = 0; rate < 3; rate++) {
        stream_begin(&stream, 5);
        shape.latencies_count = SHAPE_LATENCIES_MAX;
        for (size_t i = 0; i < SHAPE_LATENCIES_MAX; i++)
            shape.latencies[i] =
                (struct latency){FAULT_DELAY_MAX_US, FAULT_DELAY_MAX_US, 0, (enum distribution)(i % 3)};
        shape.rate_bits = (const uint64_t[]){0, 1, UINT64_C(100000000000)}[rate];
        begin_us = stream.now_us = UINT64_C(4000000000) * S; /* a century and a bit */
        stream_set(&stream, &shape);
        stream_put(&stream, 4000);
        drain(&stream);
        assert_int_equal(stream.out, 4000);
        assert_true(stream.now_us >= begin_us + FAULT_DELAY_MAX_US);
        assert_true(stream.now_us <= begin_us + 5 * FAULT_DELAY_MAX_US + (rate == 1 ? 32000 * UINT64_C(1000000) : 0));
        shaper_free(stream.shaper);
    }
}

RUN(T(everything_comes_out_in_order_and_never_early), T(without_faults_everything_is_due_at_once),
    T(changes_do_not_starve_it), T(huge_values_do_not_overflow))
