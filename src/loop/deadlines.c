/* SPDX-License-Identifier: MIT */
/*
 * A heap of pointers in which nobody is due before its parent, so the first is due first:
 *
 *                    0                    the parent of i is (i - 1) / 4, its children are 4i + 1 to 4i + 4
 *         1       2       3       4
 *      5 6 7 8   9 ...                    every deadline knows its place, so it is found again when it moves
 *
 * Four children instead of two: half as deep, and four siblings' pointers share a cache line or two.
 *
 * The timer is armed for armed_us, which is never later than the first one is due. It may be earlier: when the first
 * one is cleared or put off the timer is left alone, rings for nothing, and is armed anew then. That is cheaper than
 * a system call each time, as most deadlines are put off again and again.
 */
#include "loop/deadlines.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/memory.h"

#define CHILDREN 4
#define ROOM_FIRST 16
#define NEVER_US UINT64_MAX

struct deadlines {
    struct loop *loop;
    int timer;
    struct watch *watch;
    uint64_t armed_us;      /* NEVER_US: not armed */
    uint64_t turn_us;       /* those up to this time are being called; 0: not now */
    struct deadline **heap; /* count of them, as many as their owners: those have the limits */
    size_t count, room;
};

static void put(struct deadlines *deadlines, size_t index, struct deadline *deadline)
{
    deadlines->heap[index] = deadline;
    deadline->place = index + 1;
}

/* Puts it at index, or nearer to the top: whoever is due later comes down. */
static void rise(struct deadlines *deadlines, size_t index, struct deadline *deadline)
{
    while (index > 0) {
        size_t parent = (index - 1) / CHILDREN;

        if (deadlines->heap[parent]->at_us <= deadline->at_us)
            break;
        put(deadlines, index, deadlines->heap[parent]);
        index = parent;
    }
    put(deadlines, index, deadline);
}

/* The index of the child that is due first, or count: there is none. */
static size_t first_child(const struct deadlines *deadlines, size_t index)
{
    size_t child = index * CHILDREN + 1, end = child + CHILDREN, first = child;

    if (child >= deadlines->count)
        return deadlines->count;
    if (end > deadlines->count)
        end = deadlines->count;
    for (; child < end; child++)
        if (deadlines->heap[child]->at_us < deadlines->heap[first]->at_us)
            first = child;
    return first;
}

/* Puts it at index, or farther from the top: whoever is due earlier goes up. */
static void sink(struct deadlines *deadlines, size_t index, struct deadline *deadline)
{
    for (;;) {
        size_t child = first_child(deadlines, index);

        if (child == deadlines->count || deadlines->heap[child]->at_us >= deadline->at_us)
            break;
        put(deadlines, index, deadlines->heap[child]);
        index = child;
    }
    put(deadlines, index, deadline);
}

/* Where it belongs, when whoever stood at index is gone, or was itself with another time. */
static void settle(struct deadlines *deadlines, size_t index, struct deadline *deadline)
{
    if (index > 0 && deadlines->heap[(index - 1) / CHILDREN]->at_us > deadline->at_us)
        rise(deadlines, index, deadline);
    else
        sink(deadlines, index, deadline);
}

static void add(struct deadlines *deadlines, struct deadline *deadline)
{
    if (deadlines->count == deadlines->room) {
        deadlines->room = deadlines->room ? deadlines->room * 2 : ROOM_FIRST;
        deadlines->heap = mem_resize(deadlines->heap, deadlines->room * sizeof(deadlines->heap[0]));
    }
    rise(deadlines, deadlines->count++, deadline);
}

static uint64_t first_us(const struct deadlines *deadlines)
{
    return deadlines->count > 0 ? deadlines->heap[0]->at_us : NEVER_US;
}

/* Also forgets that the timer has rung, so nobody has to read it. */
static void arm(struct deadlines *deadlines, uint64_t at_us)
{
    struct itimerspec when = {0};

    if (at_us != NEVER_US) {
        when.it_value.tv_sec = (time_t)(at_us / 1000000);
        when.it_value.tv_nsec = (long)(at_us % 1000000 * 1000);
    }
    if (timerfd_settime(deadlines->timer, TFD_TIMER_ABSTIME, &when, NULL) != 0)
        abort(); /* it has no reason to fail but a wrong argument */
    deadlines->armed_us = at_us;
}

static void on_timer(void *data, unsigned ready)
{
    struct deadlines *deadlines = data;
    uint64_t now_us = loop_clock_us(deadlines->loop);

    (void)ready;
    deadlines->turn_us = now_us;
    for (; first_us(deadlines) <= deadlines->turn_us && now_us - deadlines->turn_us < DEADLINES_TURN_US_MAX;
         now_us = loop_clock_us(deadlines->loop)) {
        struct deadline *deadline = deadlines->heap[0];

        deadline_clear(deadlines, deadline);
        deadline->fn(deadline->data); /* may have freed it */
    }
    deadlines->turn_us = 0;
    arm(deadlines, first_us(deadlines));
}

struct deadlines *deadlines_new(struct loop *loop)
{
    struct deadlines *deadlines = mem_new(sizeof(*deadlines));

    deadlines->loop = loop;
    deadlines->armed_us = NEVER_US;
    deadlines->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (deadlines->timer < 0)
        goto no_timer;
    deadlines->watch = watch_new(loop, deadlines->timer, on_timer, deadlines);
    if (deadlines->watch && watch_want(deadlines->watch, READY_READ) == 0)
        return deadlines;
    watch_free(deadlines->watch);
    close(deadlines->timer);
no_timer:
    free(deadlines);
    return NULL;
}

void deadlines_free(struct deadlines *deadlines)
{
    if (!deadlines)
        return;
    assert(deadlines->count == 0 && deadlines->turn_us == 0);
    watch_free(deadlines->watch);
    close(deadlines->timer);
    free(deadlines->heap);
    free(deadlines);
}

void deadline_set(struct deadlines *deadlines, struct deadline *deadline, uint64_t at_us)
{
    /*
     * In the midst of a turn, what is set for a time that has passed waits for the next one, or the turn might never
     * end. What is due in this turn already stays where it is. Outside of one this spares the timer a zero, which
     * would disarm it.
     */
    if (at_us <= deadlines->turn_us)
        at_us = deadline->place && deadline->at_us <= deadlines->turn_us ? deadline->at_us : deadlines->turn_us + 1;
    if (deadline->place && deadline->at_us == at_us)
        return;

    assert(deadline->fn);
    deadline->at_us = at_us;
    if (deadline->place)
        settle(deadlines, deadline->place - 1, deadline);
    else
        add(deadlines, deadline);
    if (deadlines->turn_us == 0 && at_us < deadlines->armed_us)
        arm(deadlines, at_us);
}

void deadline_clear(struct deadlines *deadlines, struct deadline *deadline)
{
    if (!deadline->place)
        return;
    assert(deadline->place <= deadlines->count && deadlines->heap[deadline->place - 1] == deadline);

    struct deadline *last = deadlines->heap[--deadlines->count];

    if (last != deadline)
        settle(deadlines, deadline->place - 1, last);
    deadline->place = 0;
}
