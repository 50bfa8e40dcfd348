/* SPDX-License-Identifier: MIT */
/*
 * Which pairs of nodes a rule is about, or which names.
 */
#ifndef MODEL_SELECTOR_H
#define MODEL_SELECTOR_H

#include <stdbool.h>
#include <stddef.h>

#include "model/islands.h"

struct fault;
struct refusal;
struct seat;

/* Who must have dialled for a rule to count. */
enum dialer { DIALER_ANY, DIALER_FROM, DIALER_TO };

/*
 * Of the islands of a cut a node belongs to the first that it matches, so that an island stays whole; in a pair of
 * islands that may overlap ("*" and "*") a node may be in both. A rule about names has one island, the names.
 */
struct selector {
    struct islands islands; /* owned */
    bool one_way;           /* only what the first island sends to the others */
    bool overlap;           /* exactly two islands */
    enum dialer dialer;     /* the node of the first island (FROM), or the other one (TO) */
};

/* A node, as rules see it. */
struct party {
    const char *name;        /* the full one; a short one is a node whose host is not known */
    bool observes;           /* it is no part of the experiment: only rules that name it outright are about it */
    const struct seat *seat; /* what the book knows of it already (model/seats.h), or NULL: it is looked for */
};

/* One that takes part. */
#define PARTY(node_name) ((struct party){.name = node_name})

/* Where a node is in a selector. */
struct node_place {
    signed char island; /* the first that it is in, or -1 */
    bool second;        /* of two that may overlap: it is in the second, perhaps in the first, too */
};

/* Returns 0; or -EINVAL, and what is wrong with it for this fault. */
int selector_check(const struct selector *selector, const struct fault *fault, struct refusal *refusal);

struct node_place selector_find(const struct selector *selector, const struct party *party);

/* Is it about what a node in the one place sends to one in the other? `dialled`: the first is the one that dialled. */
bool selector_speaks(const struct selector *selector, struct node_place from, struct node_place to, bool dialled);

/* Is it about what `from` sends to `to`? */
bool selector_matches(const struct selector *selector, const struct party *from, const struct party *to, bool dialled);

bool selector_matches_name(const struct selector *selector, const struct party *party);

/* Do these islands, of which a pair is in two, have everything that `old` is about? May say no when it is hard to tell.
 */
bool selector_is_covered(const struct selector *old, const struct islands *islands, size_t count, bool one_way);

/* May a pair of it be between two of these islands? */
bool selector_may_meet(const struct selector *selector, const struct islands *islands);

#endif
