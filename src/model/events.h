/* SPDX-License-Identifier: MIT */
/*
 * What happened lately: numbered from 1, with a time, for people, waits and metrics; nothing is steered by them. The
 * newest EVENTS_MAX are remembered.
 */
#ifndef MODEL_EVENTS_H
#define MODEL_EVENTS_H

#include <stddef.h>
#include <stdint.h>

#define EVENTS_MAX 1000
#define EVENT_TEXT_MAX 512

#define EVENTS_TABLE(X)                                                         \
    X(node_up, "a node has registered")                                         \
    X(node_down, "a node is no longer registered")                              \
    X(cable_up, "two nodes have shaken hands")                                  \
    X(cable_down, "a connection over which nodes talked has ended")             \
    X(cable_held, "a new connection is held back")                              \
    X(lane_full, "a delayed lane may keep no more: back-pressure goes through") \
    X(lane_flows, "and has room again")                                         \
    X(rules_changed, "rules were added, removed, or have ended")

enum event_kind {
#define X(name, help) EVENT_##name,
    EVENTS_TABLE(X)
#undef X
};

struct event {
    uint64_t id;
    uint64_t time_ms; /* since 1970 */
    enum event_kind kind;
    char text[EVENT_TEXT_MAX];
};

struct events;

struct events *events_new(void);
void events_free(struct events *events);

void events_add(struct events *events, enum event_kind kind, uint64_t time_ms, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The number of the newest; 0: nothing has happened yet. */
uint64_t events_last(const struct events *events);

/* The oldest one behind `after` that is still remembered, or NULL. */
const struct event *events_next(const struct events *events, uint64_t after);

const char *event_name(enum event_kind kind);

#endif
