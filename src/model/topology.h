/* SPDX-License-Identifier: MIT */
/*
 * The partitions that tests of distributed systems ask for, as words (most are Jepsen's): from the nodes' names and a
 * seed to cuts. A pure function: the same seed and the same set of names, in whatever order, give the same cuts.
 *
 * majorities-ring: in a ring of n nodes, each sees its nearest neighbours, as many on either side, so that with itself
 * it sees n/2 + 1 nodes, rounded down. Where that takes an odd number of neighbours it also sees the node opposite:
 *
 *       0             n = 5: each sees two neighbours            0 - 1        n = 6: and the opposite node,
 *     4   1           and is cut from the two others:           /     \       so 0 is cut from 2 and 4 only
 *      3 2            0|2,3  1|3,4  2|4                        5       2
 *                                                               4 - 3
 *
 * Seeing is mutual, every node sees a bare majority, and no two see the same one; so for every n from 3 on, with one
 * blemish: when n is 3, 7, 11, ... that cannot come out even, and one node sees one more than the others. A ring of
 * three is thus a chain: the nodes at its ends are cut from each other.
 */
#ifndef MODEL_TOPOLOGY_H
#define MODEL_TOPOLOGY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/islands.h"

struct refusal;

#define TOPOLOGY_NODES_MAX 1000 /* a ring is nearly as many cuts, and the book takes RULES_MAX of them */

/*
 * Name in the code, name for people, whether it is about one node, whether the nodes are dealt in a random order, how
 * many nodes it takes at least, help. A new one is a row here and its cut_NAME() in the .c file.
 */
#define TOPOLOGIES(X)                                                                                                \
    X(halves, "halves", false, false, 2,                                                                             \
      "the first half of the nodes, in order of their names, and the rest; the larger part is the second")           \
    X(random_halves, "random-halves", false, true, 2, "the same, in a random order")                                 \
    X(isolate, "isolate", true, false, 2, "one node against all others")                                             \
    X(majorities_ring, "majorities-ring", false, true, 3, "every node sees a majority, and no two see the same one") \
    X(bridge, "bridge", true, false, 3, "two halves, and one node that sees both")

enum topology {
#define X(name, text, needs_node, uses_chance, least, help) TOPOLOGY_##name,
    TOPOLOGIES(X)
#undef X
        TOPOLOGIES_COUNT
};

struct topology_request {
    enum topology topology;
    const char *node;         /* a pattern, or NULL: the one that is isolated, or the bridge */
    const char *const *names; /* full or short ones of the nodes to split, no doubles */
    size_t count;
    uint64_t seed;
};

/* Each is one cut between its islands, and passes islands_check(). */
struct topology_cuts {
    struct islands *at; /* owned */
    size_t count;
};

/*
 * Returns 0; or -EINVAL, and what is wrong: a node that is missing, not wanted, or not
 * among the names (as a bridge it has to be exactly one of them); too few nodes, or too many; names that
 * islands_check() refuses.
 */
int topology_cuts(const struct topology_request *request, struct topology_cuts *ret, struct refusal *refusal);
void topology_cuts_done(struct topology_cuts *cuts);

/* "random-halves". */
const char *topology_name(enum topology topology);

/* Does the seed matter? */
bool topology_uses_chance(enum topology topology);

/* Takes "random_halves" as well. Returns 0, or -EINVAL with *ret untouched. */
int topology_parse(const char *text, enum topology *ret);

#endif
