/* SPDX-License-Identifier: MIT */
#include "endpoint/callers.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <utlist.h>

#include "base/log.h"
#include "base/memory.h"
#include "control/api.h"
#include "endpoint/caller.h"
#include "loop/loop.h"
#include "service/service.h"
#include "service/waits.h"

static void on_again(void *data)
{
    struct callers *callers = data;
    struct caller *caller, *next;

    DL_FOREACH_SAFE(callers->all, caller, next)
        if (caller->due)
            caller_step(caller);
}

struct callers *callers_new(const struct api *api, struct descriptors *descriptors, const char *name, uint32_t creation,
                            const struct cookie *cookie)
{
    struct callers *callers = mem_new(sizeof(*callers));
    struct loop *loop = api->service->loop;

    callers->api = api;
    callers->loop = loop;
    callers->descriptors = descriptors;
    callers->waits = waits_new(api->service);
    callers->name = mem_string(name, strlen(name));
    callers->home = (struct process_home){callers->name, creation, 0};
    callers->cookie = *cookie;
    expiry_init(&callers->greeting, loop, CALLERS_HANDSHAKE_MS, caller_greets_late);
    expiry_init(&callers->deaf, loop, CALLERS_DEAF_MS, caller_is_deaf);
    expiry_init(&callers->silent, loop, CALLERS_TICK_MS, caller_is_silent);
    callers->again = alarm_new(loop, on_again, callers);
    turns_init(&callers->turns, loop);
    return callers;
}

void callers_free(struct callers *callers)
{
    if (!callers)
        return;
    while (callers->all)
        caller_close(callers->all);
    expiry_done(&callers->greeting);
    expiry_done(&callers->deaf);
    expiry_done(&callers->silent);
    alarm_free(callers->again);
    turns_done(&callers->turns);
    waits_free(callers->waits);
    free(callers->name);
    free(callers);
}

/* Returns false when all have shaken hands. */
static bool make_room(struct callers *callers)
{
    if (callers->count < CALLERS_MAX)
        return true;
    if (callers->greeting.first) {
        caller_close(expiry_oldest(&callers->greeting));
        return true;
    }
    if (!callers->full)
        log_warning("our node %s: %d nodes are connected with it; others are refused until one of them leaves",
                    callers->name, CALLERS_MAX);
    callers->full = true;
    return false;
}

void callers_admit(struct callers *callers, int fd, const struct address *peer)
{
    if (make_room(callers))
        caller_admit(callers, fd, peer);
    else
        close(fd);
}
