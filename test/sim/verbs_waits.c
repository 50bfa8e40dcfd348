/* SPDX-License-Identifier: MIT */
/*
 * Waits: whatever holds when it is told so must hold by what the actors know, and what did not come in time must not
 * have been there.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "oracle.h"
#include "request/wait.h"
#include "service/waits.h"
#include "sets.h"
#include "verbs.h"
#include "verbs_inside.h"

#define WAITING_MAX 16

struct waiting {
    struct awaited awaited;
    char text[200];
    uint64_t ends_us;
    struct wait *wait;
    struct waiting *prev, *next;
};

static struct waiting *all;
static size_t waiting_count;

static void put_names(char *to, size_t size, const struct set *set)
{
    size_t i, len;
    json_t *name;

    json_array_foreach(set->names, i, name) {
        len = strlen(to);
        snprintf(to + len, size - len, "%c%s", i ? ',' : ' ', json_string_value(name));
    }
    json_decref(set->names);
}

static void draw_condition(struct waiting *waiting)
{
    static const char *const kinds[] = {"up", "mesh", "connected", "disconnected", "noticed", "settled", "quiet"};
    struct awaited *awaited = &waiting->awaited;
    struct set first, second;

    awaited->kind = (enum awaited_kind)draw(AWAITED_quiet + 1);
    snprintf(waiting->text, sizeof(waiting->text), "%s", kinds[awaited->kind]);
    if (awaited->kind == AWAITED_up) {
        awaited->number = (unsigned)draw_between(1, actors_count);
        snprintf(waiting->text, sizeof(waiting->text), "up %u", awaited->number);
    }
    if (awaited->kind != AWAITED_connected && awaited->kind != AWAITED_disconnected)
        return;
    first = set_draw_plain(set_all());
    second = set_draw_plain(set_all());
    awaited->sets[0] = first.actors;
    awaited->sets[1] = second.actors;
    put_names(waiting->text, sizeof(waiting->text), &first);
    put_names(waiting->text, sizeof(waiting->text), &second);
}

static void told(struct waiting *waiting, int status, const struct refusal *refusal)
{
    trace("wait %s: %s", waiting->text, status == 0 ? "it holds" : refusal->text);
    if (status == 0)
        oracle_wait_holds(&waiting->awaited, waiting->text);
    else if (status == -ETIMEDOUT && now_us() >= waiting->ends_us)
        oracle_wait_times_out(&waiting->awaited, waiting->text);
}

static void forget(struct waiting *waiting)
{
    DL_DELETE(all, waiting);
    waiting_count--;
    free(waiting);
}

static void on_told(void *data, const struct refusal *refusal, uint64_t event)
{
    struct waiting *waiting = data;

    (void)event;
    told(waiting, refusal ? refusal->status : 0, refusal);
    forget(waiting);
}

void verbs_wait(void)
{
    struct waiting *waiting = calloc(1, sizeof(*waiting));
    uint64_t timeout_ms = chance(200) ? 0 : draw(chance(300) ? 60000 : 5000), event;
    struct wait_request request;
    struct refusal refusal;
    char timeout[32];
    int status;

    draw_condition(waiting);
    if (waiting->awaited.kind >= AWAITED_settled)
        timeout_ms += 2000; /* it takes a while to be seen */
    snprintf(timeout, sizeof(timeout), "%llums", (unsigned long long)timeout_ms);
    trace("wait %s for %s", waiting->text, timeout);
    verbs.count++;
    if (wait_request_from_texts(waiting->text, timeout, NULL, &request, &refusal) < 0)
        verbs_refused("wait", &refusal);
    waiting->ends_us = now_us() + timeout_ms * MS_US;
    DL_APPEND(all, waiting);
    waiting_count++;
    status = wait_begin(verbs.house->waits, &request, on_told, waiting, &waiting->wait, &event, &refusal);
    if (status != -EAGAIN) {
        told(waiting, status, &refusal);
        forget(waiting);
    } else if (waiting_count > WAITING_MAX) {
        wait_cancel(all->wait);
        forget(all);
    }
}

void verbs_look_at_waits(uint64_t slack_us)
{
    const struct waiting *waiting;

    DL_FOREACH(all, waiting)
        if (waiting->ends_us + slack_us < now_us())
            wrong("nobody answers to wait %s, and its time is over", waiting->text);
}

void verbs_end_waits(void)
{
    while (all) {
        wait_cancel(all->wait);
        forget(all);
    }
}
