/* SPDX-License-Identifier: MIT */
#include "base/duration.h"
#include "cli/client.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "request/answers.h"
#include "request/words.h"

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "?";
}

static long long number_of(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

static void add_nodes(struct text *to, const json_t *nodes)
{
    const json_t *node;
    size_t i;

    text_addf(to, "\nNodes (%zu)\n", json_array_size(nodes));
    json_array_foreach(nodes, i, node) {
        const char *full_name = json_string_value(json_object_get(node, "full_name"));
        struct text name = {0};

        text_add_escaped(&name, full_name ? full_name : text_of(node, "name"));
        text_addf(to, "  %-32.*s port %lld%s\n", (int)name.len, name.data, number_of(node, "port"),
                  json_is_true(json_object_get(node, "observer")) ? ", an observer" : "");
        text_done(&name);
    }
}

static void add_end(struct text *to, const json_t *end)
{
    text_add_escaped(to, text_of(end, "name"));
    text_addf(to, "%s", json_is_true(json_object_get(end, "hidden")) ? " (hidden)" : "");
}

static void add_lane(struct text *to, const json_t *lane)
{
    const json_t *faults = json_object_get(lane, "faults"), *fault;
    long long kept = number_of(lane, "kept_bytes");
    size_t i;

    text_addf(to, "      ");
    text_add_escaped(to, text_of(lane, "from"));
    text_addf(to, " -> ");
    text_add_escaped(to, text_of(lane, "to"));
    text_addf(to, ": ");
    text_add_count(to, number_of(lane, "bytes"), "byte");
    text_addf(to, ", ");
    text_add_count(to, number_of(lane, "frames"), "frame");
    text_addf(to, ", ");
    text_add_count(to, number_of(lane, "ticks"), "tick");
    if (json_object_get(lane, "cut"))
        text_addf(to, ", CUT (%s)", text_of(lane, "cut"));
    json_array_foreach(faults, i, fault)
        text_addf(to, ", %s", json_is_string(fault) ? json_string_value(fault) : "?");
    if (kept > 0) {
        text_addf(to, ", ");
        text_add_count(to, kept, "byte");
        text_addf(to, kept == 1 ? " waits" : " wait");
    }
    text_addf(to, "\n");
}

static void add_cables(struct text *to, const json_t *cables)
{
    const json_t *cable, *lane;
    char age[32];
    size_t i, k;

    text_addf(to, "\nCables (%zu)\n", json_array_size(cables));
    json_array_foreach(cables, i, cable) {
        duration_print((uint64_t)number_of(cable, "age_ms") * 1000, age, sizeof(age));
        text_addf(to, "  #%lld ", number_of(cable, "id"));
        add_end(to, json_object_get(cable, "dialer"));
        text_addf(to, " dialled ");
        add_end(to, json_object_get(cable, "acceptor"));
        text_addf(to, ", %s, for %s\n", text_of(cable, "state"), age);
        json_array_foreach(json_object_get(cable, "lanes"), k, lane)
            add_lane(to, lane);
    }
}

static void add_rules(struct text *to, const json_t *rules)
{
    const json_t *rule;
    size_t i;

    text_addf(to, "\nRules (%zu)\n", json_array_size(rules));
    json_array_foreach(rules, i, rule) {
        text_addf(to, "  ");
        rule_add_line(to, rule);
        text_addf(to, "      ");
        rule_add_effect(to, rule);
        text_addf(to, "\n");
    }
}

static void add_hints(struct text *to, const json_t *hints)
{
    const json_t *hint;
    size_t i;

    json_array_foreach(hints, i, hint) {
        text_addf(to, "%shint: ", i == 0 ? "\n" : "");
        text_add_escaped(to, json_string_value(hint));
        text_addf(to, "\n");
    }
}

static void add_status(struct text *to, const json_t *answer)
{
    char uptime[32];

    duration_print((uint64_t)number_of(answer, "uptime_ms") * 1000, uptime, sizeof(uptime));
    text_addf(to, "epmdpxy %s on port %lld, up for %s%s", text_of(answer, "version"), number_of(answer, "port"), uptime,
              json_is_true(json_object_get(answer, "relay")) ? "" : ", not relaying (--no-relay)");
    if (json_object_get(answer, "node"))
        text_addf(to, ", node %s", text_of(answer, "node"));
    text_addf(to, "\n");
    add_nodes(to, json_object_get(answer, "nodes"));
    add_cables(to, json_object_get(answer, "cables"));
    add_rules(to, json_object_get(answer, "rules"));
    add_hints(to, json_object_get(answer, "hints"));
}

static int run(const struct command *self, int argc, char **argv)
{
    struct asking options = ASKING_NEW;
    int status = command_begin(self, &options, argc, argv, 0, 0);

    if (status != COMMAND_GO)
        return status;
    return client_tell(self, &options, (struct client_request){.path = "/v1/status"}, add_status);
}

static void add_words(struct text *to)
{
    words_add_phases(to);
    text_addf(to, "\nCounters only grow:\n\n");
    words_add_counters(to);
}

const struct command status_command = {
    .name = "status",
    .synopsis = "status [OPTION...]",
    .summary = "show nodes, cables and rules",
    .details = "Nodes, cables and rules; with --json everything, counters included. A cable is\n",
    .words = add_words,
    .options = {.shared = {{&asking_options, 0}}},
    .run = run,
};
