/* SPDX-License-Identifier: MIT */
/*
 * observe: nodes that are no part of the experiment.
 */
#include "request/observe.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "cli/client.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "request/answers.h"

struct observe_fields {
    struct asking asking;
    bool end;
};

static const struct option_row rows[] = {
    {"end", NULL, "they are members of the cluster again", OPTION_FLAG, offsetof(struct observe_fields, end), 0, 0,
     NULL},
};

static void add_observers(struct text *to, const json_t *answer)
{
    const json_t *observers = json_object_get(answer, "observers"), *pattern;
    size_t i;

    if (json_array_size(observers) == 0)
        text_addf(to, "no observers but hidden nodes\n");
    json_array_foreach(observers, i, pattern) {
        text_add_escaped(to, json_is_string(pattern) ? json_string_value(pattern) : "?");
        text_addf(to, "\n");
    }
    remarks_add_lines(to, answer);
}

/* One request each; what is left is shown behind the last. */
static int end_all(const struct command *self, const struct observe_fields *options, const struct island *nodes)
{
    int status = STATUS_OK;

    for (size_t i = 0; i < nodes->count && status == STATUS_OK; i++) {
        char path[4096], *escaped = client_escape(nodes->patterns[i]);
        bool last = i + 1 == nodes->count;

        snprintf(path, sizeof(path), "/v1/observers/%s", escaped);
        free(escaped);
        status = client_tell(self, &options->asking, (struct client_request){.method = "DELETE", .path = path},
                             last ? add_observers : NULL);
    }
    return status;
}

static int run(const struct command *self, int argc, char **argv)
{
    struct observe_fields options = {.asking = ASKING_NEW};
    struct client_request request = {.path = "/v1/observers"};
    struct observe_request observe;
    struct refusal refusal;
    int status = command_begin(self, &options, argc, argv, 0, COMMAND_ANY_WORDS);

    if (status != COMMAND_GO)
        return status;
    if (!argv[0]) {
        if (options.end)
            return command_refuse(self, "--end: who? give the names");
        return client_tell(self, &options.asking, request, add_observers);
    }
    if (observe_request_from_words((const char *const *)argv, &observe, &refusal) < 0)
        return command_refused(self, &refusal);
    if (options.end) {
        status = end_all(self, &options, &observe.nodes.at[0]);
    } else {
        request.body = observe_request_to_document(&observe);
        status = client_tell(self, &options.asking, request, add_observers);
    }
    observe_request_done(&observe);
    return status;
}

const struct command observe_command = {
    .name = "observe",
    .synopsis = "observe [OPTION...] [NAME...]",
    .summary = "nodes that watch or steer, and are no part of the experiment",
    .details = "A test runner that is connected to every node makes every split overlapping,\n"
               "and from OTP 25 on `global` then disconnects more nodes than were cut. An\n"
               "observer is left alone: cuts and faults are about it only when they name it\n"
               "outright (no pattern), and it is dealt into no topology, condition or advice.\n"
               "It and the nodes take each other for hidden ones: they are in nodes(hidden),\n"
               "and share no global names with it. So declare it before it connects. Registered\n"
               "hidden nodes are observers. Without names: show those that were declared.\n\n"
               "  epmdpxy observe runner           # or: epmdpxy exec --observer runner -- CMD\n",
    .options = {OPTION_ROWS(rows), .shared = {{&asking_options, offsetof(struct observe_fields, asking)}}},
    .run = run,
};
