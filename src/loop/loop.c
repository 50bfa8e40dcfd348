/* SPDX-License-Identifier: MIT */
/*
 * Descriptors are watched by an epoll set of our own; libuv has the alarms and the signals, and its own descriptor is
 * in that set. It could watch ours too, but it aborts where the kernel refuses to watch one more (epoll_ctl with ENOSPC
 * or ENOMEM), and takes two system calls to change its mind about one.
 *
 * libuv frees nothing at once: a handle may be released only in its close callback. So alarms are detached (their owner
 * is forgotten) and closed; the close callback frees them, and nobody else has to count handles. Watches that are freed
 * wait for the end of the turn: what was reported in it may be about them.
 *
 * An alarm for the next turn is none of libuv's: that would call one that sets itself again, for now, for ever.
 */
#include "loop/loop.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include <utlist.h>
#include <uv.h>

#include "base/memory.h"
#include "loop/awake.h"

/* As many are reported in one turn; the others in the next. */
#define REPORTS_MAX 256

enum watch_state {
    WATCH_living,
    WATCH_failed, /* it is in the set no more: the kernel would report the same for ever */
    WATCH_freed,  /* and waits for the end of the turn */
};

struct watch {
    struct loop *loop;
    int fd;
    enum watch_state state;
    unsigned wanted;
    watch_fn *fn;
    void *data;
    struct watch *next; /* loop->freed */
};

struct loop {
    uv_loop_t uv;
    int epoll;
    struct awake *awake; /* or NULL: it sleeps at once */
    bool stopped;
    size_t watches; /* those that are not freed */
    size_t crowd;   /* those that are reported in this turn */
    struct watch *freed;
    uint64_t turns;     /* counted from 1 */
    struct alarm *soon; /* for the next turn, in the order in which they were set */
};

struct alarm {
    uv_timer_t timer;
    struct loop *loop;
    uint64_t set_in;           /* the turn in which it was set for the next one; 0: it was not */
    struct alarm *prev, *next; /* loop->soon */
    alarm_fn *fn;
    void *data;
};

struct hook {
    union {
        uv_handle_t handle;
        uv_signal_t signal;
    } uv;
    alarm_fn *fn;
    void *data;
};

struct loop *loop_new(void)
{
    struct loop *loop = mem_new(sizeof(*loop));
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};

    int status = uv_loop_init(&loop->uv);

    loop->turns = 1;
    if (status != 0)
        goto no_uv;
    loop->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (loop->epoll >= 0 && epoll_ctl(loop->epoll, EPOLL_CTL_ADD, uv_backend_fd(&loop->uv), &event) == 0)
        return loop;
    status = -errno;
    if (loop->epoll >= 0)
        close(loop->epoll);
    uv_loop_close(&loop->uv);
no_uv:
    free(loop);
    errno = -status;
    return NULL;
}

static void free_data(uv_handle_t *handle)
{
    free(handle->data);
}

static void close_hook(uv_handle_t *handle, void *arg)
{
    (void)arg;
    if (!uv_is_closing(handle))
        uv_close(handle, free_data);
}

static void reap_watches(struct loop *loop)
{
    while (loop->freed) {
        struct watch *watch = loop->freed;

        loop->freed = watch->next;
        free(watch);
    }
}

void loop_free(struct loop *loop)
{
    if (!loop)
        return;
    assert(loop->watches == 0);
    reap_watches(loop);
    awake_free(loop->awake);
    close(loop->epoll);
    uv_walk(&loop->uv, close_hook, NULL);
    uv_run(&loop->uv, UV_RUN_DEFAULT);
    if (uv_loop_close(&loop->uv) != 0)
        abort();
    free(loop);
}

/* ---- a turn ---- */

static void report(struct watch *watch, unsigned events)
{
    unsigned ready = 0;

    if (watch->state != WATCH_living || !watch->wanted)
        return;
    if (events & EPOLLERR) {
        watch->state = WATCH_failed;
        epoll_ctl(watch->loop->epoll, EPOLL_CTL_DEL, watch->fd, NULL);
        ready = watch->wanted | READY_FAILED;
    } else {
        ready |= events & EPOLLIN ? READY_READ : 0;
        ready |= events & EPOLLOUT ? READY_WRITE : 0;
        ready |= events & EPOLLRDHUP ? READY_HANGUP : 0;
        ready &= watch->wanted; /* somebody may have changed it in this very turn */
        if (events & EPOLLHUP)  /* both directions have ended: whatever is waited for is there */
            ready = watch->wanted;
    }
    if (ready)
        watch->fn(watch->data, ready);
}

