/* SPDX-License-Identifier: MIT */
/*
 * All registered nodes, and the memory of names that left: a name that comes back gets another creation number, so
 * that nobody takes a restarted node for its former self.
 *
 * One hash table holds both, so that every question costs the same with ten names and with 100,000.
 */
#ifndef MODEL_REGISTRY_H
#define MODEL_REGISTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uthash.h>

#include "wire/epmd.h"

/* How many names that left are remembered (the stock daemon: as many, and 5 when it is debugged). */
#define REGISTRY_REMEMBERED_MAX 1000

struct node {
    struct epmd_node told; /* what it registered; name and extra are owned here */
    char *name;            /* told.name as a C string */
    char *full_name;       /* name@host as a handshake showed it, or NULL */
    uint32_t creation;
    void *owner;              /* whoever keeps the registration alive; NULL: the name is only remembered */
    int fd;                   /* the owner's descriptor, a number that DUMP shows */
    struct node *prev, *next; /* registry's live (newest first) or remembered (oldest first) list */
    UT_hash_handle hh;
};

/* As rules know it: the full name, or the short one until a handshake has shown the other. */
const char *node_name(const struct node *node);

struct registry;

struct registry *registry_new(size_t remembered_max);
void registry_free(struct registry *registry);

/* The registered node of that name, or NULL. */
struct node *registry_find(const struct registry *registry, const void *name, size_t len);

/*
 * Registers a name that is free (asserted: ask registry_find() first). `now_s` is the wall clock, from which a name
 * that is new gets its first creation. The node stays valid until registry_remove().
 */
struct node *registry_add(struct registry *registry, const struct epmd_node *told, void *owner, int fd, uint32_t now_s);

/* The node is gone, its name is remembered. */
void registry_remove(struct registry *registry, struct node *node);

/* A handshake showed this full name; the registered node of that short name keeps it. */
void registry_learn_full_name(struct registry *registry, const char *full_name);

size_t registry_count(const struct registry *registry); /* of registered nodes */

/* The first of each list; go on with ->next. */
struct node *registry_nodes(const struct registry *registry);      /* newest first */
struct node *registry_remembered(const struct registry *registry); /* oldest first */

#endif
