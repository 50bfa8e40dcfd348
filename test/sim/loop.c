/* SPDX-License-Identifier: MIT */
/*
 * What src/loop/loop.c does with epoll and libuv, with what this world says is ready. The order of what is reported in
 * a turn is drawn: no kernel promises one.
 */
#include "loop/loop.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include <utlist.h>

#include "calls.h"
#include "loop_sim.h"
#include "world.h"

#define REPORTS_MAX 256 /* as there */

struct watch {
    int fd;
    enum { WATCH_living, WATCH_failed, WATCH_freed } state;
    unsigned wanted;
    watch_fn *fn;
    void *data;
    struct watch *prev, *next; /* loop->watches, or ->freed */
};

struct alarm {
    struct loop *loop;
    uint64_t due_ms, number; /* 0: it is not set; number: in which order they were */
    uint64_t set_in;         /* the turn in which it was set for the next one; 0: it was not */
    alarm_fn *fn;
    void *data;
    struct alarm *prev, *next; /* loop->alarms */
};

struct loop {
    struct watch *watches, *freed;
    struct alarm *alarms;
    uint64_t now_ms, turns, numbers;
    size_t crowd;
    bool in_turn, stopped, woken;
    struct happening next;
    unsigned late_one_of;
    uint64_t late_us;
    void (*after)(void);
};

static struct loop *the_loop;

static void turn(void *data);

struct loop *loop_new(void)
{
    struct loop *loop = calloc(1, sizeof(*loop));

    assert(!the_loop);
    loop->next = (struct happening){.fn = turn, .data = loop};
    loop->turns = 1;
    loop->now_ms = now_us() / MS_US;
    return the_loop = loop;
}

static void reap(struct loop *loop)
{
    while (loop->freed) {
        struct watch *watch = loop->freed;

        LL_DELETE(loop->freed, watch);
        free(watch);
    }
}

void loop_free(struct loop *loop)
{
    if (loop->watches || loop->alarms)
        wrong("the daemon has ended and left watches or alarms");
    reap(loop);
    happen_not(&loop->next);
    free(loop);
    the_loop = NULL;
}

/* ---- when ---- */

void loop_sim_wake(void)
{
    uint64_t in_us = 1 + draw(20);

    if (!the_loop || the_loop->in_turn || the_loop->stopped || the_loop->woken)
        return;
    if (the_loop->late_one_of && draw(the_loop->late_one_of) == 0)
        in_us = 1 + draw(the_loop->late_us);
    the_loop->woken = true;
    happen_in(&the_loop->next, in_us);
}

void loop_sim_be_late(unsigned one_of, uint64_t most_us)
{
    the_loop->late_one_of = one_of;
    the_loop->late_us = most_us;
}

bool loop_sim_turns(void)
{
    return the_loop && the_loop->in_turn;
}

bool loop_sim_stopped(void)
{
    return the_loop->stopped;
}

void loop_sim_set_after(void (*fn)(void))
{
    the_loop->after = fn;
}

static unsigned events_of(const struct watch *watch)
{
    unsigned ready, events = SOCK_ERROR | SOCK_HUNG_UP;

    if (watch->state != WATCH_living || !watch->wanted)
        return 0;
    events |= watch->wanted & READY_READ ? SOCK_READABLE : 0;
    events |= watch->wanted & READY_WRITE ? SOCK_WRITABLE : 0;
    events |= watch->wanted & READY_HANGUP ? SOCK_CAME_END : 0;
    ready = calls_ready(watch->fd);
    return ready & events;
}

static struct alarm *first_alarm(const struct loop *loop)
{
    struct alarm *alarm, *first = NULL;

    DL_FOREACH(loop->alarms, alarm)
        if (alarm->due_ms && (!first || alarm->due_ms < first->due_ms ||
                              (alarm->due_ms == first->due_ms && alarm->number < first->number)))
            first = alarm;
    return first;
}

/* That rings in this turn; any: or in the next. */
static struct alarm *first_soon(const struct loop *loop, bool any)
{
    struct alarm *alarm, *first = NULL;

    DL_FOREACH(loop->alarms, alarm)
        if (alarm->set_in && (any || alarm->set_in < loop->turns) && (!first || alarm->number < first->number))
            first = alarm;
    return first;
}

static void wait_for_next(struct loop *loop)
{
    const struct alarm *alarm = first_alarm(loop);
    uint64_t at_us = alarm ? alarm->due_ms * MS_US : UINT64_MAX;
    struct watch *watch;

    if (loop->woken)
        return;
    DL_FOREACH(loop->watches, watch)
        if (events_of(watch)) {
            loop_sim_wake();
            return;
        }
    if (first_soon(loop, true))
        loop_sim_wake();
    else if (at_us != UINT64_MAX)
        happen_at(&loop->next, at_us > now_us() ? at_us : now_us());
    else
        happen_not(&loop->next);
}

/* ---- a turn ---- */