/* Those that are set meanwhile are for the next one. */
static void ring_soon(struct loop *loop)
{
    while (loop->soon && loop->soon->set_in < loop->turns) {
        struct alarm *alarm = loop->soon;

        alarm_clear(alarm);
        alarm->fn(alarm->data);
    }
}

/* Without alarms and signals libuv would not wait at all. */
static int patience_ms(const struct loop *loop)
{
    if (loop->soon)
        return 0;
    return uv_loop_alive(&loop->uv) ? uv_backend_timeout(&loop->uv) : -1;
}

/* Looks on while it pays, and then sleeps. */
static int look_on(struct loop *loop, struct epoll_event *events, int patience)
{
    uint64_t began_us = loop_clock_us(loop), now_us = began_us, limit_us = awake_for_us(loop->awake, began_us);
    int count = 0;

    while (count == 0 && now_us - began_us < limit_us) {
        count = epoll_wait(loop->epoll, events, REPORTS_MAX, 0);
        now_us = loop_clock_us(loop);
    }
    if (count == 0) {
        count = epoll_wait(loop->epoll, events, REPORTS_MAX, patience);
        now_us = loop_clock_us(loop);
    }
    awake_learn(loop->awake, now_us - began_us);
    return count;
}

/* Returns how many watches have something to report. */
static int await(struct loop *loop, struct epoll_event *events)
{
    int patience = patience_ms(loop);

    if (loop->awake && patience != 0)
        return look_on(loop, events, patience);
    return epoll_wait(loop->epoll, events, REPORTS_MAX, patience);
}

static void turn(struct loop *loop)
{
    struct epoll_event events[REPORTS_MAX];
    int count = await(loop, events);
    bool uv_is_ready = false;

    loop->turns++;
    uv_update_time(&loop->uv);
    loop->crowd = count > 0 ? (size_t)count : 0;
    for (int i = 0; i < count; i++) {
        struct watch *watch = events[i].data.ptr;

        if (watch)
            report(watch, events[i].events);
        else
            uv_is_ready = true;
    }
    reap_watches(loop);
    ring_soon(loop);
    if (uv_is_ready || (uv_loop_alive(&loop->uv) && uv_backend_timeout(&loop->uv) == 0))
        uv_run(&loop->uv, UV_RUN_NOWAIT);
}

void loop_run(struct loop *loop)
{
    uv_run(&loop->uv, UV_RUN_NOWAIT); /* what is new to libuv is watched from here on */
    while (!loop->stopped)
        turn(loop);
    loop->stopped = false;
}

void loop_stop(struct loop *loop)
{
    loop->stopped = true;
}

/* On a single processor whoever looks on keeps those from it who have something to say. */
static bool has_company(void)
{
    cpu_set_t set;

    return sched_getaffinity(0, sizeof(set), &set) == 0 && CPU_COUNT(&set) > 1;
}

void loop_stay_awake(struct loop *loop, uint64_t limit_us)
{
    awake_free(loop->awake);
    loop->awake = limit_us > 0 && has_company() ? awake_new(limit_us, "/proc/self/schedstat") : NULL;
}

uint64_t loop_awake_us(const struct loop *loop)
{
    return loop->awake ? awake_limit_us(loop->awake) : 0;
}

size_t loop_crowd(const struct loop *loop)
{
    return loop->crowd > 0 ? loop->crowd : 1;
}

uint64_t loop_now_ms(const struct loop *loop)
{
    return uv_now(&loop->uv);
}

uint64_t loop_clock_us(const struct loop *loop)
{
    (void)loop;
    return uv_hrtime() / 1000; /* CLOCK_MONOTONIC, which loop/deadlines.c relies on */
}

uint64_t loop_wall_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* ---- watches ---- */

