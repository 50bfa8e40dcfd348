/* SPDX-License-Identifier: MIT */
#include "model/shaper.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"

/* A parcel under a bandwidth takes about that long, within these bounds: a packet, and what a lane moves at once. */
#define PARCEL_US 2000
#define PARCEL_BYTES_MIN 1460
#define PARCEL_BYTES_MAX (256 * 1024)

/* A sink that does not take what may leave saves up no more than this for later. */
#define CREDIT_US 50000

/* Room that stays when nothing is held; what was full once shall not keep its memory for as long as it is shaped. */
#define ROOM_BYTES_KEPT (1024 * 1024)

#define NS 1000

/* Pareto's distribution with this shape: variance is finite, the tail is heavy. */
#define PARETO_SHAPE 3.0
#define PARETO_MEAN (PARETO_SHAPE / (PARETO_SHAPE - 1))
#define PARETO_DEVIATION 0.8660254037844386 /* sqrt(3/4) */

/* Bytes that came together. */
struct chunk {
    uint64_t came_us, due_us;
    size_t len; /* not taken yet */
};

struct shaper {
    struct random *random;
    struct shape shape;

    uint8_t *bytes; /* [begin, end) of room */
    size_t begin, end, room;
    struct chunk *chunks; /* [first, last) of chunks_room, in order of due_us; their lengths are end - begin */
    size_t first, last, chunks_room;
    double before[SHAPE_LATENCIES_MAX]; /* the last normal deviate of each latency */
    uint64_t last_due_us;               /* of all that was ever put */

    bool over; /* the end was put ... */
    uint64_t over_came_us, over_due_us;
    uint64_t emptied_us; /* when the last byte left */

    size_t parcel;           /* bytes that leave together next; 0: not begun */
    uint64_t parcel_due_ns;  /* when they are through */
    uint64_t free_ns;        /* under a bandwidth: when the line has done the last parcel */
    size_t slice_left;       /* of the slice on its way, which may take several parcels; 0: not begun */
    uint64_t pause_until_us; /* behind a slice */
    uint64_t passed;         /* bytes, since limit_data began */
};

struct shaper *shaper_new(struct random *random)
{
    struct shaper *shaper = mem_new(sizeof(*shaper));

    shaper->random = random;
    return shaper;
}

void shaper_free(struct shaper *shaper)
{
    if (!shaper)
        return;
    free(shaper->bytes);
    free(shaper->chunks);
    free(shaper);
}

