/* SPDX-License-Identifier: MIT */
/*
 * What has passed over connections that have ended, by ordered pair of nodes: with what the living ones tell about
 * themselves it makes numbers that only grow, however often two nodes connect anew.
 *
 * Pairs beyond TRAFFIC_PAIRS_MAX make room, those first whose last connection ended first; they begin anew when they
 * come back. The total knows of all of them.
 */
#ifndef MODEL_TRAFFIC_H
#define MODEL_TRAFFIC_H

#include <stddef.h>
#include <stdint.h>

#include <uthash.h>

#define TRAFFIC_PAIRS_MAX 2000

struct traffic_pair {
    const char *from, *to;            /* "" for a dialer that nobody knows */
    uint64_t bytes;                   /* that `from` has sent to `to` */
    struct traffic_pair *prev, *next; /* the account's, longest ago first */
    UT_hash_handle hh;
    char names[]; /* both, each with its NUL: what it is found by */
};

struct traffic;

struct traffic *traffic_new(void);
void traffic_free(struct traffic *traffic); /* NULL is fine */

/* A lane between these two has ended, over which so much had been sent. */
void traffic_add(struct traffic *traffic, const char *from, const char *to, uint64_t bytes);

/* One has ended whose nodes have not shaken hands: it counts in the total alone. */
void traffic_add_unknown(struct traffic *traffic, uint64_t bytes);

uint64_t traffic_total_bytes(const struct traffic *traffic);
size_t traffic_count(const struct traffic *traffic);                     /* of pairs */
const struct traffic_pair *traffic_first(const struct traffic *traffic); /* go on with ->next */

#endif
