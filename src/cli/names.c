/* SPDX-License-Identifier: MIT */
/*
 * names, and version: the two that need no control API.
 */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/version.h"
#include "cli/client.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/query.h"

static void add_to_list(void *list, const char *name, int port)
{
    json_array_append_new(list, json_pack("{s:s, s:i}", "name", name, "port", port));
}

/* It asks the port mapper, so that where the control API is does not matter. */
struct fields {
    int port;
    bool json;
};

static const struct option_row rows[] = {
    {"port", "N", "the port mapper's port (ERL_EPMD_PORT, or 4369)", OPTION_NUMBER, offsetof(struct fields, port), 1,
     65535, NULL},
    {"json", NULL, "print the answer as JSON", OPTION_FLAG, offsetof(struct fields, json), 0, 0, NULL},
    {"control", "WHERE", "is of no use here: it asks the port mapper, give --port", OPTION_REFUSED, 0, 0, 0, NULL},
    {"token-file", "FILE", "is of no use here: a port mapper asks for none", OPTION_REFUSED, 0, 0, 0, NULL},
};

/* As the stock program shows them, but that nothing in a name reaches the terminal. */
static void add_line(void *lines, const char *name, int port)
{
    text_addf(lines, "name ");
    text_add_escaped(lines, name);
    text_addf(lines, " at port %d\n", port);
}

static int run_names(const struct command *self, int argc, char **argv)
{
    struct fields options = {.port = -1};
    json_t *list = json_array();
    struct text lines = {0};
    int status = command_begin(self, &options, argc, argv, 0, 0);

    if (status == COMMAND_GO && command_port(self, options.port, &options.port) < 0)
        status = STATUS_BAD_INPUT;
    if (status == COMMAND_GO) {
        status =
            options.json ? query_names(options.port, add_to_list, list) : query_names(options.port, add_line, &lines);
        if (status == -EPROTO)
            status = command_fail("what listens on port %d does not answer as a port mapper does: is it stopped? Else "
                                  "name the right port with --port or ERL_EPMD_PORT",
                                  options.port);
        else if (status < 0)
            status = command_fail("nothing listens on port %d; start `epmdpxy serve`, or name its port with --port or "
                                  "ERL_EPMD_PORT",
                                  options.port);
        else if (options.json)
            client_print(list);
        else if (lines.len > 0)
            printf("%.*s", (int)lines.len, lines.data);
        else
            fprintf(stderr, "epmdpxy: no nodes are registered on port %d\n", options.port);
    }
    json_decref(list);
    text_done(&lines);
    return status;
}

static int run_version(const struct command *self, int argc, char **argv)
{
    int status = command_begin(self, NULL, argc, argv, 0, 0);

    if (status == COMMAND_GO) {
        printf("epmdpxy " EPMDPXY_VERSION "\n");
        status = STATUS_OK;
    }
    return status;
}

const struct command names_command = {
    .name = "names",
    .synopsis = "names [OPTION...]",
    .summary = "list the registered nodes and their real ports, as epmd -names does",
    .details = "List the registered nodes and their real ports, as epmd -names does; any port\n"
               "mapper can be asked.\n",
    .options = {OPTION_ROWS(rows)},
    .run = run_names,
};

const struct command version_command = {
    .name = "version",
    .synopsis = "version",
    .summary = "print the version",
    .run = run_version,
};
