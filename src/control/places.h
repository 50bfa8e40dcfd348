/* SPDX-License-Identifier: MIT */
/*
 * The places for HTTP's connections. As long as its request is not complete a connection may lose its place: when its
 * time is over, however busily it drips, or to whoever comes when all are taken. One with which rules go keeps it: what
 * it says next may come in an hour.
 */
#ifndef CONTROL_PLACES_H
#define CONTROL_PLACES_H

#include <stdbool.h>
#include <stddef.h>

#include "control/way.h"
#include "loop/expiry.h"

struct lease;

struct places {
    struct expiry entering; /* those whose requests are not complete */
    size_t count, owners;
    void (*shut)(void *data); /* the socket of one of them was shut: whoever reads it should look */
    void *data;
};

struct place {
    struct places *places;
    int fd; /* not owned */
    enum way way;
    struct expiring expiring;
    struct lease *owner; /* of the rules that go with the connection; NULL: none. Whose place it is ends it */
};

void places_init(struct places *places, struct loop *loop, void (*shut)(void *data), void *data);
void places_done(struct places *places); /* when all have left */

/* All are taken: whoever has waited longest for the rest of its request makes room. Returns whether somebody does. */
bool places_make_room(struct places *places);

struct place *place_take(struct places *places, int fd, enum way way);
void place_leave(struct place *place); /* frees it */

/* Why no rule can go with the connection: others go with too many already. NULL: one can. */
const char *place_owns_not(const struct place *place);

/*
 * It has an owner now: what goes with the connection is not to go because nobody has anything to ask for a while; but
 * when the machine at its other end has vanished, within a minute. (And when nothing is taken of an answer: http.c.)
 */
void place_owns(struct place *place);

/* A request comes; and is complete, and may take its time. */
void place_entering(struct place *place);
void place_entered(struct place *place);

#endif
