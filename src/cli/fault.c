/* SPDX-License-Identifier: MIT */
/*
 * fault add, list, rm, clear, kinds: every kind of fault, not only cuts.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/suggest.h"
#include "cli/client.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/matrix.h"
#include "cli/target.h"
#include "request/answers.h"
#include "request/kinds.h"
#include "request/words.h"

struct fault_fields {
    struct rule_words rule;
    struct asking asking;
    const char *matrix;
};

static const struct option_row rows[] = {
    {"matrix", "FILE", "add latency, bandwidth: values between groups of nodes, from a file", OPTION_TEXT,
     offsetof(struct fault_fields, matrix), 0, 0, NULL},
};

/* ---- add ---- */

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

static void add_rules(struct text *to, const json_t *answer)
{
    const json_t *rule;
    size_t i;

    json_array_foreach(json_object_get(answer, "rules"), i, rule)
        rule_add_line(to, rule);
    remarks_add_lines(to, answer);
}

/* A matrix has its parameters in the file. */
static int read_matrix(const struct command *self, const struct fault_fields *options, char **words,
                       struct rules_request *ret)
{
    if (words[0] && words[1])
        return command_refuse(self, "--matrix: parameters stand in the file, behind the value");
    if (!words[0])
        return command_refuse(self, "which kind of fault? see epmdpxy fault kinds");
    return matrix_from_file(self, options->matrix, words[0], &options->rule, ret);
}

static int add(const struct command *self, struct fault_fields *options, char **words)
{
    struct client_request request = {.path = "/v1/rules"};
    struct rules_request rules;
    struct refusal refusal;
    int status = COMMAND_GO;

    remove_word(words, options->rule.between[1]);
    if (options->matrix)
        status = read_matrix(self, options, words, &rules);
    else if (rules_request_from_words(&options->rule, (const char *const *)words, &rules, &refusal) < 0)
        status = command_refused(self, &refusal);
    if (status != COMMAND_GO)
        return status;
    request.body = rules_request_to_document(&rules);
    rules_request_done(&rules);
    return client_tell(self, &options->asking, request, add_rules);
}

/* ---- list, rm, clear ---- */

/* What was removed, if anything was; and the rules that there are. */
static void add_list(struct text *to, const json_t *answer)
{
    const json_t *rules = json_object_get(answer, "rules"), *rule;
    size_t i;

    json_array_foreach(json_object_get(answer, "ended"), i, rule) {
        text_addf(to, "removed #%lld: ", json_integer_value(json_object_get(rule, "id")));
        rule_add_effect(to, rule);
        text_addf(to, "\n");
    }
    if (json_array_size(rules) == 0)
        text_addf(to, "no faults\n");
    json_array_foreach(rules, i, rule) {
        rule_add_line(to, rule);
        text_addf(to, "    ");
        rule_add_effect(to, rule);
        text_addf(to, "\n");
    }
}

static int list(const struct command *self, struct fault_fields *options, char **words)
{
    if (words[0])
        return command_refuse(self, "'%s' is one word too many: fault list takes none", words[0]);
    return client_tell(self, &options->asking, (struct client_request){.path = "/v1/rules"}, add_list);
}

/* "17", or "#17". */
static int number_of(const struct command *self, const char *word, uint32_t *ret)
{
    struct refusal refusal;

    if (rule_number_from_word(*word == '#' ? word + 1 : word, ret, &refusal) == 0)
        return COMMAND_GO;
    return command_refuse(self, "'%s' is not the number of a rule, such as 17; see epmdpxy fault list", word);
}

static bool holds(const json_t *rules, uint32_t number)
{
    const json_t *rule;
    size_t i;

    json_array_foreach(rules, i, rule)
        if (json_integer_value(json_object_get(rule, "id")) == number)
            return true;
    return false;
}

/* Are all of them there? Nothing is removed when one is not. */
static int check_there(const struct command *self, const struct target *target, const uint32_t *numbers, size_t count)
{
    json_t *answer;
    int status = client_ask(self, &(struct client_request){.target = target, .path = "/v1/rules"}, &answer);

    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < count && status == STATUS_OK; i++)
        if (!holds(json_object_get(answer, "rules"), numbers[i]))
            status = command_fail("there is no rule %u; see epmdpxy fault list", numbers[i]);
    json_decref(answer);
    return status;
}

/* One after the other; *answer is the last one's, with what all of them have ended. */
static int remove_each(const struct command *self, const struct target *target, const uint32_t *numbers, size_t count,
                       json_t **answer)
{
    json_t *ended = json_array();
    char path[64];
    int status = STATUS_OK;

    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        snprintf(path, sizeof(path), "/v1/rules/%u", numbers[i]);
        json_decref(*answer);
        *answer = NULL;
        status = client_ask(self, &(struct client_request){.method = "DELETE", .target = target, .path = path}, answer);
        if (status == STATUS_OK)
            json_array_extend(ended, json_object_get(*answer, "ended"));
    }
    if (status == STATUS_OK)
        json_object_set(*answer, "ended", ended);
    json_decref(ended);
    return status;
}

static int remove_rules(const struct command *self, const struct asking *asking, const uint32_t *numbers, size_t count)
{
    struct text lines = {0};
    struct target target;
    json_t *answer = NULL;
    int status;

    if (target_find(self, asking, &target) < 0)
        return STATUS_BAD_INPUT;
    status = check_there(self, &target, numbers, count);
    if (status == STATUS_OK)
        status = remove_each(self, &target, numbers, count, &answer);
    if (status != STATUS_OK)
        return status;
    if (asking->json)
        client_print(answer);
    else
        add_list(&lines, answer);
    command_print(&lines);
    json_decref(answer);
    return STATUS_OK;
}

