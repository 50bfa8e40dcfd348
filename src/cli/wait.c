/* SPDX-License-Identifier: MIT */
/*
 * wait: until a condition holds, instead of sleeping and hoping.
 */
#include "request/wait.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>

#include "base/duration.h"
#include "cli/client.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "request/answers.h"
#include "request/words.h"

struct wait_fields {
    struct asking asking;
    uint64_t timeout_us;
    const char *after;
};

#define FIELD(name) offsetof(struct wait_fields, name)

static const struct option_row rows[] = {
    {"timeout", "TIME", "give up after that time, up to 1h; 0s: only look (30s)", OPTION_DURATION, FIELD(timeout_us), 0,
     0, NULL},
    {"after", "N", "event: behind the event of that number, see epmdpxy events (the newest)", OPTION_TEXT, FIELD(after),
     0, 0, NULL},
};

/* An event is what was waited for; all else goes without saying. */
static void add_event(struct text *to, const json_t *answer)
{
    const json_t *event = json_object_get(answer, "event");

    if (event)
        event_add_line(to, event);
}

static int run(const struct command *self, int argc, char **argv)
{
    struct wait_fields options = {.asking = ASKING_NEW, .timeout_us = WAIT_TIMEOUT_DEFAULT_US};
    struct client_request request = {0};
    struct wait_request wait;
    struct refusal refusal;
    char time[32], after[32] = "", path[4096], *escaped;
    int status = command_begin(self, &options, argc, argv, 1, COMMAND_ANY_WORDS), len;

    if (status != COMMAND_GO)
        return status;
    if (wait_request_from_words((const char *const *)argv, options.timeout_us, options.after, &wait, &refusal) < 0)
        return command_refused(self, &refusal);
    if (options.after)
        snprintf(after, sizeof(after), "&after=%" PRIu64, wait.condition.after);
    escaped = client_escape(wait.text);
    duration_print_exact(wait.timeout_us, time, sizeof(time));
    len = snprintf(path, sizeof(path), "/v1/wait?condition=%s&timeout=%s%s", escaped, time, after);
    free(escaped);
    wait_request_done(&wait);
    if (len >= (int)sizeof(path))
        return command_refuse(self, "these are too many names; use a pattern");

    request.path = path;
    request.waits_s = (long)(options.timeout_us / 1000000);
    return client_tell(self, &options.asking, request, add_event);
}

const struct command wait_command = {
    .name = "wait",
    .synopsis = "wait [OPTION...] CONDITION [WORD...]",
    .summary = "wait until the cluster is as it should be",
    .details = "Exit status 0: the condition holds; 1: it did not within the time, and what was\n"
               "missing is said.\n",
    .words = words_add_conditions,
    .options = {OPTION_ROWS(rows), .shared = {{&asking_options, FIELD(asking)}}},
    .run = run,
};
