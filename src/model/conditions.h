/* SPDX-License-Identifier: MIT */
/*
 * Conditions that people wait for, and what is missing while they do not hold. Pure functions of a look at the cluster;
 * `quiet` alone remembers what it saw before.
 *
 * A condition that holds is true. One that cannot be known (a connection that cannot be read may be the very one) never
 * holds, however it looks.
 */
#ifndef MODEL_CONDITIONS_H
#define MODEL_CONDITIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/islands.h"

struct cluster;
struct event;
struct refusal;

/* Name, how many words follow at least and at most, what they are (behind a blank), what it means. */
#define CONDITIONS(X)                                                                               \
    X(up, 1, 1, " N", "N nodes are registered, or more")                                            \
    X(mesh, 0, 1, " [ISLAND]", "every two nodes (of the island) are connected; hidden nodes aside") \
    X(connected, 2, 2, " A B", "every node of island A is connected with every node of island B")   \
    X(disconnected, 2, 2, " A B", "no node of island A is connected with any node of island B")     \
    X(noticed, 0, 0, "", "no connection is left between nodes that are cut from each other")        \
    X(settled, 0, 0, "", "noticed, and a quarter of a second has gone by since then")               \
    X(quiet, 0, 0, "", "for a second nothing but ticks was sent, and no connection came or went")   \
    X(event, 1, 3, " KIND [A [B]]",                                                                 \
      "such an event (kinds: a,b or *) happened, about a node of A, or between A and B; see --after")

enum condition_kind {
#define X(name, least, most, words, help) CONDITION_##name,
    CONDITIONS(X)
#undef X
        CONDITIONS_COUNT
};

#define CONDITION_QUIET_US 1000000

/*
 * A node hears that a connection has ended when it reads that; then the processes of the node that look after it have
 * to be told, one after the other. `settled` gives them time, which is no promise: whoever has to be sure asks the
 * node.
 */
#define CONDITION_SETTLED_US 250000

struct condition {
    enum condition_kind kind;
    uint64_t number;
    struct islands islands; /* owned; as many as there were words */
    uint64_t seen_activity, seen_since_us;
    bool seen;

    /* event: */
    uint32_t kinds; /* a bit each */
    bool from_one;  /* behind the event of this number; else behind the newest of when it is looked at first */
    uint64_t after;
    uint64_t event; /* the one that has made it hold; 0: none yet */
};

/* "connected a,b c": the name and its words. Returns 0, or -EINVAL and a refusal. */
int condition_parse(const char *text, struct condition *ret, struct refusal *refusal);
void condition_done(struct condition *condition);

/* How long it takes to be seen at the least; 0: a look is enough. */
uint64_t condition_takes_us(const struct condition *condition);

/* To be called with each event, from the first look on. Returns whether there is something new to be looked at at once.
 */
bool condition_hear(struct condition *condition, const struct event *event);

/*
 * Returns 0: it holds; -EAGAIN: not yet, and the refusal says what is missing; or why waiting is of no use: -ENOENT,
 * nobody has ever had that name, or nothing is cut; -EOPNOTSUPP, it cannot be known; -EINVAL, it is senseless.
 */
int condition_look(struct condition *condition, const struct cluster *cluster, uint64_t now_us,
                   struct refusal *refusal);

#endif
