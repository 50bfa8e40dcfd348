/* SPDX-License-Identifier: MIT */
/*
 * cut and fix: the same islands, the other way round.
 */
#include <stddef.h>
#include <string.h>

#include "cli/client.h"
#include "cli/command.h"
#include "cli/commands.h"

#define ISLANDS_HELP                                                                                    \
    "An island is a comma-separated list of nodes: node1,node2. A name without @ is that node on any\n" \
    "host; *, ? and [...] work as in file names: 'rabbit*', '*@host2', 'node[1-3]' (quote them).\n"

struct cut_options {
    int port;
    bool one_way;
    bool json;
};

#define FIELD(name) offsetof(struct cut_options, name)

static const struct option_row cut_rows[] = {
    {"one-way", NULL, "hold only what the first island sends to the others", OPTION_FLAG, FIELD(one_way), 0, 0, NULL},
    {"port", "N", "the daemon's port (ERL_EPMD_PORT, or 4369)", OPTION_NUMBER, FIELD(port), 1, 65535, NULL},
    {"json", NULL, "print the answer as JSON", OPTION_FLAG, FIELD(json), 0, 0, NULL},
};

/* "a,b" -> ["a","b"], or NULL when one of the names is empty. */
static json_t *island_of(const char *word)
{
    json_t *island = json_array();

    for (;;) {
        size_t len = strcspn(word, ",");

        if (len == 0) {
            json_decref(island);
            return NULL;
        }
        json_array_append_new(island, json_stringn(word, len));
        if (!word[len])
            return island;
        word += len + 1;
    }
}

/* Fills *ret from the words, or refuses them. */
static int read_islands(const struct command *self, char **words, json_t **ret)
{
    json_t *islands = json_array();

    for (; *words; words++) {
        json_t *island = island_of(*words);

        if (!island || json_array_append_new(islands, island) < 0) {
            json_decref(islands);
            return command_refuse(self, "an empty name in '%s'; write an island as node1,node2", *words);
        }
    }
    if (json_array_size(islands) == 1) {
        json_decref(islands);
        return command_refuse(self, "one island is not enough: name two or more, as in epmdpxy %s node1,node2 node3",
                              self->name);
    }
    *ret = islands;
    return COMMAND_GO;
}

static void print_islands(const json_t *rule)
{
    const json_t *islands = json_object_get(rule, "islands"), *island, *name;
    const char *between = json_is_true(json_object_get(rule, "one_way")) ? " -> " : " | ";
    size_t i, k;

    json_array_foreach(islands, i, island) {
        printf("%s", i == 0 ? "" : i == 1 ? between : " | ");
        json_array_foreach(island, k, name)
            printf("%s%s", k == 0 ? "" : ",", json_string_value(name));
    }
}

static void print_cut(const json_t *answer)
{
    long long held = json_integer_value(json_object_get(answer, "held_cables"));
    const json_t *note;
    size_t i;

    printf("cut: ");
    print_islands(json_object_get(answer, "rule"));
    printf(" (%lld %s held)\n", held, held == 1 ? "cable" : "cables");
    json_array_foreach(json_object_get(answer, "notes"), i, note)
        printf("note: %s\n", json_string_value(note));
}

static void print_fix(const json_t *answer)
{
    size_t left = json_array_size(json_object_get(answer, "rules"));
    long long held = json_integer_value(json_object_get(answer, "held_cables"));

    if (left == 0)
        printf("fixed: nothing is cut any more\n");
    else
        printf("fixed; %zu %s left (%lld %s held), see epmdpxy status\n", left, left == 1 ? "rule is" : "rules are",
               held, held == 1 ? "cable" : "cables");
}

static int finish(const struct cut_options *options, json_t *answer, void (*print)(const json_t *answer))
{
    if (options->json)
        client_print(answer);
    else
        print(answer);
    json_decref(answer);
    return STATUS_OK;
}

static int begin(const struct command *self, int argc, char **argv, int min_words, struct cut_options *options,
                 json_t **ret_islands)
{
    int status;

    *options = (struct cut_options){.port = -1};
    status = command_begin(self, options, argc, argv, 0, COMMAND_ANY_WORDS);
    if (status != COMMAND_GO)
        return status;
    if (min_words > 0 && !argv[0])
        return command_refuse(self, "name two or more islands, as in epmdpxy cut node1,node2 node3");
    if (command_port(self, options->port, &options->port) < 0)
        return STATUS_BAD_INPUT;
    return read_islands(self, argv, ret_islands);
}

static int run_cut(const struct command *self, int argc, char **argv)
{
    struct cut_options options;
    json_t *islands, *answer;
    int status = begin(self, argc, argv, 2, &options, &islands);

    if (status != COMMAND_GO)
        return status;
    status = client_ask(self, options.port, "/v1/cut",
                        json_pack("{s:o, s:b}", "islands", islands, "one_way", options.one_way), &answer);
    return status == STATUS_OK ? finish(&options, answer, print_cut) : status;
}

static int run_fix(const struct command *self, int argc, char **argv)
{
    struct cut_options options;
    json_t *islands, *answer, *body;
    int status = begin(self, argc, argv, 0, &options, &islands);

    if (status != COMMAND_GO)
        return status;
    body = json_object();
    if (json_array_size(islands) > 0)
        json_object_set(body, "islands", islands);
    json_decref(islands);
    status = client_ask(self, options.port, "/v1/fix", body, &answer);
    return status == STATUS_OK ? finish(&options, answer, print_fix) : status;
}

const struct command cut_command = {
    .name = "cut",
    .synopsis = "cut [OPTION...] ISLAND ISLAND...",
    .summary = "split the network: islands no longer hear each other",
    .details =
        "Hold everything between nodes of different islands, whether they are connected already or not, until a\n"
        "fix: nothing is lost, and nobody is told; nodes find out by their own net_ticktime, as in a real "
        "split.\n\n" ISLANDS_HELP,
    .options = {cut_rows, sizeof(cut_rows) / sizeof(cut_rows[0])},
    .run = run_cut,
};

const struct command fix_command = {
    .name = "fix",
    .synopsis = "fix [OPTION...] [ISLAND ISLAND...]",
    .summary = "heal the network, all of it or between some islands",
    .details = "Without islands everything that was cut is healed; with islands only the pairs between them. What was\n"
               "held goes on, in order. Idle nodes do not reconnect by themselves: somebody must send or "
               "ping.\n\n" ISLANDS_HELP,
    .options = {cut_rows + 1, sizeof(cut_rows) / sizeof(cut_rows[0]) - 1}, /* a fix is never one-way */
    .run = run_fix,
};
