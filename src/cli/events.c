/* SPDX-License-Identifier: MIT */
/*
 * events: what happened lately, as far as the daemon remembers; or what happens.
 */
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/client.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/follow.h"
#include "request/answers.h"
#include "request/events_request.h"
#include "request/words.h"

struct events_fields {
    struct asking asking;
    int after;
    const char *kinds, *node;
    bool follow;
};

#define FIELD(name) offsetof(struct events_fields, name)

static const struct option_row rows[] = {
    {"after", "N", "only those behind the event of that number", OPTION_NUMBER, FIELD(after), 0, INT_MAX, NULL},
    {"kind", "KINDS", "only those of these kinds, with commas between", OPTION_TEXT, FIELD(kinds), 0, 0, NULL},
    {"node", "NAME", "only those about that node, or pattern", OPTION_TEXT, FIELD(node), 0, 0, NULL},
    {"follow", NULL, "those that happen from now on (or behind --after N), until Ctrl-C", OPTION_FLAG, FIELD(follow), 0,
     0, NULL},
};

static void add_events(struct text *to, const json_t *answer)
{
    const json_t *event;
    size_t i;

    json_array_foreach(json_object_get(answer, "events"), i, event)
        event_add_line(to, event);
}

/* Of kinds or of a node that may be misspelt. */
static void add_chosen_events(struct text *to, const json_t *answer)
{
    add_events(to, answer);
    if (json_array_size(json_object_get(answer, "events")) == 0)
        fprintf(stderr, "epmdpxy: there are no such events\n");
}

static void add_query(struct text *path, const char *name, const char *value)
{
    char *escaped;

    if (!value)
        return;
    escaped = client_escape(value);
    text_addf(path, "%s%s=%s", memchr(path->data, '?', path->len) ? "&" : "?", name, escaped);
    free(escaped);
}

/* A refusal in the words of the command line. */
static int check(const struct command *self, const struct events_fields *options)
{
    struct events_request request;
    struct refusal refusal;

    if (events_request_from_texts(NULL, NULL, options->kinds, options->node, &request, &refusal) == 0)
        return COMMAND_GO;
    return command_refuse(self, "--%s: %s", refusal.field, refusal.text);
}

static int run(const struct command *self, int argc, char **argv)
{
    struct events_fields options = {.asking = ASKING_NEW, .after = -1};
    struct text path = {0};
    char after[16];
    int status = command_begin(self, &options, argc, argv, 0, 0);

    if (status == COMMAND_GO)
        status = check(self, &options);
    if (status != COMMAND_GO)
        return status;
    snprintf(after, sizeof(after), "%d", options.after);
    text_addf(&path, "/v1/events");
    add_query(&path, "after", options.after < 0 ? NULL : after);
    add_query(&path, "kind", options.kinds);
    add_query(&path, "node", options.node);
    text_add(&path, "", 1);
    if (options.follow)
        status = follow(self, &options.asking, path.data);
    else
        status = client_tell(self, &options.asking, (struct client_request){.path = path.data},
                             options.node || options.kinds ? add_chosen_events : add_events);
    text_done(&path);
    return status;
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