static void report(struct watch *watch, unsigned events)
{
    unsigned ready = 0;

    if (watch->state != WATCH_living || !watch->wanted)
        return;
    if (events & SOCK_ERROR) {
        watch->state = WATCH_failed;
        ready = watch->wanted | READY_FAILED;
    } else {
        ready |= events & SOCK_READABLE ? READY_READ : 0;
        ready |= events & SOCK_WRITABLE ? READY_WRITE : 0;
        ready |= events & SOCK_CAME_END ? READY_HANGUP : 0;
        ready &= watch->wanted;
        if (events & SOCK_HUNG_UP)
            ready = watch->wanted;
    }
    if (ready)
        watch->fn(watch->data, ready);
}

static void report_all(struct loop *loop)
{
    struct {
        struct watch *watch;
        unsigned events;
    } at[REPORTS_MAX], swap;
    struct watch *watch;
    size_t count = 0;

    DL_FOREACH(loop->watches, watch) {
        unsigned events = events_of(watch);

        if (!events || count == REPORTS_MAX)
            continue;
        at[count].watch = watch;
        at[count++].events = events;
    }
    for (size_t i = count; i > 1; i--) {
        size_t k = draw(i);

        swap = at[i - 1];
        at[i - 1] = at[k];
        at[k] = swap;
    }
    loop->crowd = count;
    for (size_t i = 0; i < count; i++)
        report(at[i].watch, at[i].events);
}

static void turn(void *data)
{
    struct loop *loop = data;
    struct alarm *alarm;

    loop->in_turn = true;
    loop->woken = false;
    loop->turns++;
    loop->now_ms = now_us() / MS_US;
    report_all(loop);
    reap(loop);
    while ((alarm = first_soon(loop, false))) {
        alarm_clear(alarm);
        alarm->fn(alarm->data);
    }
    loop->now_ms = now_us() / MS_US;
    while ((alarm = first_alarm(loop)) && alarm->due_ms <= loop->now_ms) {
        alarm_clear(alarm);
        alarm->fn(alarm->data);
    }
    loop->in_turn = false;
    if (loop->after)
        loop->after();
    if (!loop->stopped)
        wait_for_next(loop);
}

void loop_run(struct loop *loop)
{
    (void)loop;
    abort(); /* the world runs it */
}

void loop_stop(struct loop *loop)
{
    loop->stopped = true;
}

size_t loop_crowd(const struct loop *loop)
{
    return loop->crowd > 0 ? loop->crowd : 1;
}

uint64_t loop_now_ms(const struct loop *loop)
{
    return loop->now_ms;
}

/* It is read often, and time goes by meanwhile. */
uint64_t loop_clock_us(const struct loop *loop)
{
    (void)loop;
    return now_us();
}

uint64_t loop_wall_ms(void)
{
    return wall_ms();
}

/* ---- watches ---- */

struct watch *watch_new(struct loop *loop, int fd, watch_fn *fn, void *data)
{
    struct watch *watch;

    if (calls_fails("epoll_ctl", ENOSPC, calls_sock(fd)))
        return NULL;
    watch = calloc(1, sizeof(*watch));
    *watch = (struct watch){.fd = fd, .fn = fn, .data = data};
    DL_APPEND(loop->watches, watch);
    return watch;
}

int watch_want(struct watch *watch, unsigned wanted)
{
    if (watch->state == WATCH_failed || watch->wanted == wanted)
        return 0;
    if (calls_fails("epoll_ctl", ENOSPC, calls_sock(watch->fd)))
        return -ENOSPC;
    watch->wanted = wanted;
    loop_sim_wake();
    return 0;
}

void watch_give(struct watch *watch, watch_fn *fn, void *data)
{
    watch->fn = fn;
    watch->data = data;
}

void watch_free(struct watch *watch)
{
    if (!watch)
        return;
    calls_ready(watch->fd); /* it is still open */
    DL_DELETE(the_loop->watches, watch);
    watch->state = WATCH_freed;
    LL_PREPEND(the_loop->freed, watch);
}

/* ---- alarms and signals ---- */

struct alarm *alarm_new(struct loop *loop, alarm_fn *fn, void *data)
{
    struct alarm *alarm = calloc(1, sizeof(*alarm));

    *alarm = (struct alarm){.loop = loop, .fn = fn, .data = data};
    DL_APPEND(loop->alarms, alarm);
    return alarm;
}

void alarm_set(struct alarm *alarm, uint64_t in_ms)
{
    struct loop *loop = alarm->loop;

    if (in_ms == 0 && alarm->set_in)
        return;
    alarm_clear(alarm);
    alarm->number = ++loop->numbers;
    if (in_ms > 0)
        alarm->due_ms = loop->now_ms + in_ms;
    else
        alarm->set_in = loop->turns;
    if (!loop->in_turn)
        wait_for_next(loop);
}

void alarm_clear(struct alarm *alarm)
{
    alarm->due_ms = 0;
    alarm->set_in = 0;
}

void alarm_free(struct alarm *alarm)
{
    if (!alarm)
        return;
    DL_DELETE(alarm->loop->alarms, alarm);
    free(alarm);
}

void loop_on_signal(struct loop *loop, int signal, alarm_fn *fn, void *data)
{
    (void)loop;
    (void)signal;
    (void)fn;
    (void)data;
}
