/* SPDX-License-Identifier: MIT */
/*
 * names, and version: the two that need no control API.
 */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/version.h"
#include "cli/client.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/query.h"

#define NAMES_HEADER_BYTES 4

/* "name NAME at port N\n", as often as there are nodes. */
static void print_as_json(const char *text, size_t len)
{
    json_t *list = json_array();
    char *copy = mem_string(text, len), name[1024];
    int port;

    for (char *line = strtok(copy, "\n"); line; line = strtok(NULL, "\n"))
        if (sscanf(line, "name %1020s at port %d", name, &port) == 2)
            json_array_append_new(list, json_pack("{s:s, s:i}", "name", name, "port", port));
    client_print(list);
    json_decref(list);
    free(copy);
}

static int run_names(const struct command *self, int argc, char **argv)
{
    struct asking options = ASKING_NEW;
    struct text reply;
    int status = command_begin(self, &options, argc, argv, 0, 0);

    if (status != COMMAND_GO)
        return status;
    if (command_port(self, options.port, &options.port) < 0)
        return STATUS_BAD_INPUT;
    if (query_ask(options.port, 'n', NULL, &reply) < 0)
        return command_fail("nothing listens on port %d; start `epmdpxy serve`, or name its port with --port or "
                            "ERL_EPMD_PORT",
                            options.port);
    if (reply.len < NAMES_HEADER_BYTES)
        status = command_fail("what listens on port %d is not a port mapper", options.port);
    else if (options.json)
        print_as_json(reply.data + NAMES_HEADER_BYTES, reply.len - NAMES_HEADER_BYTES);
    else
        status = fwrite(reply.data + NAMES_HEADER_BYTES, 1, reply.len - NAMES_HEADER_BYTES, stdout) ==
                         reply.len - NAMES_HEADER_BYTES
                     ? STATUS_OK
                     : STATUS_FAILED;
    text_done(&reply);
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
    .summary = "list the registered nodes and their real ports (as epmd -names; works with any epmd)",
    .options = {.shared = {{&asking_options, 0}}},
    .run = run_names,
};

const struct command version_command = {
    .name = "version",
    .synopsis = "version",
    .summary = "print the version",
    .run = run_version,
};
