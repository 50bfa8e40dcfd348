/* SPDX-License-Identifier: MIT */
/*
 * fault add, list, rm, clear, kinds: every kind of fault, not only cuts.
 */
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/duration.h"
#include "base/suggest.h"
#include "cli/client.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/kinds.h"
#include "cli/matrix.h"
#include "cli/rules.h"
#include "model/faults.h"

struct fault_options {
    int port;
    bool json;
    const char *between_other; /* the second island of --between, a word */
    const char *from, *to, *between, *nodes, *dialled_by, *lease, *matrix;
    uint64_t for_us;
};

#define FIELD(name) offsetof(struct fault_options, name)

static const struct option_row rows[] = {
    {"from", "ISLAND", "add: what these nodes send ...", OPTION_TEXT, FIELD(from), 0, 0, NULL},
    {"to", "ISLAND", "add: ... to these", OPTION_TEXT, FIELD(to), 0, 0, NULL},
    {"between", "ISLAND ISLAND", "add: what they send to each other (everybody: without any of these)", OPTION_TEXT,
     FIELD(between), 0, 0, NULL},
    {"node", "ISLAND", "add: the names that hide, slow, silent and unlisted are about", OPTION_TEXT, FIELD(nodes), 0, 0,
     NULL},
    {"dialled-by", "from|to", "add: only connections that this side has opened", OPTION_TEXT, FIELD(dialled_by), 0, 0,
     NULL},
    {"matrix", "FILE", "add latency, bandwidth: values between groups of nodes, from a file", OPTION_TEXT,
     FIELD(matrix), 0, 0, NULL},
    {"for", "TIME", "add: it goes by itself after that time", OPTION_DURATION, FIELD(for_us), 1, 0, NULL},
    {"lease", "NAME", "add: it goes with that lease, see epmdpxy lease", OPTION_TEXT, FIELD(lease), 0, 0, NULL},
    {"port", "N", "the daemon's port (ERL_EPMD_PORT, or 4369)", OPTION_NUMBER, FIELD(port), 1, 65535, NULL},
    {"json", NULL, "print as JSON", OPTION_FLAG, FIELD(json), 0, 0, NULL},
};

/* Asks, and shows the answer in `print`'s words; or returns it in *ret (print is NULL then). */
static int ask(const struct command *self, struct fault_options *options, const char *method, const char *path,
               json_t *body, void (*print)(const json_t *answer), json_t **ret)
{
    struct client_request request = {.method = method, .path = path, .body = body};

    if (command_port(self, options->port, &request.port) < 0) {
        json_decref(body);
        return STATUS_BAD_INPUT;
    }
    return print ? client_tell(self, &request, options->json, print) : client_ask(self, &request, ret);
}

/* ---- add ---- */

/* Splits "name=value" in its place; NULL: it is none. */
static char *value_of(char *word)
{
    char *equals = strchr(word, '=');

    if (!equals)
        return NULL;
    *equals = 0;
    return equals + 1;
}

/* Whoever typed the kind knows that it is about a fault. */
static int refuse_kind(const struct command *self, const struct refusal *refusal)
{
    return command_refuse(self, "%s", refusal->text);
}

/* The parameters are checked here as well, so that a slip is told without a daemon. */
static int read_params(const struct command *self, const char *kind, char **words, bool check, json_t **ret)
{
    struct refusal refusal;
    struct fault fault;
    json_t *params = json_object();

    if (fault_named(kind, &fault, &refusal) < 0) {
        json_decref(params);
        return refuse_kind(self, &refusal);
    }
    for (; *words; words++) {
        char *value = value_of(*words);

        if (!value) {
            json_decref(params);
            return command_refuse(self, "'%s': write a parameter as name=value; see epmdpxy fault kinds %s", *words,
                                  kind);
        }
        if (fault_set(&fault, *words, value, &refusal) < 0)
            goto refused;
        json_object_set_new(params, *words, json_string(value));
    }
    if (check && fault_check(&fault, &refusal) < 0)
        goto refused;
    *ret = params;
    return COMMAND_GO;
refused:
    json_decref(params);
    return command_refused(self, &refusal);
}

static int set_island(const struct command *self, json_t *body, const char *key, const char *word)
{
    const char *where = key[0] == 'n' ? "--node: " : key[0] == 'f' ? "--from: " : "--to: ";
    json_t *island;

    if (!word)
        return COMMAND_GO;
    if (island_read(self, where, word, &island) != COMMAND_GO)
        return STATUS_BAD_INPUT;
    json_object_set_new(body, key, island);
    return COMMAND_GO;
}

static int set_between(const struct command *self, json_t *body, const char *first, const char *second)
{
    json_t *islands, *island;

    if (!first)
        return COMMAND_GO;
    islands = json_array();
    json_object_set_new(body, "between", islands);
    for (size_t i = 0; i < 2; i++) {
        if (island_read(self, "--between: ", i == 0 ? first : second, &island) != COMMAND_GO)
            return STATUS_BAD_INPUT;
        json_array_append_new(islands, island);
    }
    return COMMAND_GO;
}

