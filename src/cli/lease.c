/* SPDX-License-Identifier: MIT */
/*
 * lease: faults that end when whoever made them is no longer there to renew it.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/duration.h"
#include "cli/client.h"
#include "cli/command.h"
#include "cli/commands.h"

struct lease_options {
    int port;
    bool json, end;
    uint64_t for_us;
};

#define LEASE_US 10000000 /* unless it is said */

#define FIELD(name) offsetof(struct lease_options, name)

static const struct option_row rows[] = {
    {"for", "TIME", "it ends after that time unless it is renewed (10s)", OPTION_DURATION, FIELD(for_us), 1, 0, NULL},
    {"end", NULL, "end it now, and all faults that depend on it", OPTION_FLAG, FIELD(end), 0, 0, NULL},
    {"port", "N", "the daemon's port (ERL_EPMD_PORT, or 4369)", OPTION_NUMBER, FIELD(port), 1, 65535, NULL},
    {"json", NULL, "print the answer as JSON", OPTION_FLAG, FIELD(json), 0, 0, NULL},
};

static void print_leases(const json_t *answer)
{
    const json_t *leases = json_object_get(answer, "leases"), *lease;
    char left[32];
    size_t i;

    if (json_array_size(leases) == 0)
        printf("no leases\n");
    json_array_foreach(leases, i, lease) {
        duration_print((uint64_t)json_integer_value(json_object_get(lease, "ends_in_ms")) * 1000, left, sizeof(left));
        printf("%s: %s left\n", json_string_value(json_object_get(lease, "name")), left);
    }
}

static int run(const struct command *self, int argc, char **argv)
{
    struct lease_options options = {.port = -1};
    struct client_request request = {.path = "/v1/leases"};
    char time[32], path[1024], *escaped;
    int status = command_begin(self, &options, argc, argv, 0, 1);

    if (status != COMMAND_GO)
        return status;
    if ((options.end || options.for_us) && !argv[0])
        return command_refuse(self, "--%s: which one? give its name", options.end ? "end" : "for");
    if (options.end && options.for_us)
        return command_refuse(self, "--for: goes without --end");
    if (argv[0] && !*argv[0])
        return command_refuse(self, "the name of a lease is empty");
    if (command_port(self, options.port, &request.port) < 0)
        return STATUS_BAD_INPUT;
    if (options.end) {
        escaped = client_escape(argv[0]);
        snprintf(path, sizeof(path), "/v1/leases/%s", escaped);
        free(escaped);
        request.method = "DELETE";
        request.path = path;
    } else if (argv[0]) {
        duration_print_exact(options.for_us ? options.for_us : LEASE_US, time, sizeof(time));
        request.body = json_pack("{s:s, s:s}", "name", argv[0], "for", time);
        if (!request.body)
            return command_refuse(self, "a name that is not UTF-8");
    }
    return client_tell(self, &request, options.json, print_leases);
}

const struct command lease_command = {
    .name = "lease",
    .synopsis = "lease [OPTION...] [NAME]",
    .summary = "faults that end when nobody renews their lease",
    .details =
        "Begin the lease of that name, or go on with it: faults that were made with --lease NAME are removed when it\n"
        "ends. A test that renews it as long as it lives leaves no broken cluster behind, however it ends.\n"
        "Without a name: show all leases.\n\n"
        "  epmdpxy lease nightly --for 10s            again and again, every few seconds\n"
        "  epmdpxy cut --lease nightly a b,c\n",
    .options = {OPTION_ROWS(rows)},
    .run = run,
};
