/* SPDX-License-Identifier: MIT */
#include "base/options.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/duration.h"
#include "base/size.h"
#include "base/suggest.h"

#define HELP_COLUMN 31

/* The line to tell the user; returns -EINVAL. */
__attribute__((format(printf, 2, 3))) static int wrong(struct options_result *result, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(result->error, sizeof(result->error), format, args);
    va_end(args);
    return -EINVAL;
}

static int number_parse(const char *text, int min, int max, int *ret_number)
{
    char *end;
    long value;

    if (!isdigit((unsigned char)*text)) /* no blanks, no signs: strtol is more lenient than users expect */
        return -EINVAL;
    errno = 0;
    value = strtol(text, &end, 10);
    if (errno || *end || value < min || value > max)
        return -EINVAL;
    *ret_number = (int)value;
    return 0;
}

int port_parse(const char *text, int min, int *ret_port)
{
    return number_parse(text, min, 65535, ret_port);
}

#define ROWS_MAX 64 /* a bit each */

/* A row of the table, its own or a shared one, and where the struct begins that it fills. */
struct place {
    const struct option_row *row; /* NULL: there are no more */
    size_t base;
};

static struct place row_at(const struct option_table *table, size_t i)
{
    if (i < table->count)
        return (struct place){&table->rows[i], 0};
    i -= table->count;
    for (size_t k = 0; k < OPTIONS_SHARED_MAX && table->shared[k].table; k++) {
        const struct option_shared *shared = &table->shared[k];

        if (i < shared->table->count)
            return (struct place){&shared->table->rows[i], shared->offset};
        i -= shared->table->count;
    }
    return (struct place){NULL, 0};
}

/* The number of the row of that name; or of the place behind the last. */
static size_t find_row(const struct option_table *table, const char *name, size_t len)
{
    const struct option_row *row;
    size_t i = 0;

    while ((row = row_at(table, i).row) && (strlen(row->name) != len || memcmp(row->name, name, len) != 0))
        i++;
    return i;
}

static bool takes_value(const struct option_row *row)
{
    return row->kind != OPTION_FLAG && row->kind != OPTION_NOT;
}

static int refuse_choice(const struct option_row *row, const char *value, struct options_result *result)
{
    size_t len = (size_t)snprintf(result->error, sizeof(result->error), "--%s: '%s' is none of", row->name, value);

    for (const char *const *choice = row->choices; *choice && len < sizeof(result->error); choice++)
        len += (size_t)snprintf(result->error + len, sizeof(result->error) - len, " %s", *choice);
    return -EINVAL;
}

static int refuse_duration(const struct option_row *row, const char *value, int status, struct options_result *result)
{
    if (status == -ERANGE)
        return wrong(result, "--%s: '%s' is too long: give a duration of at most 8760h (a year), such as 150ms or 15s",
                     row->name, value);
    return wrong(result, "--%s: '%s' is not a duration: give " DURATION_HINT, row->name, value);
}

static int refuse_short(const struct option_row *row, const char *value, struct options_result *result)
{
    char least[32];

    duration_print_exact((uint64_t)row->min, least, sizeof(least));
    return wrong(result, "--%s: '%s' is too short: give a duration of at least %s, such as 150ms or 15s", row->name,
                 value, least);
}

static int add_text(const struct option_row *row, struct option_texts *texts, const char *value,
                    struct options_result *result)
{
    if (!*value)
        return wrong(result, "--%s: the value is empty", row->name);
    if (texts->count == OPTION_TEXTS_MAX)
        return wrong(result, "--%s: given more than %d times", row->name, OPTION_TEXTS_MAX);
    texts->at[texts->count++] = value;
    return 0;
}

static int set_value(struct place place, void *fields, const char *value, struct options_result *result)
{
    const struct option_row *row = place.row;
    void *field = (char *)fields + place.base + row->offset;
    uint64_t us, bytes;
    int status;

    switch (row->kind) {
    case OPTION_FLAG:
    case OPTION_NOT:
        *(bool *)field = row->kind == OPTION_FLAG;
        return 0;
    case OPTION_TEXT:
        if (!*value)
            return wrong(result, "--%s: the value is empty", row->name);
        *(const char **)field = value;
        return 0;
    case OPTION_TEXTS:
        return add_text(row, field, value, result);
    case OPTION_NUMBER:
        if (number_parse(value, row->min, row->max, field) < 0)
            return wrong(result, "--%s: '%s' is not a number from %d to %d", row->name, value, row->min, row->max);
        return 0;
    case OPTION_DURATION:
        status = duration_parse(value, &us);
        if (status < 0)
            return refuse_duration(row, value, status, result);
        if (us < (uint64_t)row->min)
            return refuse_short(row, value, result);
        *(uint64_t *)field = us;
        return 0;
    case OPTION_SIZE:
        if (size_parse(value, &bytes) < 0 || bytes < (uint64_t)row->min)
            return wrong(result, "--%s: '%s' is not a size from %d on: give " SIZE_HINT, row->name, value, row->min);
        *(uint64_t *)field = bytes;
        return 0;
    case OPTION_CHOICE:
        for (int i = 0; row->choices[i]; i++)
            if (strcmp(row->choices[i], value) == 0) {
                *(int *)field = i;
                return 0;
            }
        return refuse_choice(row, value, result);
    case OPTION_REFUSED:
        break;
    }
    abort();
}