static int rm(const struct command *self, struct fault_fields *options, char **words)
{
    uint32_t *numbers;
    size_t count = 0;
    int status;

    if (!words[0])
        return command_refuse(self, "which one? give its number, see epmdpxy fault list");
    while (words[count])
        count++;
    numbers = mem_new(count * sizeof(*numbers));
    status = COMMAND_GO;
    for (size_t i = 0; i < count && status == COMMAND_GO; i++) {
        status = number_of(self, words[i], &numbers[i]);
        for (size_t k = 0; k < i && status == COMMAND_GO; k++)
            if (numbers[k] == numbers[i])
                status = command_refuse(self, "'%s': given twice", words[i]);
    }
    if (status == COMMAND_GO)
        status = remove_rules(self, &options->asking, numbers, count);
    free(numbers);
    return status;
}

static int clear(const struct command *self, struct fault_fields *options, char **words)
{
    if (words[0])
        return command_refuse(self, "'%s' is one word too many: fault clear removes all of them", words[0]);
    return client_tell(self, &options->asking, (struct client_request){.method = "DELETE", .path = "/v1/rules"},
                       add_list);
}

/* ---- kinds ---- */

static int kinds(const struct command *self, struct fault_fields *options, char **words)
{
    struct text lines = {0};
    struct refusal refusal;

    if (words[0] && words[1])
        return command_refuse(self, "'%s' is one word too many: fault kinds takes one kind, or none", words[1]);
    if (words[0] && kinds_check(words[0], &refusal) < 0)
        return command_refused(self, &refusal);
    if (options->asking.json) {
        json_t *document = kinds_to_document(words[0]);

        client_print(document);
        json_decref(document);
    } else {
        kinds_add_lines(&lines, words[0]);
        command_print(&lines);
    }
    return STATUS_OK;
}

static const struct verb {
    const char *name; /* first field, for suggest() */
    int (*run)(const struct command *self, struct fault_fields *options, char **words);
} verbs[] = {{"add", add}, {"list", list}, {"rm", rm}, {"clear", clear}, {"kinds", kinds}};

#define VERBS (sizeof(verbs) / sizeof(verbs[0]))

static bool is_given(const struct option_row *row, const void *field)
{
    if (row->kind == OPTION_FLAG)
        return *(const bool *)field;
    return row->kind == OPTION_DURATION ? *(const uint64_t *)field > 0 : *(const char *const *)field != NULL;
}

/* The options that fault add alone takes: the name of one that was given, or NULL. */
static const char *only_for_add(const struct fault_fields *options)
{
    for (size_t i = 0; i < rule_options.count; i++) {
        const struct option_row *row = &rule_options.rows[i];

        if (is_given(row, (const char *)&options->rule + row->offset))
            return row->name;
    }
    return options->matrix ? "matrix" : NULL;
}

/* "--delay 50ms" for "delay=50ms". Returns COMMAND_GO, or has said so. */
static int check_params(const struct command *self, int argc, char **argv)
{
    for (int i = 0; i < argc; i++) {
        const char *name = argv[i] + 2, *value;
        size_t len;

        if (strncmp(argv[i], "--", 2) != 0)
            continue;
        len = strcspn(name, "=");
        if (!kinds_have_param(name, len))
            continue;
        value = name[len] ? name + len + 1 : i + 1 < argc ? argv[i + 1] : "...";
        return command_refuse(self, "'%s': parameters have no dashes: write %.*s=%s", argv[i], (int)len, name, value);
    }
    return COMMAND_GO;
}

static int run(const struct command *self, int argc, char **argv)
{
    struct fault_fields options = {.rule.between[1] = behind_between(argc, argv), .asking = ASKING_NEW};
    int status = check_params(self, argc, argv);
    const char *option, *meant;

    if (status == COMMAND_GO)
        status = command_begin(self, &options, argc, argv, 0, COMMAND_ANY_WORDS);
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

static void add_words(struct text *to)
{
    words_add_islands(to);
    text_addf(to, "\nWhat a rule has done up to now: fault list says it in short, and\n"
                  "fault list --json counts\n");
    words_add_effects(to);
}

const struct command fault_command = {
    .name = "fault",
    .synopsis = "fault add KIND [OPTION...] [PARAMETER=VALUE...] | list | rm ID... | clear | kinds [KIND]",
    .summary = "add and remove faults of all kinds: slow, frozen, mute, ...",
    .details = "  epmdpxy fault kinds                # what there is, with all parameters\n"
               "  epmdpxy fault add latency --between a b,c delay=50ms jitter=10ms\n"
               "  epmdpxy fault add bandwidth --from a --to b rate=1mbit   # what a sends to b\n"
               "  epmdpxy fault add freeze --from a --to '*' --for 30s     # a does not answer\n"
               "  epmdpxy fault add hide --node b    # the port mapper does not know b\n"
               "  epmdpxy fault add latency --matrix regions.txt           # see below\n"
               "  epmdpxy fault list\n"
               "  epmdpxy fault rm 3\n"
               "  epmdpxy fault clear\n\n"
               "Faults add up, hold for nodes that are still to come, and may be removed in any\n"
               "order. Removing any of them, cuts too, is fault rm; fault clear removes them\n"
               "all.\n\n"
               "A matrix has lines \"GROUP = ISLAND\" and \"GROUP GROUP VALUE\", both ways:\n"
               "  eu = node1,node2\n"
               "  us = node3\n"
               "  eu us 45ms\n",
    .words = add_words,
    .options = {OPTION_ROWS(rows), .shared = {{&rule_options, offsetof(struct fault_fields, rule)},
                                              {&asking_options, offsetof(struct fault_fields, asking)}}},
    .run = run,
};
