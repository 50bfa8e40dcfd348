/* SPDX-License-Identifier: MIT */
#include "model/events.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"

struct events {
    uint64_t last;
    struct event ring[EVENTS_MAX]; /* event n stands at n % EVENTS_MAX */
};

struct events *events_new(void)
{
    return mem_new(sizeof(struct events));
}

void events_free(struct events *events)
{
    free(events);
}

void events_add(struct events *events, enum event_kind kind, uint64_t time_ms, const char *format, ...)
{
    struct event *event = &events->ring[++events->last % EVENTS_MAX];
    va_list args;

    event->id = events->last;
    event->time_ms = time_ms;
    event->kind = kind;
    va_start(args, format);
    vsnprintf(event->text, sizeof(event->text), format, args);
    va_end(args);
}

uint64_t events_last(const struct events *events)
{
    return events->last;
}

const struct event *events_next(const struct events *events, uint64_t after)
{
    uint64_t oldest = events->last > EVENTS_MAX ? events->last - EVENTS_MAX + 1 : 1;
    uint64_t id = after + 1 > oldest ? after + 1 : oldest;

    return after < events->last ? &events->ring[id % EVENTS_MAX] : NULL;
}

const char *event_name(enum event_kind kind)
{
    static const char *const names[] = {
#define X(name, help) #name,
        EVENTS_TABLE(X)
#undef X
    };

    return names[kind];
}