static int refuse_unknown(const struct option_table *table, const char *arg, const char *name, size_t len,
                          struct options_result *result)
{
    const char *names[ROWS_MAX], *meant;
    char typed[64] = "";
    size_t count = 0;

    if (len < sizeof(typed))
        memcpy(typed, name, len);
    for (const struct option_row *row; (row = row_at(table, count).row); count++)
        names[count] = row->name;
    meant = suggest(typed, names, count, sizeof(*names));
    if (meant)
        return wrong(result, "unknown option '%s'; did you mean --%s?", arg, meant);
    return wrong(result, "unknown option '%s'; see --help", arg);
}

/* One option at argv[*at]; *at moves on when its value is the next word. */
static int parse_option(const struct option_table *table, void *fields, int argc, char **argv, int *at,
                        struct options_result *result)
{
    const char *arg = argv[*at], *name = arg + strspn(arg, "-");
    size_t len = strcspn(name, "=");
    const char *value = name[len] ? name + len + 1 : NULL;
    size_t number = find_row(table, name, len);
    struct place place = row_at(table, number);
    const struct option_row *row = arg[1] == '-' ? place.row : NULL;

    if (strcmp(arg, "--help") == 0 || strcmp(arg, "-h") == 0) {
        result->help = true;
        return 0;
    }
    if (!row)
        return refuse_unknown(table, arg, name, len, result);
    if (row->kind == OPTION_REFUSED)
        return wrong(result, "--%s %s", row->name, row->help);
    if (!takes_value(row) && value)
        return wrong(result, "--%s takes no value", row->name);
    if (takes_value(row) && !value) {
        if (*at + 1 >= argc)
            return wrong(result, "--%s needs a value: %s", row->name, row->value_name);
        value = argv[++*at];
    }
    if (takes_value(row)) {
        uint64_t bit = UINT64_C(1) << number;

        if (result->given & bit && row->kind != OPTION_TEXTS)
            result->twice = row->name;
        result->given |= bit;
    }
    return set_value(place, fields, value, result);
}

static void begin_result(struct options_result *result)
{
    result->words = 0;
    result->given = 0;
    result->twice = NULL;
    result->help = false;
    result->error[0] = 0;
}

int options_parse(const struct option_table *table, void *fields, int argc, char **argv, bool stop_at_word,
                  struct options_result *result)
{
    bool only_words = false;

    assert(!row_at(table, ROWS_MAX).row);
    begin_result(result);
    for (int i = 0; i < argc; i++) {
        bool is_option = argv[i][0] == '-' && argv[i][1];

        if (only_words || !is_option) {
            argv[result->words++] = argv[i];
            only_words |= stop_at_word;
        } else if (strcmp(argv[i], "--") == 0) {
            only_words = true;
        } else {
            int status = parse_option(table, fields, argc, argv, &i, result);

            if (status < 0 || result->help)
                return status;
        }
    }
    return 0;
}

static bool has_option(const struct option_table *table, const char *arg)
{
    return strncmp(arg, "--", 2) == 0 && row_at(table, find_row(table, arg + 2, strcspn(arg + 2, "="))).row;
}

int options_take(const struct option_table *table, void *fields, int argc, char **argv, struct options_result *result)
{
    begin_result(result);
    for (int i = 0; i < argc; i++) {
        if (!has_option(table, argv[i]))
            argv[result->words++] = argv[i];
        else if (parse_option(table, fields, argc, argv, &i, result) < 0)
            return -EINVAL;
    }
    return result->words;
}

void options_add_help(const struct option_table *table, struct text *to)
{
    const struct option_row *row;

    for (size_t i = 0; (row = row_at(table, i).row); i++) {
        char left[64];

        if (row->kind == OPTION_REFUSED)
            continue;
        snprintf(left, sizeof(left), "  --%s%s%s", row->name, takes_value(row) ? " " : "",
                 takes_value(row) ? row->value_name : "");
        text_add_row(to, HELP_COLUMN, left, row->help);
    }
}
