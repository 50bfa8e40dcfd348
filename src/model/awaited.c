/* SPDX-License-Identifier: MIT */
#include "model/awaited.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/refusal.h"
#include "model/conditions.h"
#include "model/events.h"

_Static_assert(EVENTS_COUNT <= 32, "a bit each");

int awaited_read_kinds(struct condition *condition, struct refusal *refusal)
{
    const struct island *words = &condition->islands.at[0];

    for (size_t i = 0; i < words->count; i++) {
        enum event_kind kind;

        if (strcmp(words->patterns[i], "*") == 0)
            condition->kinds = UINT32_MAX;
        else if (event_kind_parse(words->patterns[i], strlen(words->patterns[i]), &kind, refusal) < 0)
            return refusal_within(refusal, "condition");
        else
            condition->kinds |= 1U << kind;
    }
    return 0;
}

static bool holds(const struct island *island, const char *name)
{
    return name && island_holds(island, name);
}

/* Between a node of the one island and one of the other, whichever way; or about a node of the only one. */
static bool is_about(const struct islands *islands, const struct event *event)
{
    const struct island *a = &islands->at[1], *b = &islands->at[2];

    if (islands->count == 1)
        return true;
    if (islands->count == 2)
        return holds(a, event->from) || holds(a, event->to);
    return (holds(a, event->from) && holds(b, event->to)) || (holds(b, event->from) && holds(a, event->to));
}

void awaited_hear(struct condition *condition, const struct event *event)
{
    if (!condition->event && event->id > condition->after && condition->kinds & 1U << event->kind &&
        is_about(&condition->islands, event))
        condition->event = event->id;
}

int awaited_look(struct condition *condition, const struct events *events, struct refusal *refusal)
{
    uint64_t last = events_last(events), oldest = last > EVENTS_MAX ? last - EVENTS_MAX + 1 : 1;
    const struct event *event;

    if (!condition->from_one) {
        condition->from_one = true;
        condition->after = last;
    }
    if (events_check_number(events, condition->after, "after", refusal) < 0)
        return -EINVAL;
    if (!condition->seen)
        for (uint64_t id = condition->after; !condition->event && (event = events_next(events, id)); id = event->id)
            awaited_hear(condition, event);
    if (condition->event)
        return 0;
    if (!condition->seen && condition->after + 1 < oldest)
        return refuse_as(refusal, -EOPNOTSUPP, "after",
                         "this cannot be known: only the newest %d events are remembered, from %" PRIu64
                         " on, and it is none of those",
                         EVENTS_MAX, oldest);
    condition->seen = true; /* from now on it hears of each */
    return refuse_as(refusal, -EAGAIN, NULL, "no such event has come behind %" PRIu64, condition->after);
}
