/* SPDX-License-Identifier: MIT */
/*
 * events: what happened lately, as far as the daemon remembers.
 */
#include <limits.h>
#include <stddef.h>

#include "cli/client.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "request/answers.h"
#include "request/words.h"

struct events_fields {
    struct asking asking;
    int after;
};

#define FIELD(name) offsetof(struct events_fields, name)

static const struct option_row rows[] = {
    {"after", "N", "only those behind the event of that number", OPTION_NUMBER, FIELD(after), 0, INT_MAX, NULL},
};

static void add_events(struct text *to, const json_t *answer)
{
    const json_t *event;
    size_t i;

    json_array_foreach(json_object_get(answer, "events"), i, event)
        event_add_line(to, event);
}

static int run(const struct command *self, int argc, char **argv)
{
    struct events_fields options = {.asking = ASKING_NEW};
    char path[64];
    int status = command_begin(self, &options, argc, argv, 0, 0);

    if (status != COMMAND_GO)
        return status;
    snprintf(path, sizeof(path), "/v1/events?after=%d", options.after);
    return client_tell(self, &options.asking, (struct client_request){.path = path}, add_events);
}

const struct command events_command = {
    .name = "events",
    .synopsis = "events [OPTION...]",
    .summary = "what happened lately: nodes, connections, rules",
    .details = "Each with its number, the time, what it is, and more about it:\n",
    .words = words_add_events,
    .options = {OPTION_ROWS(rows), .shared = {{&asking_options, FIELD(asking)}}},
    .run = run,
};
