/* SPDX-License-Identifier: MIT */
/*
 * Things that end when nothing has happened to them for a while: all in one list have the same patience, so the list
 * stays ordered by itself, its head is always the next to go, and one alarm serves them all.
 */
#ifndef LOOP_EXPIRY_H
#define LOOP_EXPIRY_H

#include <stddef.h>
#include <stdint.h>

struct loop;
struct alarm;

/* Embedded in whatever expires. */
struct expiring {
    struct expiry *list; /* NULL: on none */
    void *owner;
    uint64_t deadline_ms;
    struct expiring *prev, *next; /* list->first, next to expire first */
};

struct expiry {
    struct loop *loop;
    struct alarm *alarm;
    uint64_t patience_ms;
    void (*expired)(void *owner); /* it is off the list already */
    struct expiring *first;
    size_t count;
};

void expiry_init(struct expiry *expiry, struct loop *loop, uint64_t patience_ms, void (*expired)(void *owner));
/* The list must be empty. */
void expiry_done(struct expiry *expiry);

/* Its time starts now, anew when it is on this list or another already. */
void expiry_add(struct expiry *expiry, struct expiring *item, void *owner);
void expiry_remove(struct expiring *item); /* fine when it is on no list */

/* The one that would go next, or NULL. */
void *expiry_oldest(const struct expiry *expiry);

#endif
