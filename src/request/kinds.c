/* SPDX-License-Identifier: MIT */
#include "request/kinds.h"

#include <stdio.h>
#include <string.h>

#include "base/duration.h"
#include "base/rate.h"
#include "base/size.h"
#include "model/faults.h"
#include "request/params.h"

#define KIND_COLUMN 12
#define HELP_COLUMN 28

/* What is written for a value: the words themselves where they are few. */
static const char *value_word(const struct param_row *row, char *to, size_t size)
{
    size_t len = 0;

    switch (row->type) {
    case PARAM_DURATION:
        return "TIME";
    case PARAM_RATE:
        return "RATE";
    case PARAM_SIZE:
        return "SIZE";
    case PARAM_PART:
        return "FRACTION";
    case PARAM_FLAGS:
        return "FLAG,...";
    case PARAM_CHOICE:
        break;
    }
    to[0] = 0;
    for (size_t i = 0; row->words[i].name && len < size; i++)
        len += (size_t)snprintf(to + len, size - len, "%s%s", i ? "|" : "", row->words[i].name);
    return to;
}

/* What the words of a value mean, one by one. */
static void add_words(struct text *to, const struct param_word *word)
{
    char left[64];

    for (; word && word->name; word++) {
        snprintf(left, sizeof(left), "        %s", word->name);
        text_add_row(to, HELP_COLUMN, left, word->help);
    }
}

static void add_param(struct text *to, const struct param_row *row, bool wholly)
{
    char word[64], left[128], help[512];

    snprintf(left, sizeof(left), "    %s=%s", row->name, value_word(row, word, sizeof(word)));
    snprintf(help, sizeof(help), "%s%s%s%s", row->help, row->fallback ? " [" : "", row->fallback ? row->fallback : "",
             row->fallback ? "]" : "");
    text_add_row(to, HELP_COLUMN, left, help);
    if (wholly) {
        add_words(to, row->words);
    } else if (row->type == PARAM_FLAGS) {
        param_print_allowed(row, help, sizeof(help));
        text_add_row(to, HELP_COLUMN, "", help);
    }
}

static void add_kind(struct text *to, const struct fault_row *row, bool wholly)
{
    char help[512];
    bool folds = strcmp(row->fold, "-") != 0;

    snprintf(help, sizeof(help), "%s%s%s%s", row->help, folds ? " (several: " : "", folds ? row->fold : "",
             folds ? ")" : "");
    text_add_row(to, KIND_COLUMN, row->name, help);
    for (size_t i = 0; i < row->params_count; i++)
        add_param(to, &row->params[i], wholly);
}

int kinds_check(const char *name, struct refusal *refusal)
{
    struct fault fault;
    int status = fault_named(name, &fault, refusal);

    refusal->field[0] = 0; /* whoever typed it knows that it is about a fault */
    return status;
}

bool kinds_have_param(const char *name, size_t len)
{
    for (enum fault_kind kind = 0; kind < FAULTS_COUNT; kind++) {
        const struct fault_row *row = fault_row(kind);

        for (size_t i = 0; i < row->params_count; i++)
            if (strlen(row->params[i].name) == len && memcmp(row->params[i].name, name, len) == 0)
                return true;
    }
    return false;
}

static bool is_chosen(const struct fault_row *row, const char *only)
{
    return !only || strcmp(only, row->name) == 0;
}

static void add_kinds(struct text *to, bool between_nodes, const char *title)
{
    text_addf(to, "%s\n\n", title);
    for (enum fault_kind kind = 0; kind < FAULTS_COUNT; kind++)
        if (fault_row(kind)->between_nodes == between_nodes)
            add_kind(to, fault_row(kind), false);
    text_addf(to, "\n");
}

/* Does any of the kinds have a parameter of that type? */
static bool is_used(enum param_type type, const char *only)
{
    for (enum fault_kind kind = 0; kind < FAULTS_COUNT; kind++) {
        const struct fault_row *row = fault_row(kind);

        for (size_t i = 0; i < row->params_count && is_chosen(row, only); i++)
            if (row->params[i].type == type)
                return true;
    }
    return false;
}

static void add_values(struct text *to, const char *only)
{
    static const struct {
        enum param_type type;
        const char *word, *help;
    } values[] = {
        {PARAM_DURATION, "TIME", DURATION_HINT},
        {PARAM_RATE, "RATE", RATE_HINT},
        {PARAM_SIZE, "SIZE", SIZE_HINT},
        {PARAM_PART, "FRACTION", "a number from 0 to 1, such as 0.25"},
    };

    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
        if (is_used(values[i].type, only))
            text_add_row(to, KIND_COLUMN, values[i].word, values[i].help);
}

void kinds_add_lines(struct text *to, const char *only)
{
    for (enum fault_kind kind = 0; kind < FAULTS_COUNT; kind++)
        if (only && is_chosen(fault_row(kind), only))
            add_kind(to, fault_row(kind), true);
    if (!only) {
        add_kinds(to, true, "Between nodes: --from A --to B, --between A B, or everybody");
        add_kinds(to, false, "Of a name, in what the port mapper answers: --node A, or everybody");
    }
    add_values(to, only);
    if (!only)
        text_addf(to, "\nWhat stands in [] is taken when nothing is given; a parameter without that must\n"
                      "be given. "
                      "epmdpxy fault kinds KIND tells more.\n");
}

/* ---- documents ---- */

static json_t *kind_to_document(const struct fault_row *row)
{
    json_t *params = json_array(), *object;
    char allowed[512], number[64];
    struct refusal refusal;
    struct fault defaults;

    for (size_t i = 0; i < row->params_count; i++) {
        const struct param_row *param = &row->params[i];
        const char *unit = param_unit(param);

        param_print_allowed(param, allowed, sizeof(allowed));
        object = json_pack("{s:s, s:s, s:s?, s:s}", "name", param->name, "takes", allowed, "default", param->fallback,
                           "help", param->help);
        snprintf(number, sizeof(number), "%s_%s", param->name, unit ? unit : "");
        if (unit)
            json_object_set_new(object, "number", json_string(number));
        if (param->fallback && fault_named(row->name, &defaults, &refusal) == 0)
            param_add_number(param, "default", defaults.value[param->param], object);
        json_array_append_new(params, object);
    }
    return json_pack("{s:s, s:b, s:s, s:s, s:o}", "name", row->name, "between_nodes", row->between_nodes, "several",
                     row->fold, "help", row->help, "params", params);
}

json_t *kinds_to_document(const char *only)
{
    json_t *list = json_array();

    for (enum fault_kind kind = 0; kind < FAULTS_COUNT; kind++)
        if (is_chosen(fault_row(kind), only))
            json_array_append_new(list, kind_to_document(fault_row(kind)));
    return json_pack("{s:o}", "kinds", list);
}
