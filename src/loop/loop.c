/* SPDX-License-Identifier: MIT */
/*
 * libuv frees nothing at once: a handle may be released only in its close callback. So watches and alarms are detached
 * (their owner is forgotten) and closed; the close callback frees them, and nobody else has to count handles.
 */
#include "loop/loop.h"

#include <assert.h>
#include <stdlib.h>
#include <time.h>

#include <uv.h>

#include "base/memory.h"

struct loop {
    uv_loop_t uv;
};

struct watch {
    uv_poll_t poll;
    watch_fn *fn;
    void *data;
    unsigned wanted;
    bool failed; /* libuv has stopped it after an error, see watch_want() */
};

struct alarm {
    uv_timer_t timer;
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

    if (uv_loop_init(&loop->uv) != 0)
        abort();
    return loop;
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

void loop_free(struct loop *loop)
{
    if (!loop)
        return;
    uv_walk(&loop->uv, close_hook, NULL);
    uv_run(&loop->uv, UV_RUN_DEFAULT);
    if (uv_loop_close(&loop->uv) != 0)
        abort();
    free(loop);
}

void loop_run(struct loop *loop)
{
    uv_run(&loop->uv, UV_RUN_DEFAULT);
}

void loop_stop(struct loop *loop)
{
    uv_stop(&loop->uv);
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

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct watch *watch = poll->data;
    unsigned ready = 0;

    if (status < 0) {
        watch->failed = true;
        ready = watch->wanted | READY_FAILED;
    } else {
        ready |= events & UV_READABLE ? READY_READ : 0;
        ready |= events & UV_WRITABLE ? READY_WRITE : 0;
        ready |= events & UV_DISCONNECT ? READY_HANGUP : 0;
    }
    watch->fn(watch->data, ready);
}

struct watch *watch_new(struct loop *loop, int fd, watch_fn *fn, void *data)
{
    struct watch *watch = mem_new(sizeof(*watch));

    if (uv_poll_init(&loop->uv, &watch->poll, fd) != 0) {
        free(watch);
        return NULL;
    }
    watch->poll.data = watch;
    watch->fn = fn;
    watch->data = data;
    return watch;
}

int watch_want(struct watch *watch, unsigned wanted)
{
    int events = 0;

    if (watch->failed || watch->wanted == wanted)
        return 0;
    watch->wanted = wanted;
    events |= wanted & READY_READ ? UV_READABLE : 0;
    events |= wanted & READY_WRITE ? UV_WRITABLE : 0;
    events |= wanted & READY_HANGUP ? UV_DISCONNECT : 0;
    return events ? uv_poll_start(&watch->poll, events, on_poll) : uv_poll_stop(&watch->poll);
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
    uv_close((uv_handle_t *)&watch->poll, free_data);
}

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
    alarm->fn = fn;
    alarm->data = data;
    return alarm;
}

void alarm_set(struct alarm *alarm, uint64_t in_ms)
{
    uv_timer_start(&alarm->timer, on_timer, in_ms, 0);
}

void alarm_clear(struct alarm *alarm)
{
    uv_timer_stop(&alarm->timer);
}

void alarm_free(struct alarm *alarm)
{
    if (!alarm)
        return;
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
