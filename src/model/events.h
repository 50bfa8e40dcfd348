/* SPDX-License-Identifier: MIT */
/*
 * What happened lately: numbered from 1, with a time; for people, waits, effects and metrics. Nothing is steered by
 * them. An event is what happened, not a sentence about it: event_print() makes one where somebody wants to read it.
 *
 * The newest EVENTS_MAX are remembered; subscribers hear of each when it happens.
 */
#ifndef MODEL_EVENTS_H
#define MODEL_EVENTS_H

#include <stddef.h>
#include <stdint.h>

#define EVENTS_MAX 1000
#define EVENT_TEXT_MAX 4096 /* two names and a reason fit */

/* Name, what of an event's fields it has, what it means. */
#define EVENTS_TABLE(X)                                                                                    \
    X(node_up, "a node has registered: from")                                                              \
    X(node_down, "a node is no longer registered: from")                                                   \
    X(cable_up, "two nodes have shaken hands: from has dialled to")                                        \
    X(cable_deserted, "one of the nodes has given a connection up, and a fault keeps that from the other") \
    X(cable_down, "a connection over which nodes talked has ended: why")                                   \
    X(cable_gone, "nothing is left of a connection that was down, or raw: why")                            \
    X(cable_held, "a new connection is held back: from dials to")                                          \
    X(cable_raw, "a connection whose handshake cannot be read (TLS, say): to, nobody knows from whom")     \
    X(lane_full, "a delayed lane may keep no more (number: bytes that wait): back-pressure goes through")  \
    X(lane_flows, "and has room again")                                                                    \
    X(rule_vacuous, "a rule has ended, and has changed nothing: rule")                                     \
    X(rules_changed, "rules were added, removed, or have ended; number: of those in force")

enum event_kind {
#define X(name, help) EVENT_##name,
    EVENTS_TABLE(X)
#undef X
        EVENTS_COUNT
};

/* What a kind does not have is 0 or NULL. */
struct event {
    uint64_t id;
    uint64_t time_ms; /* since 1970 */
    enum event_kind kind;
    uint64_t cable;        /* its number */
    const char *from, *to; /* nodes: full names where they are known */
    uint32_t rule;         /* its number */
    uint64_t number;
    const char *why;
};

/* Embedded in whoever wants to hear of events as they happen. */
struct subscriber {
    void (*fn)(void *data, const struct event *event); /* must add no event, and end no subscription but its own */
    void *data;
    struct subscriber *prev, *next; /* events->subscribers */
};

struct events;
struct refusal;

struct events *events_new(void);
void events_free(struct events *events); /* nobody subscribes any more */

/* Copies it, numbers it, and tells the subscribers. */
void events_add(struct events *events, const struct event *event);

void events_subscribe(struct events *events, struct subscriber *subscriber);
void events_unsubscribe(struct events *events, struct subscriber *subscriber);

/* The number of the newest; 0: nothing has happened yet. */
uint64_t events_last(const struct events *events);

/* Can there be events behind that one? Else -EINVAL and the refusal: it is still to come. */
int events_check_number(const struct events *events, uint64_t id, const char *field, struct refusal *refusal);

/* The oldest one behind `after` that is still remembered, or NULL. It is valid until the next events_add(). */
const struct event *events_next(const struct events *events, uint64_t after);

/* The kind of that name of len bytes. Returns 0; or -EINVAL and the refusal, without a field. */
int event_kind_parse(const char *name, size_t len, enum event_kind *ret, struct refusal *refusal);

const char *event_name(enum event_kind kind);
const char *event_help(enum event_kind kind);

/* One line about it, without number, time and name: "#3 a@h dialled b@h". EVENT_TEXT_MAX bytes are enough. */
void event_print(const struct event *event, char *to, size_t size);

#endif