static void set_text(json_t *body, const char *key, const char *text)
{
    if (text)
        json_object_set_new(body, key, json_string(text));
}

/* The second island of --between is the word behind the first one, wherever that is. NULL: it is missing. */
static const char *behind_between(int argc, char **argv)
{
    const char option[] = "--between";
    const size_t len = sizeof(option) - 1;

    for (int i = 0; i < argc; i++) {
        int at = i + (strcmp(argv[i], option) == 0 ? 2 : 1);

        if (strncmp(argv[i], option, len) == 0 && (!argv[i][len] || argv[i][len] == '='))
            return at < argc && argv[at][0] != '-' && !strchr(argv[at], '=') ? argv[at] : NULL;
    }
    return NULL;
}

/* Takes it out of the words, where the options have left it. */
static void remove_word(char **words, const char *word)
{
    while (*words && *words != word)
        words++;
    for (; *words; words++)
        words[0] = words[1];
}

static int fill(const struct command *self, const struct fault_options *options, json_t *body)
{
    char time[32];

    if ((options->from != NULL) + (options->between != NULL) + (options->nodes != NULL) > 1)
        return command_refuse(self, "give one of --from and --to, --between, --node");
    if (!options->from != !options->to)
        return command_refuse(self, "--%s: goes with --%s", options->from ? "from" : "to",
                              options->from ? "to" : "from");
    if (set_island(self, body, "from", options->from) != COMMAND_GO ||
        set_island(self, body, "to", options->to) != COMMAND_GO ||
        set_island(self, body, "nodes", options->nodes) != COMMAND_GO ||
        set_between(self, body, options->between, options->between_other) != COMMAND_GO)
        return STATUS_BAD_INPUT;
    set_text(body, "dialled_by", options->dialled_by);
    set_text(body, "lease", options->lease);
    if (options->for_us) {
        duration_print_exact(options->for_us, time, sizeof(time));
        set_text(body, "for", time);
    }
    return COMMAND_GO;
}

static void print_added(const json_t *answer)
{
    const json_t *rule;
    size_t i;

    json_array_foreach(json_object_get(answer, "rules"), i, rule)
        rule_print(rule);
    rules_print_remarks(answer);
}

static int add(const struct command *self, struct fault_options *options, char **words)
{
    json_t *body, *params;
    const char *kind;
    int status;

    if (options->between && !options->between_other)
        return command_refuse(self, "--between: two islands are needed, as in --between a,b c");
    remove_word(words, options->between_other);
    kind = words[0];
    if (!kind || strchr(kind, '='))
        return command_refuse(self, "which kind of fault? see epmdpxy fault kinds");
    if (read_params(self, kind, words + 1, !options->matrix, &params) != COMMAND_GO)
        return STATUS_BAD_INPUT;
    body = json_pack("{s:s, s:o}", "fault", kind, "params", params);
    status = fill(self, options, body);
    if (status == COMMAND_GO && options->matrix)
        status = matrix_read(self, options->matrix, kind, &body);
    if (status != COMMAND_GO) {
        json_decref(body);
        return status;
    }
    return ask(self, options, "POST", "/v1/rules", body, print_added, NULL);
}

/* ---- list, rm, clear ---- */

static void print_list(const json_t *answer)
{
    const json_t *rules = json_object_get(answer, "rules"), *rule;
    size_t i;

    if (json_array_size(rules) == 0)
        printf("no faults\n");
    json_array_foreach(rules, i, rule)
        rule_print(rule);
}

static int list(const struct command *self, struct fault_options *options, char **words)
{
    if (words[0])
        return command_refuse(self, "'%s' is one word too many: fault list takes none", words[0]);
    return ask(self, options, NULL, "/v1/rules", NULL, print_list, NULL);
}

/* The number in "17" or "#17", as text; NULL: it is none. */
static const char *number_in(const char *word)
{
    const char *digits = *word == '#' ? word + 1 : word;

    return *digits && strspn(digits, "0123456789") == strlen(digits) && strlen(digits) <= 10 ? digits : NULL;
}

/* Are all of them there? Nothing is removed when one is not. */
static int check_numbers(const struct command *self, struct fault_options *options, char **words)
{
    json_t *answer, *rule;
    int status = ask(self, options, NULL, "/v1/rules", NULL, NULL, &answer);

    for (; *words && status == STATUS_OK; words++) {
        long long number = atoll(number_in(*words));
        bool found = false;
        size_t i;

        json_array_foreach(json_object_get(answer, "rules"), i, rule)
            found |= json_integer_value(json_object_get(rule, "id")) == number;
        if (!found) {
            status = command_fail("there is no rule %lld; see epmdpxy fault list", number);
            json_decref(answer);
            return status;
        }
    }
    if (status == STATUS_OK)
        json_decref(answer);
    return status;
}

