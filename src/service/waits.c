/* SPDX-License-Identifier: MIT */
#include "service/waits.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "base/duration.h"
#include "base/memory.h"
#include "loop/deadlines.h"
#include "model/events.h"
#include "request/wait.h"
#include "service/look.h"
#include "service/service.h"

/*
 * Things often happen in bursts: how long after the first one all are looked at. A look at thousands of cables takes
 * its time, and so many times that it leaves to those who are relayed.
 */
#define GATHER_US 5000
#define LOOK_SHARE 20

/* Whoever begins to wait has a look of its own, unless the last one took longer than that: then the next one is for all
 * who have come until then. */
#define LOOK_OWN_US 500

/* What takes time to be seen is looked at at least so often: it is to be noticed that somebody has sent something. */
#define CLOCK_LOOK_US 50000

struct wait {
    struct waits *waits;
    struct wait_request request;
    uint64_t ends_us;
    struct refusal missing; /* as of the last look */
    struct deadline end;
    wait_fn *fn;
    void *data;
    struct wait *prev, *next; /* waits->all */
};

struct waits {
    struct service *service;
    struct subscriber subscriber;
    struct wait *all;
    size_t lasting, looking; /* of these */
    struct deadline look;
    uint64_t took_us;        /* the last look */
    uint64_t rests_until_us; /* no look before */
};

static uint64_t now_us(const struct waits *waits)
{
    return loop_clock_us(waits->service->loop);
}

static void wait_free(struct wait *wait)
{
    deadline_clear(wait->waits->service->deadlines, &wait->end);
    wait_request_done(&wait->request);
    free(wait);
}

/* Else it has a look, and that is all: it takes no place of those who wait. */
static bool lasts(const struct wait *wait)
{
    return wait->request.timeout_us > 0;
}

static size_t *places_of(const struct wait *wait)
{
    return lasts(wait) ? &wait->waits->lasting : &wait->waits->looking;
}

void wait_cancel(struct wait *wait)
{
    DL_DELETE(wait->waits->all, wait);
    --*places_of(wait);
    wait_free(wait);
}

static void tell(struct wait *wait, const struct refusal *refusal)
{
    uint64_t event = wait->request.condition.event;
    wait_fn *fn = wait->fn;
    void *data = wait->data;
    struct refusal told = refusal ? *refusal : (struct refusal){0};

    wait_cancel(wait);
    fn(data, refusal ? &told : NULL, event);
}

/* In time for the next thing that can happen to anybody who waits. */
static void look_within(struct waits *waits, uint64_t in_us)
{
    uint64_t at_us = now_us(waits) + in_us;

    if (at_us < waits->rests_until_us)
        at_us = waits->rests_until_us;
    if (!waits->look.place || at_us < waits->look.at_us)
        deadline_set(waits->service->deadlines, &waits->look, at_us);
}

static bool goes_by_the_clock(const struct wait *wait)
{
    return condition_takes_us(&wait->request.condition) > 0;
}

static int refuse_late(const struct wait *wait, struct refusal *refusal)
{
    char time[32];

    if (wait->request.timeout_us == 0)
        return refuse_as(refusal, -ETIMEDOUT, NULL, "not now: %s", wait->missing.text);
    duration_print(wait->request.timeout_us, time, sizeof(time));
    return refuse_as(refusal, -ETIMEDOUT, NULL, "not within %s: %s", time, wait->missing.text);
}

static void on_end(void *data)
{
    struct wait *wait = data;
    struct refusal refusal;

    refuse_late(wait, &refusal);
    tell(wait, &refusal);
}

static void note_look(struct waits *waits, uint64_t began_us)
{
    waits->took_us = now_us(waits) - began_us;
    waits->rests_until_us = began_us + waits->took_us + LOOK_SHARE * waits->took_us;
}

static bool rests(const struct waits *waits)
{
    return waits->took_us > LOOK_OWN_US && now_us(waits) < waits->rests_until_us;
}

