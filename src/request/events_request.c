/* SPDX-License-Identifier: MIT */
#include "request/events_request.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/events.h"
#include "model/pattern.h"

_Static_assert(EVENTS_COUNT <= 32, "a bit each");

int event_number_from_text(const char *text, const char *field, uint64_t *ret, struct refusal *refusal)
{
    uint64_t number;
    char *end;

    errno = 0;
    number = strtoull(text, &end, 10);
    if (errno || *end || text[0] < '0' || text[0] > '9')
        return refuse(refusal, field, "must be the number of an event, such as 17");
    *ret = number;
    return 0;
}

static int kinds_from_text(const char *text, unsigned *kinds, struct refusal *refusal)
{
    for (;; text++) {
        size_t len = strcspn(text, ",");
        enum event_kind kind;

        if (event_kind_parse(text, len, &kind, refusal) < 0)
            return refusal_within(refusal, "kind");
        *kinds |= 1U << kind;
        text += len;
        if (!*text)
            return 0;
    }
}

int events_request_from_texts(const char *again, const char *after, const char *kinds, const char *node,
                              struct events_request *ret, struct refusal *refusal)
{
    struct events_request request = {.from_one = again || after, .node = node};
    const char *fault = node ? pattern_fault(node) : NULL;

    if (after && event_number_from_text(after, "after", &request.after, refusal) < 0)
        return -EINVAL;
    if (again && event_number_from_text(again, "Last-Event-ID", &request.after, refusal) < 0)
        return -EINVAL;
    if (kinds && kinds_from_text(kinds, &request.kinds, refusal) < 0)
        return -EINVAL;
    if (fault)
        return refuse(refusal, "node", "%s ('%.100s')", fault, node);
    *ret = request;
    return 0;
}

static bool is_about(const char *name, const char *pattern)
{
    return name && pattern_matches(pattern, name);
}

bool events_request_means(const struct events_request *request, const struct event *event)
{
    if (request->kinds && !(request->kinds & 1U << event->kind))
        return false;
    return !request->node || is_about(event->from, request->node) || is_about(event->to, request->node);
}
