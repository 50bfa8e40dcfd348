/* SPDX-License-Identifier: MIT */
/* Each of the faults that shape a lane, by its figures. */
#include "unit.h"

#include <math.h>

#include "made_up_stream.h"

#define S 1000000
#define PARCEL_BYTES_MAX (256 * 1024)

/* ---- bandwidth ---- */

/* Keeps the shaper filled, in chunks of that size, for ten seconds; returns how many bits left in a second of them. */
static double bits_a_second(uint64_t rate, size_t chunk_bytes)
{
    static const uint8_t chunk[64 * 1024];
    struct random random;
    struct shaper *shaper = shaper_new(&random);
    uint64_t now_us = 77, last_us = 77, out = 0;
    const uint8_t *bytes;
    size_t due;

    random_seed(&random, rate);
    shaper_set(shaper, &(struct shape){.rate_bits = rate}, now_us);
    while (now_us < 77 + 10 * S) {
        while (shaper_held(shaper) < PARCEL_BYTES_MAX)
            shaper_put(shaper, chunk, chunk_bytes, now_us);
        while ((due = shaper_due(shaper, now_us, &bytes)) > 0) {
            shaper_took(shaper, due, now_us);
            out += due;
            last_us = now_us;
        }
        now_us = shaper_next_us(shaper, now_us);
    }
    shaper_free(shaper);
    return (double)out * 8 * S / (double)(last_us - 77);
}

static void a_bandwidth_is_exact(void **state)
{
    static const uint64_t rates[] = {64000, 1000000, 10000000, 100000000, 1000000000};
    (void)state;

    for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
        double rate = (double)rates[i];

        assert_true(fabs(bits_a_second(rates[i], 64 * 1024) - rate) < rate / 1000);
        assert_true(fabs(bits_a_second(rates[i], rates[i] < 50000000 ? 33 : 1448) - rate) < rate / 1000);
    }
}

#define PARCELS_MAX 4000

struct parcels {
    uint64_t at_us[PARCELS_MAX];
    size_t len[PARCELS_MAX];
    size_t count;
};

/* Puts chunks at random times and takes whatever is due at the very time. */
static void run_exactly(struct stream *stream, struct parcels *parcels)
{
    uint64_t put_us = stream->now_us, next_us;
    size_t due;

    parcels->count = 0;
    for (;;) {
        while ((due = stream_due(stream)) > 0) {
            assert_true(parcels->count < PARCELS_MAX);
            parcels->at_us[parcels->count] = stream->now_us;
            parcels->len[parcels->count++] = due;
            stream_take(stream, due);
        }
        next_us = stream_next_us(stream);
        if (stream->in < STREAM_BYTES_MAX / 2 && put_us <= next_us) {
            stream->now_us = put_us;
            stream_put(stream, 1 + random_below(&stream->random, 3000));
            put_us += random_below(&stream->random, 20000);
        } else if (next_us == SHAPER_NEVER) {
            break;
        } else {
            stream->now_us = next_us;
        }
    }
    assert_int_equal(stream->in, stream->out);
}

static void no_window_has_more_than_the_rate(void **state)
{
    static struct stream stream;
    static struct parcels parcels;
    (void)state;

    for (uint64_t seed = 0; seed < 30; seed++) {
        struct shape shape = {0};

        stream_begin(&stream, seed);
        shape.rate_bits = 100000 + random_below(&stream.random, 3000000);
        if (seed % 3 == 1) {
            shape.latencies_count = 1;
            shape.latencies[0] = (struct latency){.delay_us = 30000, .jitter_us = 20000};
        }
        if (seed % 3 == 2) {
            shape.slice_bytes = 200;
            shape.slice_delay_us = 500;
        }
        stream_set(&stream, &shape);
        run_exactly(&stream, &parcels);
        for (size_t i = 0; i < parcels.count; i++) {
            double len = 0;

            for (size_t j = i + 1; j < parcels.count; j++) {
                len += (double)parcels.len[j];
                assert_true(len * 8 * S <= (double)shape.rate_bits * (double)(parcels.at_us[j] - parcels.at_us[i] + 2));
            }
        }
        shaper_free(stream.shaper);
    }
}

