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

/* The documents say that hidden nodes register as 72; C nodes (erl_interface), which always hide, send 104. */
#define NODE_TYPE_HIDDEN 72
#define NODE_TYPE_C 104

enum node_sight { SHOWN_PUBLISHED = 1, SHOWN_HIDDEN = 2 };

struct gate;

/* Whoever keeps a registration alive: the connection of a node, or our own node (endpoint/endpoint.h). */
struct owner {
    bool (*is_gone)(void *data); /* without having told us yet */
    void (*end)(void *data);     /* ends the registration at once: registry_remove() is called */
    void *data;
    bool is_ours; /* no part of the cluster: whoever counts, deals or looks at nodes passes it over */
};

struct node {
    struct epmd_node told; /* what it registered; name and extra are owned here */
    char *name;            /* told.name as a C string */
    char *full_name;       /* name@host as a handshake showed it, or NULL */
    unsigned shown_as;     /* a set of enum node_sight: how its handshakes have shown it */
    uint32_t creation;
    uint64_t number;           /* of its registration: greater than that of any before it */
    uint64_t since_ms;         /* when it registered, of the loop's clock; whoever registers it tells */
    bool connected;            /* it has talked with another node */
    struct registry *registry; /* that knows it */
    const struct owner *owner; /* NULL: the name is only remembered */
    int fd;                    /* the owner's descriptor, a number that DUMP shows */
    struct node *prev, *next;  /* registry's live (newest first) or remembered (oldest first) list */
    struct gate *gates;        /* those that stand in for it, see epmd/gate.h */
    UT_hash_handle hh;
};

/* As rules know it: the full name, or the short one until a handshake has shown the other. */
const char *node_name(const struct node *node);

/*
 * No member of the cluster, but a node that looks at it or steers it: it has registered as a hidden one, or none of its
 * handshakes has published it. (rabbitmqctl registers as an ordinary node and hides in its handshakes; an ordinary node
 * may hide one connection.)
 */
bool node_is_hidden(const struct node *node);

bool node_is_ours(const struct node *node);

/* Is that the number which its registration was given? Tells a node from a namesake. */
bool node_has_creation(const struct node *node, uint32_t creation);

struct registry;

struct registry *registry_new(size_t remembered_max);
void registry_free(struct registry *registry);

/* The registered node of that name, or NULL. */
struct node *registry_find(const struct registry *registry, const void *name, size_t len);

/*
 * Registers a name that is free (asserted: ask registry_find() first). `now_s` is the wall clock, from which a name
 * that is new gets its first creation. The node stays valid until registry_remove().
 */
struct node *registry_add(struct registry *registry, const struct epmd_node *told, const struct owner *owner, int fd,
                          uint32_t now_s);

/* The node is gone, its name is remembered. */
void registry_remove(struct registry *registry, struct node *node);

/*
 * A handshake of this node showed its full name, and itself hidden or not. The caller knows that it is this node's: it
 * was reached at its registered port, or has its creation. Teaches nothing, and returns false, when that is not this
 * node's name, or another host is known already: a node does not move while it is registered.
 */
bool node_learn(struct node *node, const char *full_name, bool hidden);

/* A number that is another one whenever node_name() or node_is_hidden() of a name that is registered may be. */
uint64_t registry_lessons(const struct registry *registry);

size_t registry_count(const struct registry *registry); /* of registered nodes, ours aside */

/* The newest of those whose registration has a smaller number, or NULL: for whoever goes on after a while. */
struct node *registry_before(const struct registry *registry, uint64_t number);

/* The first of each list; go on with ->next. */
struct node *registry_nodes(const struct registry *registry);      /* newest first */
struct node *registry_remembered(const struct registry *registry); /* oldest first */

#endif
