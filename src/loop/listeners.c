/* SPDX-License-Identifier: MIT */
#include "loop/listeners.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/memory.h"
#include "loop/accepting.h"
#include "loop/loop.h"

struct listener {
    struct listeners *listeners;
    int fd;
    struct watch *watch;
};

struct listeners {
    struct loop *loop;
    struct descriptors *descriptors;
    listeners_fn *fn;
    void *data;
    struct listener at[LISTENERS_MAX];
    size_t count;
    struct alarm *resume; /* descriptors had run out */
};

/* Returns 0, or a negative errno when not all of them could be told. */
static int watch_all(struct listeners *listeners, unsigned wanted)
{
    int status = 0;

    for (size_t i = 0; i < listeners->count; i++) {
        int told = watch_want(listeners->at[i].watch, wanted);

        status = told < 0 ? told : status;
    }
    return status;
}

static void resume(void *data)
{
    struct listeners *listeners = data;

    if (watch_all(listeners, READY_READ) < 0)
        alarm_set(listeners->resume, ACCEPTING_PAUSE_MS);
}

static void on_ready(void *data, unsigned ready)
{
    struct listener *listener = data;
    struct listeners *listeners = listener->listeners;
    int fd = 0;

    (void)ready;
    for (int i = 0; i < ACCEPTING_BURST && fd >= 0; i++) {
        struct address peer;

        fd = accepting_next(listener->fd, listeners->descriptors, &peer);
        if (fd >= 0)
            listeners->fn(listeners->data, fd, &peer);
    }
    if (fd == -EMFILE) {
        watch_all(listeners, 0); /* else it reports, and pauses, again */
        alarm_set(listeners->resume, ACCEPTING_PAUSE_MS);
    }
}

struct listeners *listeners_new(struct loop *loop, struct descriptors *descriptors, listeners_fn *fn, void *data)
{
    struct listeners *listeners = mem_new(sizeof(*listeners));

    *listeners = (struct listeners){.loop = loop, .descriptors = descriptors, .fn = fn, .data = data};
    listeners->resume = alarm_new(loop, resume, listeners);
    return listeners;
}

void listeners_free(struct listeners *listeners)
{
    if (!listeners)
        return;
    for (size_t i = 0; i < listeners->count; i++) {
        watch_free(listeners->at[i].watch);
        close(listeners->at[i].fd);
    }
    alarm_free(listeners->resume);
    free(listeners);
}

int listeners_add(struct listeners *listeners, int fd)
{
    struct listener *listener = &listeners->at[listeners->count];
    int status;

    if (listeners->count == LISTENERS_MAX)
        return -ENOSPC;
    *listener = (struct listener){.listeners = listeners, .fd = fd};
    listener->watch = watch_new(listeners->loop, fd, on_ready, listener);
    if (!listener->watch)
        return -errno;
    status = watch_want(listener->watch, READY_READ);
    if (status < 0)
        watch_free(listener->watch);
    else
        listeners->count++;
    return status;
}