/* A sink that took nothing for an hour does not get an hour's worth at once. */
static void a_blocked_sink_saves_up_little(void **state)
{
    static struct stream stream;
    struct shape shape = {.rate_bits = 80000}; /* 10000 bytes a second */
    (void)state;

    stream_begin(&stream, 3);
    stream_set(&stream, &shape);
    for (int i = 0; i < 16; i++)
        stream_put(&stream, 4096);
    stream_due(&stream);
    stream.now_us += UINT64_C(3600) * S;
    assert_true(stream_take_due(&stream) <= 3 * 1460);
    stream.now_us += S;
    assert_true(stream_take_due(&stream) <= 10000 + 1460);
    shaper_free(stream.shaper);
}

/* ---- slicer ---- */

static void slices_have_their_size_and_pauses(void **state)
{
    static struct stream stream;
    (void)state;

    for (int round = 0; round < 200; round++) {
        struct shape shape = {0};
        uint64_t last_us = 0, begun_us;

        stream_begin(&stream, (uint64_t)round);
        shape.slice_bytes = 1 + random_below(&stream.random, 3000);
        shape.slice_variation_bytes = random_below(&stream.random, shape.slice_bytes);
        shape.slice_delay_us = 1 + random_below(&stream.random, 100000);
        stream_set(&stream, &shape);
        for (int i = 0; i < 3; i++)
            stream_put(&stream, 4096);
        begun_us = stream.now_us;
        while (stream.out < stream.in) {
            size_t slice = stream_take_due(&stream);

            assert_true(slice <= shape.slice_bytes + shape.slice_variation_bytes);
            assert_true(slice >= shape.slice_bytes - shape.slice_variation_bytes || stream.out == stream.in);
            assert_true(stream.now_us == (last_us ? last_us + shape.slice_delay_us : begun_us));
            last_us = stream.now_us;
            if (stream.out < stream.in)
                stream.now_us = stream_next_us(&stream);
        }
        shaper_free(stream.shaper);
    }
}

/* A slice that is larger than what is moved at once, or than a parcel under a bandwidth, is whole all the same. */
static void large_slices_pause_too(void **state)
{
    static const uint8_t bytes[3 * PARCEL_BYTES_MAX];
    static struct stream stream;
    struct shape shape = {.slice_bytes = PARCEL_BYTES_MAX + 1000, .slice_delay_us = 5 * S};
    const uint8_t *at;
    size_t due, taken = 0;
    (void)state;

    stream_begin(&stream, 1);
    stream_set(&stream, &shape);
    shaper_put(stream.shaper, bytes, sizeof(bytes), stream.now_us);
    while ((due = shaper_due(stream.shaper, stream.now_us, &at)) > 0) {
        shaper_took(stream.shaper, due, stream.now_us);
        taken += due;
    }
    assert_int_equal(taken, shape.slice_bytes);
    assert_true(shaper_next_us(stream.shaper, stream.now_us) == stream.now_us + 5 * S);
    shaper_free(stream.shaper);

    shape = (struct shape){.rate_bits = 80000, .slice_bytes = 4000, .slice_delay_us = 10 * S};
    stream_begin(&stream, 1);
    stream_set(&stream, &shape);
    for (int i = 0; i < 4; i++)
        stream_put(&stream, 4096);
    for (taken = 0; taken < 4000; taken += stream_take_due(&stream))
        stream.now_us = stream_next_us(&stream);
    assert_int_equal(taken, 4000);
    assert_true(stream_next_us(&stream) > stream.now_us + 10 * S);
    shaper_free(stream.shaper);
}

/* ---- limit_data ---- */

