/* SPDX-License-Identifier: MIT */
#include "model/traffic.h"

#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "base/memory.h"

struct traffic {
    struct traffic_pair *by_names, *all;
    uint64_t total_bytes;
};

struct traffic *traffic_new(void)
{
    return mem_new(sizeof(struct traffic));
}

static void forget(struct traffic *traffic, struct traffic_pair *pair)
{
    HASH_DEL(traffic->by_names, pair);
    DL_DELETE(traffic->all, pair);
    free(pair);
}

void traffic_free(struct traffic *traffic)
{
    while (traffic && traffic->all)
        forget(traffic, traffic->all);
    free(traffic);
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

void traffic_add(struct traffic *traffic, const char *from, const char *to, uint64_t bytes)
{
    struct traffic_pair *fresh = pair_new(from, to), *pair;
    size_t size = strlen(from) + 1 + strlen(to) + 1;

    traffic->total_bytes += bytes;
    HASH_FIND(hh, traffic->by_names, fresh->names, size, pair);
    if (pair) {
        free(fresh);
        DL_DELETE(traffic->all, pair);
    } else {
        pair = fresh;
        HASH_ADD(hh, traffic->by_names, names, size, pair);
    }
    pair->bytes += bytes;
    DL_APPEND(traffic->all, pair);
    if (traffic_count(traffic) > TRAFFIC_PAIRS_MAX)
        forget(traffic, traffic->all);
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
    return HASH_COUNT(traffic->by_names);
}

const struct traffic_pair *traffic_first(const struct traffic *traffic)
{
    return traffic->all;
}
