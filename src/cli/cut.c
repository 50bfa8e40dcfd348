/* SPDX-License-Identifier: MIT */
/*
 * cut and fix: the same islands, the other way round.
 */
#include <limits.h>
#include <stddef.h>
#include <string.h>

#include "cli/client.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/cutting.h"
#include "cli/rules.h"

static const struct option_row cut_rows[] = {
    CUTTING_ROWS,
    {"for", "TIME", "fix it by itself after that time", OPTION_DURATION, CUTTING_FIELD(for_us), 1, 0, NULL},
};

static void print_cut(const json_t *answer)
{
    const json_t *rule, *seed = json_object_get(answer, "seed");
    long long held = json_integer_value(json_object_get(answer, "held_cables"));
    size_t i, count = json_array_size(json_object_get(answer, "rules"));

    json_array_foreach(json_object_get(answer, "rules"), i, rule) {
        const char *mode = json_string_value(json_object_get(json_object_get(rule, "params"), "mode"));
        bool holds = !mode || strcmp(mode, "hold") == 0;

        if (holds)
            printf("cut: ");
        else
            printf("cut (%s): ", mode);
        rule_print_nodes(rule);
        if (holds && i + 1 == count)
            printf(" (%lld %s held)", held, held == 1 ? "cable" : "cables");
        printf("\n");
    }
    if (seed)
        printf("seed: %lld\n", json_integer_value(seed));
    rules_print_remarks(answer);
}

static void print_fix(const json_t *answer)
{
    size_t cuts = 0, others = 0, i;
    long long held = json_integer_value(json_object_get(answer, "held_cables"));
    const json_t *rule;

    json_array_foreach(json_object_get(answer, "rules"), i, rule) {
        const char *kind = json_string_value(json_object_get(rule, "fault"));

        *(kind && strcmp(kind, "partition") == 0 ? &cuts : &others) += 1;
    }
    if (cuts == 0)
        printf("fixed: nothing is cut any more\n");
    else
        printf("fixed; %zu %s left (%lld %s held), see epmdpxy status\n", cuts, cuts == 1 ? "cut is" : "cuts are", held,
               held == 1 ? "cable" : "cables");
    if (others > 0)
        printf("note: %zu other %s, see epmdpxy fault list\n", others, others == 1 ? "fault stays" : "faults stay");
}

static int run_cut(const struct command *self, int argc, char **argv)
{
    struct cutting options = CUTTING_NEW;
    json_t *body;
    int status = command_begin(self, &options, argc, argv, 0, COMMAND_ANY_WORDS);

    if (status == COMMAND_GO)
        status = cutting_body(self, &options, argv, &body);
    if (status != COMMAND_GO)
        return status;
    if (command_port(self, options.port, &options.port) < 0) {
        json_decref(body);
        return STATUS_BAD_INPUT;
    }
    return client_tell(self, &(struct client_request){.port = options.port, .path = "/v1/cut", .body = body},
                       options.json, print_cut);
}

static int run_fix(const struct command *self, int argc, char **argv)
{
    struct cutting options = CUTTING_NEW;
    json_t *islands, *body;
    int status = command_begin(self, &options, argc, argv, 0, COMMAND_ANY_WORDS);

    if (status != COMMAND_GO)
        return status;
    if (command_port(self, options.port, &options.port) < 0)
        return STATUS_BAD_INPUT;
    if (cutting_islands(self, argv, &islands) != COMMAND_GO)
        return STATUS_BAD_INPUT;
    body = json_object();
    if (json_array_size(islands) > 0)
        json_object_set(body, "islands", islands);
    json_decref(islands);
    return client_tell(self, &(struct client_request){.port = options.port, .path = "/v1/fix", .body = body},
                       options.json, print_fix);
}

const struct command cut_command = {
    .name = "cut",
    .synopsis = "cut [OPTION...] ISLAND ISLAND... | cut [OPTION...] --TOPOLOGY",
    .summary = "split the network: islands no longer hear each other",
    .details =
        "Cut all that nodes of different islands send to each other, whether they are connected already or not,\n"
        "until a fix. How that looks to the nodes is the mode:\n\n"
        "  hold     nothing gets through, nobody is told, nothing is lost: nodes find out by their own\n"
        "           net_ticktime, as in a real split; what was held goes on at the fix\n"
        "  drop     the same, but it is thrown away, so that senders never block; reset at the fix\n"
        "  close    connections are closed at once, and new ones as well\n"
        "  reset    the same with a reset (RST), as if a machine had crashed\n"
        "  refuse   new connections are closed at once; those that exist go on\n\n" ISLANDS_HELP,
    .options = {OPTION_ROWS(cut_rows)},
    .run = run_cut,
};

static const struct option_row fix_rows[] = {
    {"port", "N", "the daemon's port (ERL_EPMD_PORT, or 4369)", OPTION_NUMBER, CUTTING_FIELD(port), 1, 65535, NULL},
    {"json", NULL, "print the answer as JSON", OPTION_FLAG, CUTTING_FIELD(json), 0, 0, NULL},
};

const struct command fix_command = {
    .name = "fix",
    .synopsis = "fix [OPTION...] [ISLAND ISLAND...]",
    .summary = "heal the network, all of it or between some islands",
    .details = "Without islands everything that was cut is healed; with islands only the pairs between them. What was\n"
               "held goes on, in order. Idle nodes do not reconnect by themselves: somebody must send or ping.\n"
               "Other faults than cuts stay: see epmdpxy fault.\n\n" ISLANDS_HELP,
    .options = {OPTION_ROWS(fix_rows)},
    .run = run_fix,
};
