/* SPDX-License-Identifier: MIT */
/*
 * events: which of those that are remembered, or that are to come. Its document is the query of GET /v1/events: texts.
 */
#ifndef REQUEST_EVENTS_REQUEST_H
#define REQUEST_EVENTS_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/refusal.h"

/* Behind that no event ever is: whoever asks wants to know the number of the newest one, and none of them. */
#define EVENTS_BEHIND_ALL UINT64_MAX

struct event;

struct events_request {
    bool from_one; /* after the event of this number; else whoever asks decides */
    uint64_t after;
    unsigned kinds;   /* a bit each; 0: all */
    const char *node; /* a pattern; not owned. NULL: about whatever node, or none */
};

/* The number of an event, such as 17. Returns 0 or -EINVAL. */
int event_number_from_text(const char *text, const char *field, uint64_t *ret, struct refusal *refusal);

/*
 * Each text may be NULL; kinds are separated by commas. `again` (Last-Event-ID) is what `after` is, from whoever comes
 * again with the same query, and goes before that. Returns 0; or -EINVAL, the refusal, and *ret is untouched.
 */
int events_request_from_texts(const char *again, const char *after, const char *kinds, const char *node,
                              struct events_request *ret, struct refusal *refusal);

/* Is it of one of the kinds, and about the node? Its number does not matter. */
bool events_request_means(const struct events_request *request, const struct event *event);

#endif