static uint64_t later(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* ---- latency ---- */

/*
 * A deviation in units of the jitter. Successive ones are correlated normal deviates, mapped to the distribution by its
 * quantiles, so that each keeps its exact shape whatever the correlation.
 */
static double deviation(struct shaper *shaper, size_t i)
{
    const struct latency *latency = &shaper->shape.latencies[i];
    double correlation = (double)latency->correlation / PARAM_FRACTION;
    double z = correlation * shaper->before[i] + sqrt(1 - correlation * correlation) * random_normal(shaper->random);
    double above; /* how likely a larger one is */

    shaper->before[i] = z;
    if (latency->distribution == DISTRIBUTION_NORMAL)
        return z;
    above = 0.5 * erfc(z / sqrt(2));
    if (latency->distribution == DISTRIBUTION_UNIFORM)
        return 1 - 2 * above;
    return (pow(above, -1 / PARETO_SHAPE) - PARETO_MEAN) / PARETO_DEVIATION;
}

static uint64_t sample_us(struct shaper *shaper)
{
    double sum = 0;

    for (size_t i = 0; i < shaper->shape.latencies_count; i++) {
        const struct latency *latency = &shaper->shape.latencies[i];
        double us = (double)latency->delay_us;

        if (latency->jitter_us)
            us += (double)latency->jitter_us * deviation(shaper, i);
        sum += us > 0 ? us : 0;
    }
    return sum < FAULT_DELAY_MAX_US ? (uint64_t)sum : FAULT_DELAY_MAX_US;
}

/* In order: nothing overtakes what came before. */
static uint64_t due_of(struct shaper *shaper, uint64_t came_us)
{
    shaper->last_due_us = later(shaper->last_due_us, came_us + sample_us(shaper));
    return shaper->last_due_us;
}

/* ---- in ---- */

static bool same_latencies(const struct shape *a, const struct shape *b)
{
    if (a->latencies_count != b->latencies_count)
        return false;
    for (size_t i = 0; i < a->latencies_count; i++) {
        const struct latency *x = &a->latencies[i], *y = &b->latencies[i];

        if (x->delay_us != y->delay_us || x->jitter_us != y->jitter_us || x->correlation != y->correlation ||
            x->distribution != y->distribution)
            return false;
    }
    return true;
}

static bool same_slices(const struct shape *a, const struct shape *b)
{
    return a->slice_bytes == b->slice_bytes && a->slice_variation_bytes == b->slice_variation_bytes &&
           a->slice_delay_us == b->slice_delay_us;
}

static void delay_anew(struct shaper *shaper)
{
    /* As if it had gone on like this for ever: the first one varies as much as the others. */
    for (size_t i = 0; i < shaper->shape.latencies_count; i++)
        shaper->before[i] = random_normal(shaper->random);
    shaper->last_due_us = 0;
    for (size_t i = shaper->first; i < shaper->last; i++)
        shaper->chunks[i].due_us = due_of(shaper, shaper->chunks[i].came_us);
    if (shaper->over)
        shaper->over_due_us = due_of(shaper, shaper->over_came_us);
}

void shaper_set(struct shaper *shaper, const struct shape *shape, uint64_t now_us)
{
    struct shape before = shaper->shape;

    shaper->shape = *shape;
    if (!before.limited)
        shaper->passed = 0;
    if (!before.rate_bits)
        shaper->free_ns = now_us * NS;
    if (before.rate_bits != shape->rate_bits || !same_slices(&before, shape) || !same_latencies(&before, shape))
        shaper->parcel = 0;
    if (!same_slices(&before, shape))
        shaper->slice_left = 0;
    if (!shape->slice_bytes)
        shaper->pause_until_us = 0;
    if (!same_latencies(&before, shape))
        delay_anew(shaper);
}

/* Room behind the end for so many more units, by moving what is there to the front, or by doubling. */
static void *make_room(void *at, size_t unit, size_t *begin, size_t *end, size_t *room, size_t more)
{
    size_t used = *end - *begin;

    if (*end + more <= *room)
        return at;
    if (used + more > *room / 2) {
        *room = (used + more) * 2;
        at = mem_resize(at, *room * unit);
    }
    memmove(at, (char *)at + *begin * unit, used * unit);
    *begin = 0;
    *end = used;
    return at;
}

void shaper_put(struct shaper *shaper, const uint8_t *data, size_t len, uint64_t now_us)
{
    uint64_t due_us;

    assert(!shaper->over);
    if (len == 0)
        return;
    shaper->bytes = make_room(shaper->bytes, 1, &shaper->begin, &shaper->end, &shaper->room, len);
    memcpy(shaper->bytes + shaper->end, data, len);
    shaper->end += len;
    due_us = due_of(shaper, now_us);
    shaper->chunks =
        make_room(shaper->chunks, sizeof(*shaper->chunks), &shaper->first, &shaper->last, &shaper->chunks_room, 1);
    shaper->chunks[shaper->last++] = (struct chunk){.came_us = now_us, .due_us = due_us, .len = len};
}

void shaper_put_end(struct shaper *shaper, uint64_t now_us)
{
    if (shaper->over)
        return;
    shaper->over = true;
    shaper->over_came_us = now_us;
    shaper->over_due_us = due_of(shaper, now_us);
}

size_t shaper_held(const struct shaper *shaper)
{
    return shaper->end - shaper->begin;
}

size_t shaper_overhead(const struct shaper *shaper)
{
    return (shaper->last - shaper->first) * sizeof(*shaper->chunks);
}

/* ---- out ---- */

/* Bytes at the front whose time has come, counted no further than `most`. */
static size_t arrived(const struct shaper *shaper, uint64_t now_us, size_t most)
{
    size_t len = 0;

    for (size_t i = shaper->first; i < shaper->last && shaper->chunks[i].due_us <= now_us && len < most; i++)
        len += shaper->chunks[i].len;
    return least(len, most);
}

static bool goes_in_parcels(const struct shaper *shaper)
{
    return shaper->shape.rate_bits || shaper->shape.slice_bytes;
}

static size_t parcel_most(const struct shaper *shaper)
{
    uint64_t bytes = shaper->shape.rate_bits / 8 * PARCEL_US / 1000000;

    if (!shaper->shape.rate_bits || bytes > PARCEL_BYTES_MAX)
        return PARCEL_BYTES_MAX;
    return bytes < PARCEL_BYTES_MIN ? PARCEL_BYTES_MIN : (size_t)bytes;
}

static size_t slice_size(struct shaper *shaper)
{
    uint64_t variation = shaper->shape.slice_variation_bytes;

    return (size_t)(shaper->shape.slice_bytes - variation + random_below(shaper->random, 2 * variation + 1));
}

/*
 * The bytes that leave together next: those whose time has come, or will come first; done when the line has carried
 * them.
 */
static void begin_parcel(struct shaper *shaper, uint64_t now_us)
{
    size_t most = parcel_most(shaper);
    uint64_t from_ns, first_us;

    if (shaper->first == shaper->last)
        return;
    if (shaper->shape.slice_bytes) {
        if (shaper->slice_left == 0)
            shaper->slice_left = slice_size(shaper);
        most = least(most, shaper->slice_left);
    }
    first_us = shaper->chunks[shaper->first].due_us;
    shaper->parcel = arrived(shaper, later(first_us, now_us), most);
    from_ns = later(first_us, shaper->pause_until_us) * NS;
    if (shaper->shape.rate_bits)
        from_ns = later(from_ns, shaper->free_ns) +
                  (uint64_t)((double)shaper->parcel * 8e9 / (double)shaper->shape.rate_bits);
    shaper->parcel_due_ns = from_ns;
}

static uint64_t parcel_due_us(const struct shaper *shaper)
{
    return (shaper->parcel_due_ns + NS - 1) / NS;
}

/* What limit_data still lets through. */
static uint64_t still_passes(const struct shaper *shaper)
{
    const struct shape *shape = &shaper->shape;

    if (!shape->limited)
        return UINT64_MAX;
    return shape->limit_bytes - (shaper->passed < shape->limit_bytes ? shaper->passed : shape->limit_bytes);
}

size_t shaper_due(struct shaper *shaper, uint64_t now_us, const uint8_t **ret)
{
    size_t len;

    *ret = shaper->bytes;
    if (shaper->begin == shaper->end)
        return 0;
    *ret += shaper->begin;
    if (!goes_in_parcels(shaper)) {
        len = arrived(shaper, now_us, SIZE_MAX);
    } else {
        if (shaper->parcel == 0)
            begin_parcel(shaper, now_us);
        len = parcel_due_us(shaper) <= now_us ? shaper->parcel : 0;
    }
    return len < still_passes(shaper) ? len : (size_t)still_passes(shaper);
}

/* All of the parcel has left, and its chunks are gone. */
static void end_parcel(struct shaper *shaper, uint64_t now_us)
{
    uint64_t saved_us = now_us > CREDIT_US ? now_us - CREDIT_US : 0;

    shaper->free_ns = later(shaper->parcel_due_ns, saved_us * NS);
    if (!shaper->shape.slice_bytes)
        return;
    /* The stream had no more for this slice: it is a short one. */
    if (arrived(shaper, now_us, 1) == 0)
        shaper->slice_left = 0;
    if (shaper->slice_left == 0)
        shaper->pause_until_us = now_us + shaper->shape.slice_delay_us;
}

static void drop_chunks(struct shaper *shaper, size_t len)
{
    while (len > 0) {
        struct chunk *chunk = &shaper->chunks[shaper->first];
        size_t part = least(len, chunk->len);

        chunk->len -= part;
        len -= part;
        shaper->first += chunk->len == 0;
    }
}

/* Nothing is left in it. */
static void make_empty(struct shaper *shaper)
{
    shaper->begin = shaper->end = shaper->first = shaper->last = 0;
    if (shaper->room > ROOM_BYTES_KEPT) {
        free(shaper->bytes);
        shaper->bytes = NULL;
        shaper->room = 0;
    }
    if (shaper->chunks_room * sizeof(*shaper->chunks) > ROOM_BYTES_KEPT) {
        free(shaper->chunks);
        shaper->chunks = NULL;
        shaper->chunks_room = 0;
    }
}

void shaper_took(struct shaper *shaper, size_t len, uint64_t now_us)
{
    assert(len <= shaper->end - shaper->begin);
    if (len == 0)
        return;
    shaper->passed += len;
    shaper->begin += len;
    drop_chunks(shaper, len);
    if (goes_in_parcels(shaper)) {
        assert(len <= shaper->parcel);
        shaper->parcel -= len;
        if (shaper->shape.slice_bytes)
            shaper->slice_left -= len;
        if (shaper->parcel == 0)
            end_parcel(shaper, now_us);
    }
    if (shaper->begin == shaper->end) {
        make_empty(shaper);
        shaper->emptied_us = now_us;
    }
}

/* When the end may be told, once everything is out. */
static uint64_t end_us(const struct shaper *shaper)
{
    return later(shaper->over_due_us, shaper->emptied_us) + shaper->shape.slow_close_us;
}

bool shaper_ended(const struct shaper *shaper, uint64_t now_us)
{
    return shaper->over && shaper->begin == shaper->end && end_us(shaper) <= now_us;
}

bool shaper_spent(const struct shaper *shaper)
{
    return still_passes(shaper) == 0;
}

uint64_t shaper_next_us(struct shaper *shaper, uint64_t now_us)
{
    const uint8_t *bytes;
    size_t due;

    if (shaper_spent(shaper))
        return SHAPER_NEVER;
    if (shaper->begin == shaper->end)
        return shaper->over && end_us(shaper) > now_us ? end_us(shaper) : SHAPER_NEVER;
    due = shaper_due(shaper, now_us, &bytes);
    if (goes_in_parcels(shaper))
        return due == 0 ? parcel_due_us(shaper) : SHAPER_NEVER; /* it must be taken before there is another */
    if (due == still_passes(shaper))
        return SHAPER_NEVER;
    /* More of what is queued may join what is due already. */
    for (size_t i = shaper->first; i < shaper->last; i++)
        if (shaper->chunks[i].due_us > now_us)
            return shaper->chunks[i].due_us;
    return SHAPER_NEVER;
}
