/* SPDX-License-Identifier: MIT */
/*
 * wait: until a condition holds, instead of sleeping and hoping.
 */
#include <stddef.h>
#include <stdlib.h>

#include "base/duration.h"
#include "base/text.h"
#include "cli/client.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "model/conditions.h"

#define TIMEOUT_MAX_S 3600

struct wait_options {
    int port;
    bool json;
    uint64_t timeout_us;
};

#define FIELD(name) offsetof(struct wait_options, name)

static const struct option_row rows[] = {
    {"timeout", "TIME", "give up after that time, up to 1h; 0s: only look (30s)", OPTION_DURATION, FIELD(timeout_us), 0,
     0, NULL},
    {"port", "N", "the daemon's port (ERL_EPMD_PORT, or 4369)", OPTION_NUMBER, FIELD(port), 1, 65535, NULL},
    {"json", NULL, "print the answer as JSON", OPTION_FLAG, FIELD(json), 0, 0, NULL},
};

/* The words with blanks between them; the caller's to end, with a NUL behind. */
static struct text join(char **words)
{
    struct text text = {0};

    for (size_t i = 0; words[i]; i++)
        text_addf(&text, "%s%s", i ? " " : "", words[i]);
    text_add(&text, "", 1);
    return text;
}

static int run(const struct command *self, int argc, char **argv)
{
    struct wait_options options = {.port = -1, .timeout_us = 30000000};
    struct client_request request = {0};
    struct condition condition;
    char time[32], path[4096];
    struct refusal refusal;
    struct text words;
    char *escaped;
    int status = command_begin(self, &options, argc, argv, 1, COMMAND_ANY_WORDS);

    if (status != COMMAND_GO)
        return status;
    if (options.timeout_us > TIMEOUT_MAX_S * UINT64_C(1000000))
        return command_refuse(self, "--timeout: that is too long; at most 1h");
    words = join(argv);
    if (condition_parse(words.data, &condition, &refusal) < 0) {
        text_done(&words);
        return command_refused(self, &refusal);
    }
    condition_done(&condition);
    escaped = client_escape(words.data);
    text_done(&words);
    duration_print_exact(options.timeout_us, time, sizeof(time));
    if (snprintf(path, sizeof(path), "/v1/wait?condition=%s&timeout=%s", escaped, time) >= (int)sizeof(path))
        status = command_refuse(self, "these are too many names; use a pattern");
    free(escaped);
    if (status == COMMAND_GO && command_port(self, options.port, &request.port) < 0)
        status = STATUS_BAD_INPUT;
    if (status != COMMAND_GO)
        return status;

    request.path = path;
    request.timeout_s = (long)(options.timeout_us / 1000000) + CLIENT_TIMEOUT_S;
    return client_tell(self, &request, options.json, NULL);
}

#define X(name, least, most, words, help) "  " #name words "\n      " help "\n"
const struct command wait_command = {
    .name = "wait",
    .synopsis = "wait [OPTION...] CONDITION [WORD...]",
    .summary = "wait until the cluster is as it should be",
    .details = "Exit status 0: the condition holds; 1: it did not within the time, and what was missing is "
               "said.\n\n" CONDITIONS(X),
    .options = {OPTION_ROWS(rows)},
    .run = run,
};
#undef X
