/* SPDX-License-Identifier: MIT */
#include "control/entrances.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/memory.h"
#include "loop/accepting.h"
#include "loop/loop.h"

struct entrance {
    struct entrances *entrances;
    int fd;
    enum way way;
    struct watch *watch;
};

struct entrances {
    struct loop *loop;
    struct descriptors *descriptors;
    entrance_fn *fn;
    void *data;
    struct entrance at[ENTRANCES_MAX];
    size_t count;
    struct alarm *resume; /* descriptors had run out */
};

/* Returns 0, or a negative errno when not all of them could be told. */
static int watch_all(struct entrances *entrances, unsigned wanted)
{
    int status = 0;

    for (size_t i = 0; i < entrances->count; i++) {
        int told = watch_want(entrances->at[i].watch, wanted);

        status = told < 0 ? told : status;
    }
    return status;
}

static void resume(void *data)
{
    struct entrances *entrances = data;

    if (watch_all(entrances, READY_READ) < 0)
        alarm_set(entrances->resume, ACCEPTING_PAUSE_MS);
}

/* The name of a Unix socket's peer is none of an address, and says nothing. */
static void on_ready(void *data, unsigned ready)
{
    const struct address nobody = {.any.sa_family = AF_UNIX, .len = sizeof(sa_family_t)};
    struct entrance *entrance = data;
    struct entrances *entrances = entrance->entrances;
    int fd = 0;

    (void)ready;
    for (int i = 0; i < ACCEPTING_BURST && fd >= 0; i++) {
        struct address peer;

        fd = accepting_next(entrance->fd, entrances->descriptors, &peer);
        if (fd >= 0)
            entrances->fn(entrances->data, fd, entrance->way == WAY_UNIX ? &nobody : &peer, entrance->way);
    }
    if (fd == -EMFILE) {
        watch_all(entrances, 0); /* else it reports again, and at once */
        alarm_set(entrances->resume, ACCEPTING_PAUSE_MS);
    }
}

struct entrances *entrances_new(struct loop *loop, struct descriptors *descriptors, entrance_fn *fn, void *data)
{
    struct entrances *entrances = mem_new(sizeof(*entrances));

    *entrances = (struct entrances){.loop = loop, .descriptors = descriptors, .fn = fn, .data = data};
    entrances->resume = alarm_new(loop, resume, entrances);
    return entrances;
}

void entrances_free(struct entrances *entrances)
{
    for (size_t i = 0; i < entrances->count; i++) {
        watch_free(entrances->at[i].watch);
        close(entrances->at[i].fd);
    }
    alarm_free(entrances->resume);
    free(entrances);
}

int entrances_listen(struct entrances *entrances, int fd, enum way way)
{
    struct entrance *entrance = &entrances->at[entrances->count];
    int status;

    if (entrances->count == ENTRANCES_MAX)
        return -ENOSPC;
    *entrance = (struct entrance){.entrances = entrances, .fd = fd, .way = way};
    entrance->watch = watch_new(entrances->loop, fd, on_ready, entrance);
    if (!entrance->watch)
        return -errno;
    status = watch_want(entrance->watch, READY_READ);
    if (status < 0)
        watch_free(entrance->watch);
    else
        entrances->count++;
    return status;
}
