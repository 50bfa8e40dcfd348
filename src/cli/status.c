/* SPDX-License-Identifier: MIT */
#include <stddef.h>
#include <string.h>

#include "base/duration.h"
#include "cli/client.h"
#include "cli/command.h"
#include "cli/commands.h"

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
    printf("      %s -> %s: %lld bytes, %lld frames, %lld ticks%s\n", text_of(lane, "from"), text_of(lane, "to"),
           number_of(lane, "bytes"), number_of(lane, "frames"), number_of(lane, "ticks"),
           json_is_true(json_object_get(lane, "held")) ? ", HELD" : "");
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
    const json_t *rule, *island, *name;
    size_t i, k, l;

    printf("\nRules (%zu)\n", json_array_size(rules));
    json_array_foreach(rules, i, rule) {
        bool heals = strcmp(text_of(rule, "fault"), "none") == 0;
        bool one_way = json_is_true(json_object_get(rule, "one_way"));

        printf("  #%lld %s ", number_of(rule, "id"), heals ? "fix" : "cut");
        json_array_foreach(json_object_get(rule, "islands"), k, island) {
            printf("%s", k == 0 ? "" : k == 1 && one_way ? " -> " : " | ");
            json_array_foreach(island, l, name)
                printf("%s%s", l == 0 ? "" : ",", json_string_value(name));
        }
        printf("\n");
    }
}

static int run(const struct command *self, int argc, char **argv)
{
    struct status_options options = {.port = -1};
    json_t *answer;
    char uptime[32];
    int status = command_begin(self, &options, argc, argv, 0, 0);

    if (status != COMMAND_GO)
        return status;
    if (command_port(self, options.port, &options.port) < 0)
        return STATUS_BAD_INPUT;
    status = client_ask(self, options.port, "/v1/status", NULL, &answer);
    if (status != STATUS_OK)
        return status;

    if (options.json) {
        client_print(answer);
    } else {
        duration_print((uint64_t)number_of(answer, "uptime_ms") * 1000, uptime, sizeof(uptime));
        printf("epmdpxy %s on port %lld, up for %s%s\n", text_of(answer, "version"), number_of(answer, "port"), uptime,
               json_is_true(json_object_get(answer, "relay")) ? "" : ", not relaying (--no-relay)");
        print_nodes(json_object_get(answer, "nodes"));
        print_cables(json_object_get(answer, "cables"));
        print_rules(json_object_get(answer, "rules"));
    }
    json_decref(answer);
    return STATUS_OK;
}

const struct command status_command = {
    .name = "status",
    .synopsis = "status [OPTION...]",
    .summary = "show nodes, cables and rules",
    .options = {rows, sizeof(rows) / sizeof(rows[0])},
    .run = run,
};
