/* SPDX-License-Identifier: MIT */
#include "model/events.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "base/memory.h"
#include "base/refusal.h"
#include "base/suggest.h"

struct events {
    uint64_t last;
    struct subscriber *subscribers;
    struct event ring[EVENTS_MAX]; /* event n stands at n % EVENTS_MAX; its texts are owned */
};

static const struct {
    const char *name, *help; /* the name first, for suggest() */
} rows[] = {
#define X(name, help) {#name, help},
    EVENTS_TABLE(X)
#undef X
};

struct events *events_new(void)
{
    return mem_new(sizeof(struct events));
}

static void forget(struct event *event)
{
    free((char *)event->from);
    free((char *)event->to);
    free((char *)event->why);
}

void events_free(struct events *events)
{
    if (!events)
        return;
    for (size_t i = 0; i < EVENTS_MAX; i++)
        forget(&events->ring[i]);
    free(events);
}

static const char *copy(const char *text)
{
    return text ? mem_string(text, strlen(text)) : NULL;
}

void events_add(struct events *events, const struct event *event)
{
    struct event *kept = &events->ring[++events->last % EVENTS_MAX];
    struct subscriber *subscriber, *next;

    forget(kept);
    *kept = *event;
    kept->id = events->last;
    kept->from = copy(event->from);
    kept->to = copy(event->to);
    kept->why = copy(event->why);
    DL_FOREACH_SAFE(events->subscribers, subscriber, next)
        subscriber->fn(subscriber->data, kept);
}

void events_subscribe(struct events *events, struct subscriber *subscriber)
{
    DL_APPEND(events->subscribers, subscriber);
}

void events_unsubscribe(struct events *events, struct subscriber *subscriber)
{
    DL_DELETE(events->subscribers, subscriber);
}

uint64_t events_last(const struct events *events)
{
    return events->last;
}

int events_check_number(const struct events *events, uint64_t id, const char *field, struct refusal *refusal)
{
    if (id <= events->last)
        return 0;
    return refuse(refusal, field,
                  "no event has that number yet, the newest is %" PRIu64 "; was the daemon started anew?",
                  events->last);
}

const struct event *events_next(const struct events *events, uint64_t after)
{
    uint64_t oldest = events->last > EVENTS_MAX ? events->last - EVENTS_MAX + 1 : 1;
    uint64_t id = after + 1 > oldest ? after + 1 : oldest;

    return after < events->last ? &events->ring[id % EVENTS_MAX] : NULL;
}

int event_kind_parse(const char *name, size_t len, enum event_kind *ret, struct refusal *refusal)
{
    char word[64];
    const char *meant;

    snprintf(word, sizeof(word), "%.*s", (int)(len < sizeof(word) ? len : sizeof(word)), name);
    for (enum event_kind kind = 0; kind < EVENTS_COUNT; kind++)
        if (strcmp(rows[kind].name, word) == 0) {
            *ret = kind;
            return 0;
        }
    meant = suggest(word, rows, EVENTS_COUNT, sizeof(rows[0]));
    if (meant)
        return refuse(refusal, NULL, "no event is named '%s'; did you mean %s?", word, meant);
    refuse(refusal, NULL, "no event is named '%s'; there are", word);
    for (enum event_kind kind = 0; kind < EVENTS_COUNT; kind++)
        refusal_add(refusal, "%s %s", kind ? "," : "", rows[kind].name);
    return -EINVAL;
}

const char *event_name(enum event_kind kind)
{
    return rows[kind].name;
}

const char *event_help(enum event_kind kind)
{
    return rows[kind].help;
}

void event_print(const struct event *event, char *to, size_t size)
{
    const char *from = event->from ? event->from : "?", *other = event->to ? event->to : "?";
    const char *why = event->why ? event->why : "?";

    switch (event->kind) {
    case EVENT_node_up:
    case EVENT_node_down:
        snprintf(to, size, "%s", from);
        return;
    case EVENT_cable_up:
        snprintf(to, size, "#%" PRIu64 " %s dialled %s", event->cable, from, other);
        return;
    case EVENT_cable_deserted:
    case EVENT_cable_down:
    case EVENT_cable_gone:
        snprintf(to, size, "#%" PRIu64 " %s, %s: %s", event->cable, from, other, why);
        return;
    case EVENT_cable_raw:
        snprintf(to, size, "#%" PRIu64 " to %s", event->cable, other);
        return;
    case EVENT_cable_held:
        snprintf(to, size, "#%" PRIu64 " %s dials %s", event->cable, from, other);
        return;
    case EVENT_lane_full:
        snprintf(to, size, "#%" PRIu64 " %s to %s: %" PRIu64 " bytes wait", event->cable, from, other, event->number);
        return;
    case EVENT_lane_flows:
        snprintf(to, size, "#%" PRIu64 " %s to %s", event->cable, from, other);
        return;
    case EVENT_rule_vacuous:
        snprintf(to, size, "rule #%" PRIu32 " has changed nothing", event->rule);
        return;
    case EVENT_rules_changed:
        snprintf(to, size, "%" PRIu64 " in force", event->number);
        return;
    case EVENTS_COUNT:
        break;
    }
    abort();
}
