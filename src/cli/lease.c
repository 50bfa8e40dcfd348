/* SPDX-License-Identifier: MIT */
/*
 * lease: faults that end when whoever made them is no longer there to renew it.
 */
#include "request/lease.h"

#include <stddef.h>
#include <stdlib.h>

#include "cli/client.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "request/answers.h"

struct lease_fields {
    struct asking asking;
    bool end;
    uint64_t for_us;
};

#define FIELD(name) offsetof(struct lease_fields, name)

static const struct option_row rows[] = {
    {"for", "TIME", "it ends after that time unless it is renewed (10s)", OPTION_DURATION, FIELD(for_us), 1, 0, NULL},
    {"end", NULL, "end it now, and all faults that depend on it", OPTION_FLAG, FIELD(end), 0, 0, NULL},
};

static void add_leases(struct text *to, const json_t *answer)
{
    const json_t *leases = json_object_get(answer, "leases"), *lease;
    size_t i;

    if (json_array_size(leases) == 0)
        text_addf(to, "no leases\n");
    json_array_foreach(leases, i, lease)
        lease_add_line(to, lease);
}

static int end_lease(const struct command *self, const struct lease_fields *options, const char *name)
{
    char path[1024], *escaped = client_escape(name);

    snprintf(path, sizeof(path), "/v1/leases/%s", escaped);
    free(escaped);
    return client_tell(self, &options->asking, (struct client_request){.method = "DELETE", .path = path}, add_leases);
}

static int run(const struct command *self, int argc, char **argv)
{
    struct lease_fields options = {.asking = ASKING_NEW};
    struct client_request request = {.path = "/v1/leases"};
    struct lease_request lease;
    struct refusal refusal;
    int status = command_begin(self, &options, argc, argv, 0, 1);

    if (status != COMMAND_GO)
        return status;
    if ((options.end || options.for_us) && !argv[0])
        return command_refuse(self, "--%s: which one? give its name", options.end ? "end" : "for");
    if (options.end && options.for_us)
        return command_refuse(self, "--for: goes without --end");
    if (argv[0] && !*argv[0])
        return command_refuse(self, "the name of a lease is empty");
    if (options.end)
        return end_lease(self, &options, argv[0]);
    if (argv[0]) {
        if (lease_request_from_words(argv[0], options.for_us, &lease, &refusal) < 0)
            return command_refused(self, &refusal);
        request.body = lease_request_to_document(&lease);
        lease_request_done(&lease);
    }
    return client_tell(self, &options.asking, request, add_leases);
}

const struct command lease_command = {
    .name = "lease",
    .synopsis = "lease [OPTION...] [NAME]",
    .summary = "faults that end when nobody renews their lease",
    .details = "Begin the lease of that name, or go on with it: faults that were made with\n"
               "--lease NAME are removed when it ends. A test that renews it as long as it\n"
               "lives leaves no broken cluster behind, however it ends. Without a name: show\n"
               "all leases.\n\n"
               "  epmdpxy lease nightly --for 10s       # again and again, every few seconds\n"
               "  epmdpxy cut --lease nightly a b,c\n",
    .options = {OPTION_ROWS(rows), .shared = {{&asking_options, FIELD(asking)}}},
    .run = run,
};
