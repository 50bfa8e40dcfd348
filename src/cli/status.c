/* SPDX-License-Identifier: MIT */
#include <stddef.h>

#include "base/duration.h"
#include "cli/client.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/rules.h"

struct status_options {
    int port;
    bool json;
};

#define FIELD(name) offsetof(struct status_options, name)

static const struct option_row rows[] = {
    {"json", NULL, "print everything as JSON, counters included", OPTION_FLAG, FIELD(json), 0, 0, NULL},
    {"port", "N", "the daemon's port (ERL_EPMD_PORT, or 4369)", OPTION_NUMBER, FIELD(port), 1, 65535, NULL},
};

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "?";
}

static long long number_of(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

static void print_nodes(const json_t *nodes)
{
    const json_t *node;
    size_t i;

    printf("\nNodes (%zu)\n", json_array_size(nodes));
    json_array_foreach(nodes, i, node) {
        const char *full_name = json_string_value(json_object_get(node, "full_name"));

        printf("  %-32s port %lld\n", full_name ? full_name : text_of(node, "name"), number_of(node, "port"));
    }
}

static void print_end(const json_t *end)
{
    printf("%s%s", text_of(end, "name"), json_is_true(json_object_get(end, "hidden")) ? " (hidden)" : "");
}

static void print_lane(const json_t *lane)
{
    const json_t *faults = json_object_get(lane, "faults"), *fault;
    size_t i;

    printf("      %s -> %s: %lld bytes, %lld frames, %lld ticks", text_of(lane, "from"), text_of(lane, "to"),
           number_of(lane, "bytes"), number_of(lane, "frames"), number_of(lane, "ticks"));
    if (json_object_get(lane, "cut"))
        printf(", CUT (%s)", text_of(lane, "cut"));
    json_array_foreach(faults, i, fault)
        printf(", %s", json_string_value(fault));
    if (number_of(lane, "kept_bytes") > 0)
        printf(", %lld bytes wait", number_of(lane, "kept_bytes"));
    printf("\n");
}

static void print_cables(const json_t *cables)
{
    const json_t *cable, *lane;
    size_t i, k;

    printf("\nCables (%zu)\n", json_array_size(cables));
    json_array_foreach(cables, i, cable) {
        char age[32];

        duration_print((uint64_t)number_of(cable, "age_ms") * 1000, age, sizeof(age));
        printf("  #%lld ", number_of(cable, "id"));
        print_end(json_object_get(cable, "dialer"));
        printf(" dialled ");
        print_end(json_object_get(cable, "acceptor"));
        printf(", %s, for %s\n", text_of(cable, "state"), age);
        json_array_foreach(json_object_get(cable, "lanes"), k, lane)
            print_lane(lane);
    }
}

static void print_rules(const json_t *rules)
{
    const json_t *rule;
    size_t i;

    printf("\nRules (%zu)\n", json_array_size(rules));
    json_array_foreach(rules, i, rule) {
        printf("  ");
        rule_print(rule);
    }
}

static void print_status(const json_t *answer)
{
    char uptime[32];

    duration_print((uint64_t)number_of(answer, "uptime_ms") * 1000, uptime, sizeof(uptime));
    printf("epmdpxy %s on port %lld, up for %s%s\n", text_of(answer, "version"), number_of(answer, "port"), uptime,
           json_is_true(json_object_get(answer, "relay")) ? "" : ", not relaying (--no-relay)");
    print_nodes(json_object_get(answer, "nodes"));
    print_cables(json_object_get(answer, "cables"));
    print_rules(json_object_get(answer, "rules"));
}

static int run(const struct command *self, int argc, char **argv)
{
    struct status_options options = {.port = -1};
    int status = command_begin(self, &options, argc, argv, 0, 0);

    if (status != COMMAND_GO)
        return status;
    if (command_port(self, options.port, &options.port) < 0)
        return STATUS_BAD_INPUT;
    return client_tell(self, &(struct client_request){.port = options.port, .path = "/v1/status"}, options.json,
                       print_status);
}

const struct command status_command = {
    .name = "status",
    .synopsis = "status [OPTION...]",
    .summary = "show nodes, cables and rules",
    .options = {OPTION_ROWS(rows)},
    .run = run,
};
