/* SPDX-License-Identifier: MIT */
#include "model/traffic.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "base/memory.h"

struct traffic {
    struct traffic_pair **pairs; /* by names */
    size_t count, room;
    struct traffic_pair *idle; /* whose last connection ended longest ago first */
    size_t idle_count;
    uint64_t total_bytes;
};

struct traffic *traffic_new(void)
{
    return mem_new(sizeof(struct traffic));
}

void traffic_free(struct traffic *traffic)
{
    if (!traffic)
        return;
    for (size_t i = 0; i < traffic->count; i++)
        free(traffic->pairs[i]);
    free(traffic->pairs);
    free(traffic);
}

/* ---- by names ---- */

static int compare(const struct traffic_pair *pair, const char *from, const char *to)
{
    int order = strcmp(pair->from, from);

    return order ? order : strcmp(pair->to, to);
}

/* How many pairs stand before that of these names: its place, when it is there. */
static size_t place_of(const struct traffic *traffic, const char *from, const char *to)
{
    size_t first = 0, end = traffic->count;

    while (first < end) {
        size_t middle = first + (end - first) / 2;

        if (compare(traffic->pairs[middle], from, to) < 0)
            first = middle + 1;
        else
            end = middle;
    }
    return first;
}

static bool is_at(const struct traffic *traffic, size_t place, const char *from, const char *to)
{
    return place < traffic->count && compare(traffic->pairs[place], from, to) == 0;
}

const struct traffic_pair *traffic_after(const struct traffic *traffic, const char *from, const char *to)
{
    size_t place = from ? place_of(traffic, from, to) : 0;

    if (from && is_at(traffic, place, from, to))
        place++;
    return place < traffic->count ? traffic->pairs[place] : NULL;
}

static struct traffic_pair *pair_new(const char *from, const char *to)
{
    size_t from_size = strlen(from) + 1, to_size = strlen(to) + 1;
    struct traffic_pair *pair = mem_new(sizeof(*pair) + from_size + to_size);

    memcpy(pair->names, from, from_size);
    memcpy(pair->names + from_size, to, to_size);
    pair->from = pair->names;
    pair->to = pair->names + from_size;
    return pair;
}

static void insert(struct traffic *traffic, size_t place, struct traffic_pair *pair)
{
    if (traffic->count == traffic->room) {
        traffic->room = traffic->room ? 2 * traffic->room : 16;
        traffic->pairs = mem_resize(traffic->pairs, traffic->room * sizeof(struct traffic_pair *));
    }
    memmove(&traffic->pairs[place + 1], &traffic->pairs[place],
            (traffic->count - place) * sizeof(struct traffic_pair *));
    traffic->pairs[place] = pair;
    traffic->count++;
}

/* ---- connections ---- */

static void forget_oldest(struct traffic *traffic)
{
    struct traffic_pair *oldest = traffic->idle;
    size_t place = place_of(traffic, oldest->from, oldest->to);

    DL_DELETE(traffic->idle, oldest);
    traffic->idle_count--;
    traffic->count--;
    memmove(&traffic->pairs[place], &traffic->pairs[place + 1],
            (traffic->count - place) * sizeof(struct traffic_pair *));
    free(oldest);
}

void traffic_begin(struct traffic *traffic, struct flow *flow, const char *from, const char *to)
{
    size_t place = place_of(traffic, from, to);

    assert(!flow->pair);
    if (!is_at(traffic, place, from, to)) {
        insert(traffic, place, pair_new(from, to));
    } else if (!traffic->pairs[place]->flows) {
        DL_DELETE(traffic->idle, traffic->pairs[place]);
        traffic->idle_count--;
    }
    flow->pair = traffic->pairs[place];
    DL_APPEND(flow->pair->flows, flow);
}

void traffic_end(struct traffic *traffic, struct flow *flow, uint64_t bytes)
{
    struct traffic_pair *pair = flow->pair;

    traffic->total_bytes += bytes;
    pair->bytes += bytes;
    DL_DELETE(pair->flows, flow);
    flow->pair = NULL;
    if (pair->flows)
        return;
    DL_APPEND(traffic->idle, pair);
    if (++traffic->idle_count > TRAFFIC_IDLE_MAX)
        forget_oldest(traffic);
}

void traffic_add_unknown(struct traffic *traffic, uint64_t bytes)
{
    traffic->total_bytes += bytes;
}

uint64_t traffic_total_bytes(const struct traffic *traffic)
{
    return traffic->total_bytes;
}

size_t traffic_count(const struct traffic *traffic)
{
    return traffic->count;
}
