/* SPDX-License-Identifier: MIT */
/*
 * Sets of nodes, two or more of them, as a cut or a fix names them. A node that the globs of several islands match
 * belongs to the first of those.
 */
#ifndef MODEL_ISLANDS_H
#define MODEL_ISLANDS_H

#include <stdbool.h>
#include <stddef.h>

struct refusal;

#define ISLANDS_MAX 100
#define ISLANDS_PATTERNS_MAX 10000 /* in all islands of one rule */

struct prefixes;

struct island {
    char **patterns;
    size_t count;
    bool hosts;                /* one of them says on which host */
    struct prefixes *prefixes; /* when it was settled with many patterns, else NULL; owned */
};

struct islands {
    struct island *at;
    size_t count;
    size_t *users; /* of what is shared by islands_share(), else NULL */
};

/* Adds an empty island, which the next calls of islands_add_pattern() fill. */
void islands_add(struct islands *islands);
void islands_add_pattern(struct islands *islands, const char *pattern, size_t len);
void islands_add_copy(struct islands *islands, const struct island *island);
void islands_done(struct islands *islands);

/* Nothing is added any more, and they are going to be asked often. */
void islands_settle(struct islands *islands);

/*
 * Returns 0; or -EINVAL, and which island or name is wrong: fewer than two islands, an empty island, a
 * malformed name, a node in two islands, too many of anything.
 */
int islands_check(const struct islands *islands, struct refusal *refusal);

/* The part of it that is about the names alone; `field` is how errors call the islands, or the only one. */
int islands_check_names(const struct islands *islands, const char *field, struct refusal *refusal);
int island_check_names(const struct island *island, const char *field, struct refusal *refusal);

struct islands islands_copy(const struct islands *islands);

/* The same once more without a copy: what is shared must not change; it goes when all are done with it. */
struct islands islands_share(struct islands *islands);

bool island_holds(const struct island *island, const char *name);

/* The first island that the node belongs to, or -1. */
int islands_find(const struct islands *islands, const char *name);

/* The same by patterns without globs alone: those say outright whom they mean. */
int islands_naming(const struct islands *islands, const char *name);

/* The first island behind `after` that matches the node, or -1: tells that a node is in two of them. */
int islands_find_after(const struct islands *islands, const char *name, int after);

/* May a node of the island be in one of these? Yes when it is hard to tell. */
bool islands_may_meet(const struct islands *islands, const struct island *island);

/* The island to which every node that the pattern can mean belongs, or -1: there is none, or it is hard to tell. */
int islands_covering(const struct islands *islands, const char *narrow);

#endif