static void a_limit_is_exact(void **state)
{
    static const uint64_t limits[] = {0, 1, 2, 999, 4096, 4097, 10000};
    static struct stream stream;
    (void)state;

    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
        for (int rate = 0; rate < 2; rate++) {
            struct shape shape = {.limited = true, .limit_bytes = limits[i], .rate_bits = rate ? 1000000 : 0};
            uint64_t next_us;

            stream_begin(&stream, i);
            stream_put(&stream, 100); /* these came before, and do not count */
            stream_take_due(&stream);
            stream_set(&stream, &shape);
            while (stream.in < 100 + 3 * 4096)
                stream_put(&stream, 1 + random_below(&stream.random, 2000));
            assert_int_equal(shaper_spent(stream.shaper), limits[i] == 0);
            stream_take_due(&stream);
            while ((next_us = stream_next_us(&stream)) != SHAPER_NEVER) {
                assert_false(shaper_spent(stream.shaper));
                stream.now_us = next_us;
                stream_take_due(&stream);
            }
            assert_true(shaper_spent(stream.shaper));
            assert_int_equal(stream.out, 100 + limits[i]);
            shape.limit_bytes++; /* the number is raised */
            stream_set(&stream, &shape);
            assert_false(shaper_spent(stream.shaper));
            stream.now_us += S;
            assert_int_equal(stream_due(&stream), 1);
            shaper_free(stream.shaper);
        }
}

/* ---- slow_close, and the end under latency ---- */

static void the_end_is_told_late(void **state)
{
    static struct stream stream;
    struct shape shape = {.slow_close_us = 2 * S, .rate_bits = 8000};
    (void)state;

    stream_begin(&stream, 1);
    stream_set(&stream, &shape);
    stream_put(&stream, 1000); /* a second of it */
    shaper_put_end(stream.shaper, stream.now_us);
    stream.now_us += S;
    assert_int_equal(stream_take_due(&stream), 1000);
    assert_false(shaper_ended(stream.shaper, stream.now_us));
    assert_true(stream_next_us(&stream) == stream.now_us + 2 * S);
    assert_false(shaper_ended(stream.shaper, stream.now_us + 2 * S - 1));
    assert_true(shaper_ended(stream.shaper, stream.now_us + 2 * S));
    stream_set(&stream, &(struct shape){0});
    assert_true(shaper_ended(stream.shaper, stream.now_us));
    shaper_free(stream.shaper);
}

static void what_does_not_change_is_not_judged_anew(void **state)
{
    static struct stream stream;
    struct shape shape = {
        .latencies_count = 1,
        .latencies = {{.delay_us = 10 * S, .jitter_us = 5 * S}},
    };
    uint64_t next_us;
    (void)state;

    stream_begin(&stream, 1);
    stream_set(&stream, &shape);
    shaper_put_end(stream.shaper, stream.now_us);
    next_us = stream_next_us(&stream);
    for (int i = 0; i < 100; i++) {
        shape.slice_bytes = 1 + (uint64_t)i;
        stream_set(&stream, &shape);
        assert_true(stream_next_us(&stream) == next_us);
    }
    shaper_free(stream.shaper);
}

/* ---- latency ---- */

#define SAMPLES 100000

struct sampled {
    double mean, deviation, least, most, neighbours; /* the correlation of neighbours */
};

static struct sampled sample(const struct shape *shape, uint64_t seed)
{
    static double delays[SAMPLES];
    struct random random;
    struct shaper *shaper = shaper_new(&random);
    struct sampled got = {.least = INFINITY};
    uint64_t now_us = 0, due_us;
    const uint8_t *bytes;

    random_seed(&random, seed);
    shaper_set(shaper, shape, 0);
    for (size_t i = 0; i < SAMPLES; i++) {
        shaper_put(shaper, (const uint8_t *)"x", 1, now_us);
        due_us = shaper_next_us(shaper, now_us);
        assert_int_equal(shaper_due(shaper, due_us - 1, &bytes), 0);
        assert_int_equal(shaper_due(shaper, due_us, &bytes), 1);
        shaper_took(shaper, 1, due_us);
        delays[i] = (double)(due_us - now_us);
        got.mean += delays[i] / SAMPLES;
        got.least = fmin(got.least, delays[i]);
        got.most = fmax(got.most, delays[i]);
        now_us = due_us;
    }
    for (size_t i = 0; i < SAMPLES; i++)
        got.deviation += (delays[i] - got.mean) * (delays[i] - got.mean) / SAMPLES;
    for (size_t i = 1; i < SAMPLES; i++)
        got.neighbours += (delays[i] - got.mean) * (delays[i - 1] - got.mean) / SAMPLES;
    if (got.deviation > 0)
        got.neighbours /= got.deviation;
    got.deviation = sqrt(got.deviation);
    shaper_free(shaper);
    return got;
}