/* What the kernel is asked for; the kernel always reports errors as well, and when both directions have ended. */
static struct epoll_event wish(struct watch *watch)
{
    unsigned events = watch->wanted ? 0 : EPOLLET; /* nothing is wanted: once is enough */

    events |= watch->wanted & READY_READ ? EPOLLIN : 0;
    events |= watch->wanted & READY_WRITE ? EPOLLOUT : 0;
    events |= watch->wanted & READY_HANGUP ? EPOLLRDHUP : 0;
    return (struct epoll_event){.events = events, .data.ptr = watch};
}

/* For callers ENOMEM is a lack of descriptors, for which others would make room in vain. */
static int refusal(void)
{
    return errno == ENOMEM ? -ENOSPC : -errno;
}

struct watch *watch_new(struct loop *loop, int fd, watch_fn *fn, void *data)
{
    struct watch *watch = mem_new(sizeof(*watch));
    struct epoll_event event;
    int flags = fcntl(fd, F_GETFL);

    *watch = (struct watch){.loop = loop, .fd = fd, .fn = fn, .data = data};
    event = wish(watch);
    if (flags < 0 || (!(flags & O_NONBLOCK) && fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) ||
        epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &event) < 0) {
        free(watch);
        errno = -refusal();
        return NULL;
    }
    loop->watches++;
    return watch;
}

int watch_want(struct watch *watch, unsigned wanted)
{
    struct epoll_event event;
    unsigned before = watch->wanted;

    if (watch->state == WATCH_failed || before == wanted)
        return 0;
    watch->wanted = wanted;
    event = wish(watch);
    if (epoll_ctl(watch->loop->epoll, EPOLL_CTL_MOD, watch->fd, &event) == 0)
        return 0;
    watch->wanted = before;
    return refusal();
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
    if (watch->state == WATCH_living)
        epoll_ctl(watch->loop->epoll, EPOLL_CTL_DEL, watch->fd, NULL);
    watch->state = WATCH_freed;
    watch->loop->watches--;
    watch->next = watch->loop->freed;
    watch->loop->freed = watch;
}

/* ---- alarms and signals ---- */

static void on_timer(uv_timer_t *timer)
{
    struct alarm *alarm = timer->data;

    alarm->fn(alarm->data);
}

struct alarm *alarm_new(struct loop *loop, alarm_fn *fn, void *data)
{
    struct alarm *alarm = mem_new(sizeof(*alarm));

    uv_timer_init(&loop->uv, &alarm->timer);
    alarm->timer.data = alarm;
    alarm->loop = loop;
    alarm->fn = fn;
    alarm->data = data;
    return alarm;
}

void alarm_set(struct alarm *alarm, uint64_t in_ms)
{
    struct loop *loop = alarm->loop;

    if (in_ms == 0 && alarm->set_in) /* it keeps its turn */
        return;
    alarm_clear(alarm);
    if (in_ms > 0) {
        uv_timer_start(&alarm->timer, on_timer, in_ms, 0);
        return;
    }
    alarm->set_in = loop->turns;
    DL_APPEND(loop->soon, alarm);
}

void alarm_clear(struct alarm *alarm)
{
    uv_timer_stop(&alarm->timer);
    if (alarm->set_in)
        DL_DELETE(alarm->loop->soon, alarm);
    alarm->set_in = 0;
}

void alarm_free(struct alarm *alarm)
{
    if (!alarm)
        return;
    alarm_clear(alarm);
    uv_close((uv_handle_t *)&alarm->timer, free_data);
}

static struct hook *hook_new(alarm_fn *fn, void *data)
{
    struct hook *hook = mem_new(sizeof(*hook));

    hook->uv.handle.data = hook;
    hook->fn = fn;
    hook->data = data;
    return hook;
}

static void on_signal(uv_signal_t *signal, int number)
{
    struct hook *hook = signal->data;

    (void)number;
    hook->fn(hook->data);
}

void loop_on_signal(struct loop *loop, int signal, alarm_fn *fn, void *data)
{
    struct hook *hook = hook_new(fn, data);

    uv_signal_init(&loop->uv, &hook->uv.signal);
    uv_signal_start(&hook->uv.signal, on_signal, signal);
}
