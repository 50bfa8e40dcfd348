/* SPDX-License-Identifier: MIT */
/*
 * Deadlines of microseconds, as many as there are things that wait: alarms (loop/loop.h) know milliseconds only, which
 * is too coarse to pace bytes. One timer of the kernel serves them all, so setting one costs a system call only when
 * nothing else was due before.
 *
 * All times are of loop_clock_us(). No deadline is called early; how late depends on what else the loop has to do.
 */
#ifndef LOOP_DEADLINES_H
#define LOOP_DEADLINES_H

#include <stddef.h>
#include <stdint.h>

#include "loop/loop.h"

/* Nobody else waits longer for those who are due: what is left has the next turn, who was due first is called first. */
#define DEADLINES_TURN_US_MAX 5000

struct deadlines;

/* Embedded in its owner, who sets fn and data; all zero at first. It must not be waiting when the owner is freed. */
struct deadline {
    uint64_t at_us; /* as long as it waits */
    size_t place;   /* 1 + its index in the heap of struct deadlines; 0: not waiting */
    alarm_fn *fn;
    void *data;
};

/* To be freed before the loop. NULL, and errno, when no timer can be had: out of descriptors. */
struct deadlines *deadlines_new(struct loop *loop);
/* None may be waiting, and none be in its callback. NULL is fine. */
void deadlines_free(struct deadlines *deadlines);

/*
 * Calls fn once, from the loop, at at_us or later; not waiting any more by then. A deadline that was waiting is moved.
 * A time that has passed means as soon as possible, but never from inside this call.
 *
 * fn may set, clear and free any deadline, its own too. In one turn of the loop each is called once at most, however
 * often it is set: sockets and alarms always have their turn.
 */
void deadline_set(struct deadlines *deadlines, struct deadline *deadline, uint64_t at_us);

/* fn is not called any more, also when its time has come already. Fine when it is not waiting. */
void deadline_clear(struct deadlines *deadlines, struct deadline *deadline);

#endif