static void on_look(void *data)
{
    struct waits *waits = data;
    uint64_t began_us = now_us(waits);
    struct wait *wait, *next;
    struct cluster cluster;
    bool by_the_clock = false;

    if (!waits->all)
        return;
    look(waits->service, &cluster);
    DL_FOREACH_SAFE(waits->all, wait, next) {
        int status = condition_look(&wait->request.condition, &cluster, now_us(waits), &wait->missing);

        if (status != -EAGAIN)
            tell(wait, status == 0 ? NULL : &wait->missing);
        else
            by_the_clock |= goes_by_the_clock(wait);
    }
    cluster_done(&cluster);
    note_look(waits, began_us);
    if (by_the_clock)
        look_within(waits, CLOCK_LOOK_US);
}

static void on_event(void *data, const struct event *event)
{
    struct waits *waits = data;
    struct wait *wait;
    bool at_once = false;

    DL_FOREACH(waits->all, wait)
        at_once |= condition_hear(&wait->request.condition, event);
    if (waits->all)
        look_within(waits, at_once ? 0 : GATHER_US);
}

static int look_once(struct waits *waits, struct wait *wait)
{
    uint64_t began_us = now_us(waits);
    struct cluster cluster;
    int status;

    look(waits->service, &cluster);
    status = condition_look(&wait->request.condition, &cluster, now_us(waits), &wait->missing);
    cluster_done(&cluster);
    note_look(waits, began_us);
    return status;
}

/* No end before the look that it came for. */
static uint64_t end_of(const struct waits *waits, const struct wait *wait, bool looked)
{
    uint64_t end_us = now_us(waits) + wait->request.timeout_us;

    return looked || end_us > waits->rests_until_us ? end_us : waits->rests_until_us + 1;
}

int wait_begin(struct waits *waits, struct wait_request *request, wait_fn *fn, void *data, struct wait **ret,
               uint64_t *ret_event, struct refusal *refusal)
{
    struct wait *wait = mem_new(sizeof(*wait));
    bool looks = !rests(waits);
    int status, most;

    *wait = (struct wait){.waits = waits, .request = *request, .fn = fn, .data = data};
    wait->end = (struct deadline){.fn = on_end, .data = wait};
    *request = (struct wait_request){0};
    most = lasts(wait) ? WAITS_MAX : WAITS_LOOKS_MAX;
    status = looks ? look_once(waits, wait) : -EAGAIN;
    if (status == -EAGAIN && looks && !lasts(wait))
        status = refuse_late(wait, &wait->missing);
    else if (status == -EAGAIN && *places_of(wait) >= (size_t)most)
        status = refuse_as(&wait->missing, -EBUSY, NULL,
                           "%d requests are waiting already; try again when one of them has ended", most);
    if (status != -EAGAIN) {
        *ret_event = wait->request.condition.event;
        *refusal = wait->missing;
        wait_free(wait);
        return status;
    }
    deadline_set(waits->service->deadlines, &wait->end, end_of(waits, wait, looks));
    DL_APPEND(waits->all, wait);
    ++*places_of(wait);
    if (!looks)
        look_within(waits, 0);
    if (goes_by_the_clock(wait))
        look_within(waits, CLOCK_LOOK_US);
    *ret = wait;
    return status;
}

struct waits *waits_new(struct service *service)
{
    struct waits *waits = mem_new(sizeof(*waits));

    waits->service = service;
    waits->subscriber = (struct subscriber){.fn = on_event, .data = waits};
    waits->look = (struct deadline){.fn = on_look, .data = waits};
    events_subscribe(service->events, &waits->subscriber);
    return waits;
}

void waits_free(struct waits *waits)
{
    struct refusal refusal;

    if (!waits)
        return;
    refuse_as(&refusal, -EBUSY, NULL, "the daemon has ended meanwhile");
    while (waits->all)
        tell(waits->all, &refusal);
    deadline_clear(waits->service->deadlines, &waits->look);
    events_unsubscribe(waits->service->events, &waits->subscriber);
    free(waits);
}
