/* SPDX-License-Identifier: MIT */
#include "control/lists.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "control/api.h"
#include "control/pieces.h"
#include "request/terms.h"
#include "service/service.h"

#define JSON_TYPE "application/json; charset=utf-8"
#define INDENT 2 /* people read it in terminals */

/* A field of the document: its value, or its rows. */
struct part {
    const char *name; /* a constant, or a key of a value that `fields` keeps */
    json_t *value;
    rows_fn *fn;
    uint64_t at, last;
};

struct lists {
    struct pieces pieces;
    struct rows rows; /* the wanted ones; and the list that is being made */
    char *node, *state;
    enum lists_form form;
    bool is_alone;  /* the one part: no document is around it */
    json_t *fields; /* an array of objects, whose keys are the names of parts */
    struct part parts[LISTS_PARTS_MAX];
    size_t count, done; /* parts */
    bool began, in_list;
    struct piece piece;
    struct text *to;
    size_t added;     /* rows of the list; in terms: of this chain of it ... */
    size_t rows_from; /* ... which begins there */
};

/* ---- what it is made of ---- */

static char *copy(const char *text)
{
    return text ? mem_string(text, strlen(text)) : NULL;
}

struct lists *lists_new(const struct wanted *wanted)
{
    struct lists *lists = mem_new(sizeof(*lists));

    lists->rows.wanted = *wanted;
    lists->rows.wanted.node = lists->node = copy(wanted->node);
    lists->rows.wanted.state = lists->state = copy(wanted->state);
    lists->fields = json_array();
    return lists;
}

static void lists_free(struct lists *lists)
{
    json_decref(lists->fields);
    free(lists->node);
    free(lists->state);
    free(lists);
}

static void add_part(struct lists *lists, const struct part *part)
{
    assert(lists->count < LISTS_PARTS_MAX);
    lists->parts[lists->count++] = *part;
}

void lists_add_fields(struct lists *lists, json_t *fields)
{
    const char *name;
    json_t *value;

    json_array_append_new(lists->fields, fields);
    json_object_foreach(fields, name, value)
        add_part(lists, &(struct part){.name = name, .value = value});
}

void lists_add_rows(struct lists *lists, const char *name, rows_fn *fn, uint64_t at, uint64_t last)
{
    add_part(lists, &(struct part){.name = name, .fn = fn, .at = at, .last = last});
}

/* ---- JSON ---- */

struct indented {
    struct text *to;
    int columns;
};

static int add_indented(const char *data, size_t len, void *to)
{
    const struct indented *indented = to;

    for (const char *end; len > 0; data = end) {
        const char *line_end = memchr(data, '\n', len);

        end = line_end ? line_end + 1 : data + len;
        text_add(indented->to, data, (size_t)(end - data));
        len -= (size_t)(end - data);
        if (line_end)
            text_addf(indented->to, "%*s", indented->columns, "");
    }
    return 0;
}

/* As json_dumps() would write it at that depth. */
static void add_json(struct text *to, const json_t *value, int depth)
{
    struct indented indented = {.to = to, .columns = depth * INDENT};

    json_dump_callback(value, add_indented, &indented, JSON_INDENT(INDENT) | JSON_ENCODE_ANY);
}

/* A new line at that depth; what is not the first stands behind a comma. */
static void add_line(struct text *to, bool first, int depth)
{
    text_addf(to, "%s\n%*s", first ? "" : ",", depth * INDENT, "");
}

/* ---- the parts of a document, in either way ---- */

static struct lists *of(struct rows *rows)
{
    return (struct lists *)((char *)rows - offsetof(struct lists, rows));
}

static bool in_terms(const struct lists *lists)
{
    return lists->form != LISTS_JSON;
}

static enum terms_style style_of(const struct lists *lists)
{
    return lists->form == LISTS_ERLANG ? TERMS_ERLANG : TERMS_PLAIN;
}

