/* SPDX-License-Identifier: MIT */
#include "cli/kinds.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/duration.h"
#include "base/rate.h"
#include "base/size.h"
#include "cli/client.h"
#include "model/faults.h"

#define LINE_COLUMNS 100
#define KIND_COLUMN 12
#define HELP_COLUMN 42

/* Prints the words in lines of LINE_COLUMNS, from `column` on; `at` is where we are. */
static void print_wrapped(const char *text, int column, int at)
{
    printf("%*s", at < column ? column - at : 0, "");
    at = column;
    while (*text) {
        int len = (int)strcspn(text, " ");

        if (at > column && at + 1 + len > LINE_COLUMNS) {
            printf("\n%*s", column, "");
            at = column;
        }
        at += printf("%s%.*s", at > column ? " " : "", len, text);
        text += len;
        text += strspn(text, " ");
    }
    printf("\n");
}

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

static void print_param(const struct param_row *row)
{
    char word[64], help[512];
    int at = printf("    %s=%s", row->name, value_word(row, word, sizeof(word)));

    if (at >= HELP_COLUMN)
        at += printf(" ");
    snprintf(help, sizeof(help), "%s%s%s%s", row->help, row->fallback ? " [" : "", row->fallback ? row->fallback : "",
             row->fallback ? "]" : "");
    print_wrapped(help, HELP_COLUMN, at);
    if (row->type == PARAM_FLAGS) {
        char allowed[512];

        param_print_allowed(row, allowed, sizeof(allowed));
        print_wrapped(allowed, HELP_COLUMN, 0);
    }
}

static void print_kind(const struct fault_row *row)
{
    char help[512];
    bool folds = strcmp(row->fold, "-") != 0;

    snprintf(help, sizeof(help), "%s%s%s%s", row->help, folds ? " (several: " : "", folds ? row->fold : "",
             folds ? ")" : "");
    print_wrapped(help, KIND_COLUMN, printf("%s ", row->name));
    for (size_t i = 0; i < row->params_count; i++)
        print_param(&row->params[i]);
}

static bool is_chosen(const struct fault_row *row, const char *only)
{
    return !only || strcmp(only, row->name) == 0;
}

static void print_kinds(bool between_nodes, const char *title, const char *only)
{
    bool any = false;

    for (enum fault_kind kind = 0; kind < FAULTS_COUNT; kind++) {
        const struct fault_row *row = fault_row(kind);

        if (row->between_nodes != between_nodes || !is_chosen(row, only))
            continue;
        if (!any && !only)
            printf("%s\n\n", title);
        any = true;
        print_kind(row);
    }
    if (any && !only)
        printf("\n");
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

static void print_values(const char *only)
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
            print_wrapped(values[i].help, KIND_COLUMN, printf("%s", values[i].word));
}

void kinds_print(const char *only)
{
    print_kinds(true, "Between nodes: --from A --to B, --between A B, or everybody", only);
    print_kinds(false, "Of a name, in what the port mapper answers: --node A, or everybody", only);
    print_values(only);
    if (!only)
        printf("\nWhat stands in [] is taken when nothing is given; a parameter without that must be given.\n");
}

static json_t *kind_as_json(const struct fault_row *row)
{
    json_t *params = json_array();
    char allowed[512];

    for (size_t i = 0; i < row->params_count; i++) {
        const struct param_row *param = &row->params[i];

        param_print_allowed(param, allowed, sizeof(allowed));
        json_array_append_new(params, json_pack("{s:s, s:s, s:s?, s:s}", "name", param->name, "takes", allowed,
                                                "default", param->fallback, "help", param->help));
    }
    return json_pack("{s:s, s:b, s:s, s:s, s:o}", "name", row->name, "between_nodes", row->between_nodes, "several",
                     row->fold, "help", row->help, "params", params);
}

void kinds_print_json(const char *only)
{
    json_t *list = json_array(), *object;

    for (enum fault_kind kind = 0; kind < FAULTS_COUNT; kind++)
        if (is_chosen(fault_row(kind), only))
            json_array_append_new(list, kind_as_json(fault_row(kind)));
    object = json_pack("{s:o}", "kinds", list);
    client_print(object);
    json_decref(object);
}
