/* SPDX-License-Identifier: MIT */
#include "request/params.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "request/document.h"

#define PARAM_TEXT_BYTES_MAX 512

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

static bool is_set(const struct fault *fault, const char *name)
{
    const struct fault_row *row = fault_row(fault->kind);

    for (size_t i = 0; i < row->params_count; i++)
        if (strcmp(row->params[i].name, name) == 0)
            return row->params[i].type == PARAM_FLAGS;
    return false;
}

/* The text that words would have for it. */
static int text_of_value(const json_t *value, bool is_set, char *to, size_t size, struct refusal *refusal)
{
    to[0] = 0;
    if (json_is_array(value) && is_set)
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

static int set_param(struct fault *fault, const char *name, const json_t *value, struct refusal *refusal)
{
    char text[PARAM_TEXT_BYTES_MAX];

    if (text_of_value(value, is_set(fault, name), text, sizeof(text), refusal) < 0)
        return refusal_within(refusal, "%.100s", name);
    return fault_set(fault, name, text, refusal);
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
    }
    return object;
}
