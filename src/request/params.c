/* SPDX-License-Identifier: MIT */
#include "request/params.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "request/document.h"

#define PARAM_TEXT_BYTES_MAX 512
#define US_PER_MS 1000

/* ---- words ---- */

int param_from_word(const char *word, struct fault *fault, struct refusal *refusal)
{
    char name[REFUSAL_FIELD_BYTES];
    const char *equals = strchr(word, '=');

    if (!equals)
        return refuse(refusal, NULL, "'%s': write a parameter as name=value; see epmdpxy fault kinds %s", word,
                      fault_row(fault->kind)->name);
    snprintf(name, sizeof(name), "%.*s", (int)(equals - word), word);
    return fault_set(fault, name, equals + 1, refusal);
}

int fault_from_words(const char *const *words, struct fault *ret, struct refusal *refusal)
{
    struct fault fault;

    if (!words[0] || strchr(words[0], '='))
        return refuse(refusal, NULL, "which kind of fault? see epmdpxy fault kinds");
    if (fault_named(words[0], &fault, refusal) < 0) {
        refusal->field[0] = 0; /* whoever typed it knows that it is about a fault */
        return -EINVAL;
    }
    for (words++; *words; words++)
        if (param_from_word(*words, &fault, refusal) < 0)
            return -EINVAL;
    if (fault_check(&fault, refusal) < 0)
        return -EINVAL;
    *ret = fault;
    return 0;
}

/* ---- documents ---- */

/* Several words, for a parameter that is a set of them. */
static int join_words(const json_t *list, char *to, size_t size, struct refusal *refusal)
{
    size_t i, len = 0;
    const json_t *word;

    json_array_foreach(list, i, word) {
        char place[32];

        snprintf(place, sizeof(place), "[%zu]", i);
        if (!json_is_string(word))
            return refuse(refusal, place, "must be a string, not %s", document_kind(word));
        len += (size_t)snprintf(to + len, size - len, "%s%s", i ? "," : "", json_string_value(word));
        if (len >= size)
            return refuse(refusal, NULL, "too many words");
    }
    return 0;
}

static const struct param_row *row_named(const struct fault *fault, const char *name, size_t len)
{
    const struct fault_row *row = fault_row(fault->kind);

    for (size_t i = 0; i < row->params_count; i++)
        if (strlen(row->params[i].name) == len && memcmp(row->params[i].name, name, len) == 0)
            return &row->params[i];
    return NULL;
}

/* The text that words would have for it. */
static int text_of_value(const json_t *value, const struct param_row *row, char *to, size_t size,
                         struct refusal *refusal)
{
    to[0] = 0;
    if (json_is_array(value) && row && row->type == PARAM_FLAGS)
        return join_words(value, to, size, refusal);
    if (json_is_string(value) && json_string_length(value) >= size)
        return refuse(refusal, NULL, "a text that is too long");
    if (json_is_string(value))
        snprintf(to, size, "%s", json_string_value(value));
    else if (json_is_integer(value))
        snprintf(to, size, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    else if (json_is_real(value))
        snprintf(to, size, "%g", json_real_value(value));
    else
        return refuse(refusal, NULL, "must be a string or a number, not %s", document_kind(value));
    return 0;
}

/* The parameter whose number stands in that field: "delay_ms". NULL: none. */
static const struct param_row *row_of_number(const struct fault *fault, const char *field)
{
    const char *unit = strrchr(field, '_');
    const struct param_row *row = unit ? row_named(fault, field, (size_t)(unit - field)) : NULL;

    return row && param_unit(row) && strcmp(param_unit(row), unit + 1) == 0 ? row : NULL;
}

/* The text that words would have for the number, which may be out of all bounds. */
static int text_of_number(const json_t *number, const struct param_row *row, char *to, size_t size,
                          struct refusal *refusal)
{
    if (!json_is_number(number) || json_number_value(number) < 0)
        return refuse(refusal, NULL, "must be a number from 0 on");
    if (row->type == PARAM_DURATION)
        snprintf(to, size, "%.0fus", json_number_value(number) * US_PER_MS);
    else if (json_is_integer(number))
        snprintf(to, size, "%" JSON_INTEGER_FORMAT "%s", json_integer_value(number),
                 row->type == PARAM_RATE ? "bit" : "");
    else
        return refuse(refusal, NULL, "must be a whole number");
    return 0;
}

/* A value may be given twice, in words and as a number, as answers have it; it is the same then. */
static int set_again(const struct fault *fault, const struct param_row *row, const char *text, struct refusal *refusal)
{
    struct fault other = {.kind = fault->kind};
    int status = fault_set(&other, row->name, text, refusal);

    if (status == 0 && other.value[row->param] != fault->value[row->param])
        status = refuse(refusal, row->name, "given twice, and not the same: '%.100s'", text);
    return status;
}

static int set_param(struct fault *fault, const char *name, const json_t *value, struct refusal *refusal)
{
    const struct param_row *row = row_named(fault, name, strlen(name)), *numbered = row_of_number(fault, name);
    char text[PARAM_TEXT_BYTES_MAX];
    int status = numbered ? text_of_number(value, numbered, text, sizeof(text), refusal)
                          : text_of_value(value, row, text, sizeof(text), refusal);

    if (status < 0)
        return refusal_within(refusal, "%.100s", name);
    row = numbered ? numbered : row;
    if (row && fault->given & 1U << row->param)
        return set_again(fault, row, text, refusal);
    return fault_set(fault, row ? row->name : name, text, refusal);
}

int fault_from_document(const char *kind, const json_t *params, struct fault *ret, struct refusal *refusal)
{
    struct fault fault;
    const char *name;
    json_t *value;

    if (!kind)
        return refuse(refusal, "fault", "which kind? see GET /v1/kinds");
    if (fault_named(kind, &fault, refusal) < 0)
        return -EINVAL;
    json_object_foreach((json_t *)params, name, value)
        if (set_param(&fault, name, value, refusal) < 0)
            return refusal_within(refusal, "params");
    if (fault_check(&fault, refusal) < 0)
        return refusal_within(refusal, "params");
    *ret = fault;
    return 0;
}

const char *param_unit(const struct param_row *row)
{
    switch (row->type) {
    case PARAM_DURATION:
        return "ms";
    case PARAM_RATE:
        return "bits";
    case PARAM_SIZE:
        return "bytes";
    case PARAM_PART:
    case PARAM_CHOICE:
    case PARAM_FLAGS:
        break;
    }
    return NULL;
}

void param_add_number(const struct param_row *row, const char *name, uint64_t value, json_t *object)
{
    char field[64];

    if (!param_unit(row))
        return;
    snprintf(field, sizeof(field), "%s_%s", name, param_unit(row));
    if (row->type == PARAM_DURATION && value % US_PER_MS)
        json_object_set_new(object, field, json_real((double)value / US_PER_MS));
    else
        json_object_set_new(object, field,
                            json_integer((json_int_t)(row->type == PARAM_DURATION ? value / US_PER_MS : value)));
}

json_t *params_to_document(const struct fault *fault, bool only_given)
{
    const struct fault_row *row = fault_row(fault->kind);
    json_t *object = json_object();
    char text[PARAM_TEXT_BYTES_MAX];

    for (size_t i = 0; i < row->params_count; i++) {
        if (only_given && !(fault->given & 1U << row->params[i].param))
            continue;
        fault_print(fault, &row->params[i], text, sizeof(text));
        json_object_set_new(object, row->params[i].name, json_string(text));
        if (!only_given)
            param_add_number(&row->params[i], row->params[i].name, fault->value[row->params[i].param], object);
    }
    return object;
}
