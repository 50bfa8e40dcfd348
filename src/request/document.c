/* SPDX-License-Identifier: MIT */
#include "request/document.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/duration.h"
#include "base/memory.h"
#include "model/islands.h"
#include "request/terms.h"

static void *allocate(size_t size)
{
    return mem_resize(NULL, size);
}

void document_begin(void)
{
    json_set_alloc_funcs(allocate, free);
}

const char *document_kind(const json_t *json)
{
    static const char *const names[] = {
        [JSON_OBJECT] = "an object", [JSON_ARRAY] = "an array", [JSON_STRING] = "a string", [JSON_INTEGER] = "a number",
        [JSON_REAL] = "a number",    [JSON_TRUE] = "a boolean", [JSON_FALSE] = "a boolean", [JSON_NULL] = "null",
    };

    return names[json_typeof(json)];
}

/* ---- readers ---- */

static int refuse_kind(const struct document_field *field, const json_t *json, struct refusal *refusal)
{
    return refuse(refusal, field->name, "must be %s, not %s", field->takes, document_kind(json));
}

int document_text(const struct document_field *field, const json_t *json, void *to, struct refusal *refusal)
{
    if (!json_is_string(json))
        return refuse_kind(field, json, refusal);
    if (json_string_length(json) == 0)
        return refuse(refusal, field->name, "must be %s, not empty", field->takes);
    *(const char **)to = json_string_value(json);
    return 0;
}

int document_flag(const struct document_field *field, const json_t *json, void *to, struct refusal *refusal)
{
    if (!json_is_boolean(json))
        return refuse_kind(field, json, refusal);
    *(bool *)to = json_is_true(json);
    return 0;
}

int document_number(const struct document_field *field, const json_t *json, void *to, struct refusal *refusal)
{
    if (!json_is_integer(json) || json_integer_value(json) < 0)
        return refuse(refusal, field->name, "must be %s", field->takes);
    *(uint64_t *)to = (uint64_t)json_integer_value(json);
    return 0;
}

int document_duration(const struct document_field *field, const json_t *json, void *to, struct refusal *refusal)
{
    uint64_t us = 0;

    if (json_is_number(json))
        return refuse(refusal, field->name, "must be %s; %s_ms takes a number of milliseconds", field->takes,
                      field->name);
    if (!json_is_string(json))
        return refuse_kind(field, json, refusal);
    if (duration_parse(json_string_value(json), &us) < 0 || us == 0)
        return refuse(refusal, field->name, "'%.100s' is not a duration above 0 and up to a year: give " DURATION_HINT,
                      json_string_value(json));
    *(uint64_t *)to = us;
    return 0;
}

int document_ms(const struct document_field *field, const json_t *json, void *to, struct refusal *refusal)
{
    double us = json_is_number(json) ? json_number_value(json) * 1000 : 0;

    if (!(us >= 1 && us <= (double)DURATION_MAX_US))
        return refuse(refusal, field->name, "must be a number of milliseconds, up to a year of them");
    *(uint64_t *)to = (uint64_t)(us + 0.5);
    return 0;
}

int document_object(const struct document_field *field, const json_t *json, void *to, struct refusal *refusal)
{
    if (!json_is_object(json))
        return refuse_kind(field, json, refusal);
    *(const json_t **)to = json;
    return 0;
}

int document_array(const struct document_field *field, const json_t *json, void *to, struct refusal *refusal)
{
    if (!json_is_array(json))
        return refuse_kind(field, json, refusal);
    *(const json_t **)to = json;
    return 0;
}

int document_names(const struct document_field *field, const json_t *json, void *to, struct refusal *refusal)
{
    struct islands *islands = to;
    const json_t *name;
    size_t i;

    if (!json_is_array(json))
        return refuse_kind(field, json, refusal);
    islands_add(islands);
    json_array_foreach(json, i, name) {
        if (!json_is_string(name)) {
            refuse(refusal, NULL, "must be a string, not %s", document_kind(name));
            return refusal_within(refusal, "%s[%zu]", field->name, i);
        }
        /* No NUL is in it: the parser refuses those. */
        islands_add_pattern(islands, json_string_value(name), json_string_length(name));
    }
    return 0;
}

int document_islands(const struct document_field *field, const json_t *json, void *to, struct refusal *refusal)
{
    static const struct document_field island = {.name = "", .takes = "an array of names"};
    const json_t *names;
    size_t i;

    if (!json_is_array(json))
        return refuse_kind(field, json, refusal);
    json_array_foreach(json, i, names)
        if (document_names(&island, names, to, refusal) < 0)
            return refusal_within(refusal, "%s[%zu]", field->name, i);
    return 0;
}

/* ---- documents ---- */

json_t *document_parse(const char *text, size_t len, struct refusal *refusal)
{
    json_error_t where;
    json_t *json;

    if (len == 0)
        return json_object();
    json = json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &where);
    if (json_is_object(json))
        return json;
    if (json)
        refuse(refusal, NULL, "the document must be an object, not %s", document_kind(json));
    else
        refuse(refusal, NULL, "the document is not JSON: %s, at line %d, column %d", where.text, where.line,
               where.column);
    json_decref(json);
    return NULL;
}

json_t *document_parse_terms(const char *bytes, size_t len, struct refusal *refusal)
{
    json_t *document = terms_parse(bytes, len, refusal);

    if (!document || json_is_object(document))
        return document;
    refuse(refusal, NULL, "the document must be a map, not %s", document_kind(document));
    json_decref(document);
    return NULL;
}

void document_add_text(struct text *to, const json_t *document)
{
    char *text = json_dumps(document, JSON_INDENT(2));

    if (text)
        text_addf(to, "%s\n", text);
    free(text);
}

static int refuse_field(const char *key, const struct document_table *table, struct refusal *refusal)
{
    char shown[REFUSAL_FIELD_BYTES];

    snprintf(shown, sizeof(shown), "%.100s", key);
    refuse(refusal, shown, "no such field; there %s", table->count > 1 ? "are" : "is");
    for (size_t i = 0; i < table->count; i++)
        refusal_add(refusal, "%s %s", i ? "," : "", table->rows[i].name);
    return refusal->status;
}

int document_read(const json_t *document, const struct document_table *table, void *fields, unsigned *ret_given,
                  struct refusal *refusal)
{
    unsigned given = 0;
    const char *key;
    json_t *value;

    assert(table->count <= 32);
    if (!json_is_object(document))
        return refuse(refusal, NULL, "must be an object, not %s", document_kind(document));
    json_object_foreach((json_t *)document, key, value) {
        const struct document_field *field = NULL;
        size_t i = 0;

        while (i < table->count && strcmp(table->rows[i].name, key) != 0)
            i++;
        if (i == table->count)
            return refuse_field(key, table, refusal);
        field = &table->rows[i];
        if (field->read(field, value, (char *)fields + field->offset, refusal) < 0)
            return -EINVAL;
        given |= 1U << i;
    }
    *ret_given = given;
    return 0;
}
