/* SPDX-License-Identifier: MIT */
/*
 * events: what happened lately, as far as the daemon remembers.
 */
#include <limits.h>
#include <stddef.h>
#include <time.h>

#include "cli/client.h"
#include "cli/command.h"
#include "cli/commands.h"

struct events_options {
    int port, after;
    bool json;
};

#define FIELD(name) offsetof(struct events_options, name)

static const struct option_row rows[] = {
    {"after", "N", "only those behind the event of that number", OPTION_NUMBER, FIELD(after), 0, INT_MAX, NULL},
    {"port", "N", "the daemon's port (ERL_EPMD_PORT, or 4369)", OPTION_NUMBER, FIELD(port), 1, 65535, NULL},
    {"json", NULL, "print them as JSON", OPTION_FLAG, FIELD(json), 0, 0, NULL},
};

static void print_event(const json_t *event)
{
    long long time_ms = json_integer_value(json_object_get(event, "time_ms"));
    time_t time_s = (time_t)(time_ms / 1000);
    struct tm local;
    char text[32];

    localtime_r(&time_s, &local);
    strftime(text, sizeof(text), "%H:%M:%S", &local);
    printf("%lld %s.%03lld %s %s\n", json_integer_value(json_object_get(event, "id")), text, time_ms % 1000,
           json_string_value(json_object_get(event, "event")), json_string_value(json_object_get(event, "text")));
}

static void print_events(const json_t *answer)
{
    const json_t *event;
    size_t i;

    json_array_foreach(json_object_get(answer, "events"), i, event)
        print_event(event);
}

static int run(const struct command *self, int argc, char **argv)
{
    struct events_options options = {.port = -1};
    struct client_request request = {0};
    char path[64];
    int status = command_begin(self, &options, argc, argv, 0, 0);

    if (status != COMMAND_GO)
        return status;
    if (command_port(self, options.port, &request.port) < 0)
        return STATUS_BAD_INPUT;
    snprintf(path, sizeof(path), "/v1/events?after=%d", options.after);
    request.path = path;
    return client_tell(self, &request, options.json, print_events);
}

const struct command events_command = {
    .name = "events",
    .synopsis = "events [OPTION...]",
    .summary = "what happened lately: nodes, connections, rules",
    .options = {OPTION_ROWS(rows)},
    .run = run,
};