static struct shape one_latency(enum distribution distribution, double correlation)
{
    return (struct shape){
        .latencies_count = 1,
        .latencies = {{.delay_us = S,
                       .jitter_us = S / 10,
                       .correlation = (uint32_t)(correlation * PARAM_FRACTION),
                       .distribution = distribution}},
    };
}

static bool near(double value, double expected, double most)
{
    return fabs(value - expected) <= most;
}

/* A correlation changes the order of the delays, not how often each is met. */
static void distributions_have_their_figures(void **state)
{
    static const double correlations[] = {0, 0.5, 0.9};
    (void)state;

    for (size_t i = 0; i < 3; i++) {
        double c = correlations[i];
        struct shape uniform = one_latency(DISTRIBUTION_UNIFORM, c), normal = one_latency(DISTRIBUTION_NORMAL, c),
                     pareto = one_latency(DISTRIBUTION_PARETO, c);
        struct sampled got = sample(&uniform, i);

        assert_true(near(got.mean, S, S / 200.0) && near(got.deviation, 57735, 1000));
        assert_true(got.least >= 900000 && got.least < 902000 && got.most <= 1100000 && got.most > 1098000);
        assert_true(near(got.neighbours, c, 0.03));
        got = sample(&normal, i);
        assert_true(near(got.mean, S, S / 200.0) && near(got.deviation, 100000, 2000));
        assert_true(got.least < 650000 && got.most > 1350000 && near(got.neighbours, c, 0.03));
        got = sample(&pareto, i);
        assert_true(near(got.mean, S, S / 200.0) && near(got.deviation, 100000, 15000));
        assert_true(got.least >= 942264 && got.least < 943000 && got.most > 2 * S);
        assert_true(near(got.neighbours, c, 0.25) && (c > 0 || near(got.neighbours, 0, 0.03)));
    }
}

static void a_correlation_of_one_repeats_what_was_drawn_first(void **state)
{
    struct shape shape = one_latency(DISTRIBUTION_UNIFORM, 1);
    double first = sample(&shape, 1).mean;
    bool others = false;
    (void)state;

    for (uint64_t seed = 1; seed < 5; seed++) {
        struct sampled got = sample(&shape, seed);

        assert_true(got.least == got.most && got.least >= 900000 && got.most <= 1100000);
        others |= !near(got.mean, first, 1);
    }
    assert_true(others);
}

static void latencies_add_up(void **state)
{
    struct shape shape = one_latency(DISTRIBUTION_UNIFORM, 0);
    struct sampled got;
    (void)state;

    shape.latencies[1] = (struct latency){.delay_us = 2 * S};
    shape.latencies[2] = shape.latencies[0];
    shape.latencies_count = 3;
    got = sample(&shape, 9);
    assert_true(near(got.mean, 4 * S, S / 100.0) && near(got.deviation, 57735 * sqrt(2), 2000));
    assert_true(got.least >= 3800000 && got.most <= 4200000);
}

RUN(T(a_bandwidth_is_exact), T(no_window_has_more_than_the_rate), T(a_blocked_sink_saves_up_little),
    T(slices_have_their_size_and_pauses), T(large_slices_pause_too), T(a_limit_is_exact), T(the_end_is_told_late),
    T(what_does_not_change_is_not_judged_anew), T(distributions_have_their_figures),
    T(a_correlation_of_one_repeats_what_was_drawn_first), T(latencies_add_up))
