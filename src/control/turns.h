/* SPDX-License-Identifier: MIT */
/*
 * Whose turn is it? Whoever has more to do than may be done in one turn of the loop stands in a queue, of which one has
 * its turn each time the loop turns: whatever so many ask for, the relay waits for one of them.
 */
#ifndef CONTROL_TURNS_H
#define CONTROL_TURNS_H

#include <stdbool.h>

struct alarm;
struct loop;
struct turn;

struct turns {
    struct alarm *alarm;
    struct turn *first;
    bool over;
};

/* Embedded; nobody else touches the rest. */
struct turn {
    void (*fn)(void *data, bool over); /* its turn has come, or there are no more; once, until it waits again */
    void *data;
    bool waits;
    struct turn *prev, *next; /* turns->first */
};

void turns_init(struct turns *turns, struct loop *loop);
/* There are no more: whoever waits is told so. */
void turns_end(struct turns *turns);
void turns_done(struct turns *turns);

/* At the end of the queue. It must not wait already. Returns false when there are no more turns. */
bool turns_wait(struct turns *turns, struct turn *turn);
void turns_leave(struct turns *turns, struct turn *turn); /* also when it does not wait */

#endif
