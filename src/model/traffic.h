/* SPDX-License-Identifier: MIT */
/*
 * What nodes have sent each other, by ordered pair of nodes: what has passed over connections that have ended, and
 * which ones there are, that tell about themselves. Together these are numbers that only grow, however often two nodes
 * connect anew.
 *
 * Pairs without a connection, beyond TRAFFIC_IDLE_MAX, make room, those first whose last one ended first; they begin
 * anew when they come back. The total knows of all of them.
 *
 * The pairs stand in an array in the order of their names, by which whoever walks over them in pieces goes on.
 */
#ifndef MODEL_TRAFFIC_H
#define MODEL_TRAFFIC_H

#include <stddef.h>
#include <stdint.h>

#define TRAFFIC_IDLE_MAX 2000

/* One direction of a connection that is there; whoever owns it knows how much has passed. Zeroed: not begun. */
struct flow {
    struct traffic_pair *pair;
    struct flow *prev, *next; /* pair->flows */
};

struct traffic_pair {
    const char *from, *to;            /* "" for a dialer that nobody knows */
    uint64_t bytes;                   /* that `from` has sent to `to` over connections that have ended */
    struct flow *flows;               /* the others */
    struct traffic_pair *prev, *next; /* traffic->idle, when there are none */
    char names[];                     /* both, each with its NUL */
};

struct traffic;

struct traffic *traffic_new(void);
void traffic_free(struct traffic *traffic); /* when all flows have ended. NULL is fine */

/* These nodes have connected; and over that connection so much was sent until it ended. */
void traffic_begin(struct traffic *traffic, struct flow *flow, const char *from, const char *to);
void traffic_end(struct traffic *traffic, struct flow *flow, uint64_t bytes);

/* A connection has ended whose nodes have not shaken hands: it counts in the total alone. */
void traffic_add_unknown(struct traffic *traffic, uint64_t bytes);

uint64_t traffic_total_bytes(const struct traffic *traffic); /* over connections that have ended */
size_t traffic_count(const struct traffic *traffic);         /* of pairs */

/* The first pair behind that of these names, by the bytes of `from` and then of `to`; of all, when `from` is NULL. */
const struct traffic_pair *traffic_after(const struct traffic *traffic, const char *from, const char *to);

#endif