static void add_head(const struct lists *lists)
{
    if (lists->form == LISTS_TERMS)
        terms_add_version(lists->to);
    if (lists->is_alone)
        return;
    if (in_terms(lists))
        terms_begin(lists->to, lists->count);
    else
        text_addf(lists->to, "{");
}

static void add_end(const struct lists *lists)
{
    if (!in_terms(lists) && !lists->is_alone)
        text_addf(lists->to, "\n}\n");
}

static void add_name(const struct lists *lists, const char *name)
{
    if (lists->is_alone)
        return;
    if (in_terms(lists)) {
        terms_add_key(lists->to, name, style_of(lists));
        return;
    }
    add_line(lists->to, lists->done == 0, 1);
    text_addf(lists->to, "\"%s\": ", name);
}

static void add_value(const struct lists *lists, const struct part *part)
{
    if (in_terms(lists))
        terms_add_value(lists->to, part->name, part->value, style_of(lists));
    else
        add_json(lists->to, part->value, 1);
}

void rows_add(struct rows *rows, json_t *row)
{
    struct lists *lists = of(rows);

    if (in_terms(lists)) {
        if (lists->added == 0)
            lists->rows_from = terms_begin_rows(lists->to);
        terms_add_value(lists->to, lists->parts[lists->done].name, row, style_of(lists));
    } else {
        add_line(lists->to, lists->added == 0, 2);
        add_json(lists->to, row, 2);
    }
    lists->added++;
    json_decref(row);
}

bool rows_have_room(const struct rows *rows)
{
    const struct lists *lists = of((struct rows *)rows);

    return piece_has_room(&lists->piece);
}

static void begin_list(struct lists *lists, const struct part *part)
{
    lists->rows.at = part->at;
    lists->rows.last = part->last;
    lists->in_list = true;
    lists->added = 0;
    if (!in_terms(lists))
        text_addf(lists->to, "[");
}

/* As far as this piece goes. */
static void end_rows(struct lists *lists)
{
    if (in_terms(lists) && lists->added > 0)
        terms_end_rows(lists->to, lists->rows_from, lists->added);
    if (in_terms(lists))
        lists->added = 0;
}

static void end_list(struct lists *lists)
{
    lists->in_list = false;
    if (in_terms(lists))
        terms_end_list(lists->to);
    else if (lists->added > 0)
        add_line(lists->to, true, 1);
    if (!in_terms(lists))
        text_addf(lists->to, "]");
}

/* Returns whether the part is done. */
static bool add_part_of(struct lists *lists, const struct part *part)
{
    bool more;

    if (!lists->in_list) {
        add_name(lists, part->name);
        if (!part->fn) {
            add_value(lists, part);
            return true;
        }
        begin_list(lists, part);
    }
    more = part->fn(&lists->rows);
    end_rows(lists);
    if (!more)
        end_list(lists);
    return !more;
}

static bool make(struct pieces *pieces, struct text *to)
{
    struct lists *lists = (struct lists *)pieces;

    lists->to = to;
    lists->piece = piece_begin(lists->rows.wanted.api->service->loop, to);
    if (!lists->began)
        add_head(lists);
    lists->began = true;
    while (lists->done < lists->count && piece_has_room(&lists->piece))
        if (add_part_of(lists, &lists->parts[lists->done]))
            lists->done++;
    if (lists->done < lists->count)
        return true;
    add_end(lists);
    return false;
}

static void free_pieces(struct pieces *pieces)
{
    lists_free((struct lists *)pieces);
}

static void leave_only(struct lists *lists, const char *name)
{
    const struct part *part = lists->parts;

    while (strcmp(part->name, name) != 0)
        part++;
    lists->parts[0] = *part;
    lists->count = 1;
    lists->is_alone = true;
}

struct pieces *lists_pieces(struct lists *lists, enum lists_form form, const char *only)
{
    lists->form = form;
    if (only)
        leave_only(lists, only);
    lists->pieces =
        (struct pieces){.type = in_terms(lists) ? TERMS_TYPE : JSON_TYPE, .make = make, .free = free_pieces};
    return &lists->pieces;
}
