/* SPDX-License-Identifier: MIT */
/*
 * Conditions that people wait for, and what is missing while they do not hold. Pure functions of a look at the cluster;
 * `quiet` alone remembers what it saw before.
 */
#ifndef MODEL_CONDITIONS_H
#define MODEL_CONDITIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/islands.h"

struct refusal;

/* Name, how many words follow at least and at most, what they are (behind a blank), what it means. */
#define CONDITIONS(X)                                                                               \
    X(up, 1, 1, " N", "N nodes are registered, or more")                                            \
    X(mesh, 0, 1, " [ISLAND]", "every two nodes (of the island) are connected; hidden nodes aside") \
    X(connected, 2, 2, " A B", "every node of island A is connected with every node of island B")   \
    X(disconnected, 2, 2, " A B", "no node of island A is connected with any node of island B")     \
    X(noticed, 0, 0, "", "no connection is left between nodes that are cut from each other")        \
    X(quiet, 0, 0, "", "for a second nothing but ticks was sent, and no connection came or went")

enum condition_kind {
#define X(name, least, most, words, help) CONDITION_##name,
    CONDITIONS(X)
#undef X
        CONDITIONS_COUNT
};

#define CONDITION_QUIET_US 1000000

/* A connection over which two nodes talk. */
struct link {
    const char *a, *b; /* full names */
    bool a_hidden, b_hidden;
    bool cut; /* by a partition, in either direction */
};

struct cluster {
    const char *const *names; /* of the registered nodes, full ones where they are known */
    size_t names_count;
    const struct link *links;
    size_t links_count;
    bool connecting;   /* a handshake is going on, or held */
    uint64_t activity; /* a number that changes when a frame passes, or a connection or node comes or goes */
};

struct condition {
    enum condition_kind kind;
    uint64_t number;
    struct islands islands; /* owned; as many as there were words */
    uint64_t seen_activity, seen_since_us;
    bool seen;
};

/* "connected a,b c": the name and its words. Returns 0, or -EINVAL and a refusal. */
int condition_parse(const char *text, struct condition *ret, struct refusal *refusal);
void condition_done(struct condition *condition);

/* Says in `missing` what is missing, when it does not hold. */
bool condition_holds(struct condition *condition, const struct cluster *cluster, uint64_t now_us, char *missing,
                     size_t size);

#endif