static int rm(const struct command *self, struct fault_options *options, char **words)
{
    int status;

    if (!words[0])
        return command_refuse(self, "which one? give its number, see epmdpxy fault list");
    for (size_t i = 0; words[i]; i++) {
        if (!number_in(words[i]))
            return command_refuse(self, "'%s' is not the number of a fault, such as 17; see epmdpxy fault list",
                                  words[i]);
        for (size_t k = 0; k < i; k++)
            if (atoll(number_in(words[k])) == atoll(number_in(words[i])))
                return command_refuse(self, "'%s': given twice", words[i]);
    }
    status = check_numbers(self, options, words);
    for (; *words && status == STATUS_OK; words++) {
        char path[64];
        json_t *answer;

        snprintf(path, sizeof(path), "/v1/rules/%s", number_in(*words));
        if (!words[1])
            return ask(self, options, "DELETE", path, NULL, print_list, NULL);
        status = ask(self, options, "DELETE", path, NULL, NULL, &answer);
        if (status == STATUS_OK)
            json_decref(answer);
    }
    return status;
}

static int clear(const struct command *self, struct fault_options *options, char **words)
{
    if (words[0])
        return command_refuse(self, "'%s' is one word too many: fault clear removes all of them", words[0]);
    return ask(self, options, "DELETE", "/v1/rules", NULL, print_list, NULL);
}

/* ---- kinds ---- */

static int kinds(const struct command *self, struct fault_options *options, char **words)
{
    struct fault fault;
    struct refusal refusal;

    if (words[0] && words[1])
        return command_refuse(self, "'%s' is one word too many: fault kinds takes one kind, or none", words[1]);
    if (words[0] && fault_named(words[0], &fault, &refusal) < 0)
        return refuse_kind(self, &refusal);
    if (options->json)
        kinds_print_json(words[0]);
    else
        kinds_print(words[0]);
    return STATUS_OK;
}

static const struct verb {
    const char *name; /* first field, for suggest() */
    int (*run)(const struct command *self, struct fault_options *options, char **words);
} verbs[] = {{"add", add}, {"list", list}, {"rm", rm}, {"clear", clear}, {"kinds", kinds}};

#define VERBS (sizeof(verbs) / sizeof(verbs[0]))

/* The options that fault add alone takes: the name of one that was given, or NULL. */
static const char *only_for_add(const struct fault_options *options)
{
    const struct {
        bool given;
        const char *name;
    } all[] = {
        {options->from, "from"},
        {options->to, "to"},
        {options->between, "between"},
        {options->nodes, "node"},
        {options->dialled_by, "dialled-by"},
        {options->matrix, "matrix"},
        {options->for_us > 0, "for"},
        {options->lease, "lease"},
    };

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        if (all[i].given)
            return all[i].name;
    return NULL;
}

static int run(const struct command *self, int argc, char **argv)
{
    struct fault_options options = {.port = -1, .between_other = behind_between(argc, argv)};
    int status = command_begin(self, &options, argc, argv, 0, COMMAND_ANY_WORDS);
    const char *option, *meant;

    if (status != COMMAND_GO)
        return status;
    if (!argv[0])
        return command_refuse(self, "what to do? add, list, rm, clear or kinds; see epmdpxy fault --help");
    option = strcmp(argv[0], "add") == 0 ? NULL : only_for_add(&options);
    for (size_t i = 0; i < VERBS; i++) {
        if (strcmp(verbs[i].name, argv[0]) != 0)
            continue;
        if (option)
            return command_refuse(self, "--%s: goes with fault add, not with fault %s", option, argv[0]);
        return verbs[i].run(self, &options, argv + 1);
    }
    meant = suggest(argv[0], verbs, VERBS, sizeof(verbs[0]));
    if (meant)
        return command_refuse(self, "no '%s'; did you mean %s?", argv[0], meant);
    return command_refuse(self, "'%s' is none of add, list, rm, clear, kinds", argv[0]);
}

const struct command fault_command = {
    .name = "fault",
    .synopsis = "fault add KIND [OPTION...] [PARAMETER=VALUE...] | list | rm ID... | clear | kinds [KIND]",
    .summary = "add and remove faults of all kinds: slow, frozen, mute, ...",
    .details =
        "  epmdpxy fault kinds                                        what there is, with all parameters\n"
        "  epmdpxy fault add latency --between a b,c delay=50ms jitter=10ms\n"
        "  epmdpxy fault add bandwidth --from a --to b rate=1mbit     one direction: what a sends to b\n"
        "  epmdpxy fault add freeze --from a --to '*' --for 30s       a is up, and does not answer\n"
        "  epmdpxy fault add hide --node b                            the port mapper does not know b\n"
        "  epmdpxy fault add latency --matrix regions.txt             see below\n"
        "  epmdpxy fault list; epmdpxy fault rm 3; epmdpxy fault clear\n\n"
        "Faults add up, hold for nodes that are still to come, and may be removed in any order. Removing any of\n"
        "them, cuts too, is fault rm; fault clear removes them all.\n\n" ISLANDS_HELP
        "\nA matrix has lines \"GROUP = ISLAND\" and \"GROUP GROUP VALUE\", both ways:\n"
        "  eu = node1,node2\n"
        "  us = node3\n"
        "  eu us 45ms\n",
    .options = {OPTION_ROWS(rows)},
    .run = run,
};
