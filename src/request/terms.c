/* SPDX-License-Identifier: MIT */
#include "request/terms.h"

#include <inttypes.h>
#include <string.h>

#include "base/bytes.h"
#include "base/utf8.h"
#include "wire/term.h"

#define ATOM_CHARACTERS_MAX 255

struct reader {
    struct bytes in;
    int depth;
    size_t count; /* of terms */
    struct refusal *refusal;
};

static json_t *read_term(struct reader *reader);

static json_t *wrong(struct reader *reader, const char *what)
{
    refuse(reader->refusal, NULL, "the document is not a term that can be read: %s", what);
    return NULL;
}

/* ---- reading ---- */

/* Latin-1 becomes UTF-8; so do the characters of a string, which are below 256. */
static json_t *read_latin1(struct reader *reader, size_t len)
{
    const uint8_t *from = bytes_take(&reader->in, len);
    struct text text = {0};
    json_t *string;

    if (!from)
        return wrong(reader, "it ends too early");
    for (size_t i = 0; i < len; i++) {
        const uint8_t two[] = {(uint8_t)(0xC0 | from[i] >> 6), (uint8_t)(0x80 | (from[i] & 0x3F))};

        if (from[i] == 0) {
            text_done(&text);
            return wrong(reader, "a text with a NUL in it");
        }
        text_add(&text, from[i] < 0x80 ? &from[i] : two, from[i] < 0x80 ? 1 : 2);
    }
    string = json_stringn(text.data ? text.data : "", text.len);
    text_done(&text);
    return string;
}

static json_t *read_utf8(struct reader *reader, size_t len)
{
    const uint8_t *from = bytes_take(&reader->in, len);

    if (!from)
        return wrong(reader, "it ends too early");
    if (utf8_length(from, len) < 0 || memchr(from, 0, len))
        return wrong(reader, "a text that is not UTF-8, or has a NUL in it");
    return json_stringn((const char *)from, len);
}

static json_t *read_atom(struct reader *reader, json_t *(*read)(struct reader *, size_t), size_t len)
{
    json_t *name = read(reader, len), *constant = NULL;
    const char *text = json_string_value(name);

    if (!name)
        return NULL;
    if (strcmp(text, "true") == 0)
        constant = json_true();
    else if (strcmp(text, "false") == 0)
        constant = json_false();
    else if (strcmp(text, "null") == 0 || strcmp(text, "undefined") == 0)
        constant = json_null();
    if (!constant)
        return name;
    json_decref(name);
    return constant;
}

static json_t *read_big(struct reader *reader)
{
    uint8_t len = bytes_u8(&reader->in), negative = bytes_u8(&reader->in);
    const uint8_t *digits = bytes_take(&reader->in, len);
    uint64_t value = 0;

    if (!digits)
        return wrong(reader, "it ends too early");
    for (size_t i = len; i > 0; i--) { /* the least significant byte comes first */
        if (value >> 55)
            return wrong(reader, "a number that is too large");
        value = value << 8 | digits[i - 1];
    }
    return json_integer(negative ? -(json_int_t)value : (json_int_t)value);
}

static json_t *read_float(struct reader *reader)
{
    uint64_t bits = bytes_u64(&reader->in);
    double value;
    json_t *real;

    memcpy(&value, &bits, sizeof(value));
    real = json_real(value); /* NULL: not finite, which Erlang has not */
    return real ? real : wrong(reader, "a number that is none");
}

/*
 * How many elements may follow, at most: each takes a byte. Nothing is allocated for those that do not come. The tail
 * of a list may be a list again.
 */
static json_t *read_list(struct reader *reader)
{
    json_t *list = json_array(), *element;
    uint8_t tag = TERM_LIST;

    while (tag == TERM_LIST) {
        uint32_t left = bytes_u32(&reader->in);

        for (; left > 0 && (element = read_term(reader)); left--)
            json_array_append_new(list, element);
        if (left > 0) {
            json_decref(list);
            return NULL;
        }
        tag = bytes_u8(&reader->in);
    }
    if (tag == TERM_NIL && !reader->in.overrun)
        return list;
    json_decref(list);
    return wrong(reader, "a list that is not proper");
}

static bool read_pair(struct reader *reader, json_t *map)
{
    json_t *key = read_term(reader), *value = NULL;
    bool fits = false;

    if (key && !json_is_string(key))
        wrong(reader, "a key that is no text");
    else if (key && json_object_get(map, json_string_value(key)))
        wrong(reader, "a key that is there twice");
    else if (key)
        value = read_term(reader);
    if (value)
        fits = json_object_set_new(map, json_string_value(key), value) == 0;
    json_decref(key);
    return fits;
}

static json_t *read_map(struct reader *reader)
{
    uint32_t left = bytes_u32(&reader->in);
    json_t *map = json_object();

    while (left > 0 && read_pair(reader, map))
        left--;
    if (left == 0)
        return map;
    json_decref(map);
    return NULL;
}

static json_t *read_tagged(struct reader *reader, uint8_t tag)
{
    switch (tag) {
    case TERM_SMALL_INTEGER:
        return json_integer(bytes_u8(&reader->in));
    case TERM_INTEGER:
        return json_integer((int32_t)bytes_u32(&reader->in));
    case TERM_SMALL_BIG:
        return read_big(reader);
    case TERM_NEW_FLOAT:
        return read_float(reader);
    case TERM_ATOM_LATIN1:
        return read_atom(reader, read_latin1, bytes_u16(&reader->in));
    case TERM_SMALL_ATOM_LATIN1:
        return read_atom(reader, read_latin1, bytes_u8(&reader->in));
    case TERM_ATOM_UTF8:
        return read_atom(reader, read_utf8, bytes_u16(&reader->in));
    case TERM_SMALL_ATOM_UTF8:
        return read_atom(reader, read_utf8, bytes_u8(&reader->in));
    case TERM_BINARY:
        return read_utf8(reader, bytes_u32(&reader->in));
    case TERM_STRING:
        return read_latin1(reader, bytes_u16(&reader->in));
    case TERM_NIL:
        return json_array();
    case TERM_LIST:
        return read_list(reader);
    case TERM_MAP:
        return read_map(reader);
    default:
        return wrong(reader, "it is neither map, list, binary, atom, integer nor float");
    }
}

static json_t *read_term(struct reader *reader)
{
    uint8_t tag = bytes_u8(&reader->in);
    json_t *term;

    if (reader->in.overrun)
        return wrong(reader, "it ends too early");
    if (reader->depth == TERMS_DEPTH_MAX)
        return wrong(reader, "it is nested too deeply");
    if (reader->count++ == TERMS_COUNT_MAX)
        return wrong(reader, "there are too many terms in it");
    reader->depth++;
    term = read_tagged(reader, tag);
    reader->depth--;
    if (!term || !reader->in.overrun)
        return term;
    json_decref(term);
    return wrong(reader, "it ends too early");
}

static json_t *read_all(struct reader *reader)
{
    json_t *term = read_term(reader);

    if (!term || reader->in.left == 0)
        return term;
    json_decref(term);
    return wrong(reader, "something stands behind it");
}

json_t *terms_parse(const void *data, size_t len, struct refusal *refusal)
{
    struct reader reader = {.in = bytes_over(data, len), .refusal = refusal};

    if (bytes_u8(&reader.in) != TERM_VERSION)
        return wrong(&reader, "it does not begin with 131");
    return read_all(&reader);
}

json_t *terms_read(const struct term *term, struct refusal *refusal)
{
    struct reader reader = {.in = bytes_over(term->bytes, term->len), .refusal = refusal};

    return read_all(&reader);
}

/* ---- writing ---- */

static void add_head(struct text *to, enum term_tag tag, uint32_t size)
{
    uint8_t head[5], *end = bytes_put_u32(bytes_put_u8(head, (uint8_t)tag), size);

    text_add(to, head, (size_t)(end - head));
}

void terms_add_atom(struct text *to, const char *name)
{
    size_t len = strlen(name);
    uint8_t head[3], *end;

    if (len <= UINT8_MAX)
        end = bytes_put_u8(bytes_put_u8(head, TERM_SMALL_ATOM_UTF8), (uint8_t)len);
    else
        end = bytes_put_u16(bytes_put_u8(head, TERM_ATOM_UTF8), (uint16_t)len);
    text_add(to, head, (size_t)(end - head));
    text_add(to, name, len);
}

static void add_binary(struct text *to, const char *text, size_t len)
{
    add_head(to, TERM_BINARY, (uint32_t)len);
    text_add(to, text, len);
}

static void add_integer(struct text *to, json_int_t value)
{
    uint64_t size = value < 0 ? -(uint64_t)value : (uint64_t)value;
    uint8_t big[3 + 8] = {TERM_SMALL_BIG, 8, value < 0};

    if (value >= INT32_MIN && value <= INT32_MAX) {
        add_head(to, TERM_INTEGER, (uint32_t)value);
        return;
    }
    for (size_t i = 0; i < 8; i++)
        big[3 + i] = (uint8_t)(size >> 8 * i);
    text_add(to, big, sizeof(big));
}

static void add_float(struct text *to, double value)
{
    uint8_t bytes[9], *end = bytes_put_u8(bytes, TERM_NEW_FLOAT);
    uint64_t bits;

    memcpy(&bits, &value, sizeof(bits));
    bytes_put_u32(bytes_put_u32(end, (uint32_t)(bits >> 32)), (uint32_t)bits);
    text_add(to, bytes, sizeof(bytes));
}

void terms_end_list(struct text *to)
{
    const uint8_t nil = TERM_NIL;

    text_add(to, &nil, 1);
}

/* Under these keys stand names, or words of which there are only a few; under those lists of them. */
static const char *const word_keys[] = {"name", "full_name", "from",   "to",   "event", "fault",      "state", "cut",
                                        "mode", "stage",     "action", "type", "owner", "owner_node", NULL};
static const char *const list_keys[] = {"islands", "from",      "to",     "between", "nodes",
                                        "fixed",   "observers", "faults", NULL};

static bool is_one_of(const char *const *keys, const char *key)
{
    while (*keys && strcmp(*keys, key) != 0)
        keys++;
    return *keys;
}

static enum terms_style style_of(enum terms_style outer, const char *key, const json_t *value)
{
    if (outer == TERMS_PLAIN)
        return TERMS_PLAIN;
    if (json_is_string(value))
        return is_one_of(word_keys, key) ? TERMS_NAMES : TERMS_ERLANG;
    return json_is_array(value) && is_one_of(list_keys, key) ? TERMS_NAMES : TERMS_ERLANG;
}

static void add_term(struct text *to, const json_t *json, enum terms_style style);

static void add_list(struct text *to, const json_t *json, enum terms_style style)
{
    const json_t *element;
    size_t i;

    if (json_array_size(json) > 0)
        add_head(to, TERM_LIST, (uint32_t)json_array_size(json));
    json_array_foreach(json, i, element)
        add_term(to, element, style);
    terms_end_list(to);
}

void terms_add_key(struct text *to, const char *key, enum terms_style style)
{
    if (style == TERMS_PLAIN)
        add_binary(to, key, strlen(key));
    else
        terms_add_atom(to, key);
}

static void add_map(struct text *to, const json_t *json, enum terms_style style)
{
    const char *key;
    json_t *value;

    add_head(to, TERM_MAP, (uint32_t)json_object_size(json));
    json_object_foreach((json_t *)json, key, value) {
        terms_add_key(to, key, style);
        terms_add_value(to, key, value, style);
    }
}

/* A text too long for an atom stays what it is. */
static void add_string(struct text *to, const json_t *json, enum terms_style style)
{
    const char *text = json_string_value(json);
    size_t len = json_string_length(json);

    if (style == TERMS_NAMES && utf8_length(text, len) <= ATOM_CHARACTERS_MAX)
        terms_add_atom(to, text);
    else
        add_binary(to, text, len);
}

static void add_term(struct text *to, const json_t *json, enum terms_style style)
{
    switch (json_typeof(json)) {
    case JSON_OBJECT:
        add_map(to, json, style);
        return;
    case JSON_ARRAY:
        add_list(to, json, style);
        return;
    case JSON_STRING:
        add_string(to, json, style);
        return;
    case JSON_INTEGER:
        add_integer(to, json_integer_value(json));
        return;
    case JSON_REAL:
        add_float(to, json_real_value(json));
        return;
    case JSON_TRUE:
    case JSON_FALSE:
        terms_add_atom(to, json_is_true(json) ? "true" : "false");
        return;
    case JSON_NULL:
        terms_add_atom(to, "null");
        return;
    }
}

void terms_add_version(struct text *to)
{
    const uint8_t version = TERM_VERSION;

    text_add(to, &version, 1);
}

void terms_add_value(struct text *to, const char *key, const json_t *value, enum terms_style style)
{
    add_term(to, value, style_of(style, key, value));
}

void terms_add_names(struct text *to, const json_t *names)
{
    add_list(to, names, TERMS_NAMES);
}

void terms_add_for_erlang(struct text *to, const json_t *document)
{
    add_term(to, document, TERMS_ERLANG);
}

void terms_add(struct text *to, const json_t *document)
{
    terms_add_version(to);
    add_term(to, document, TERMS_PLAIN);
}

void terms_begin(struct text *to, size_t pairs)
{
    add_head(to, TERM_MAP, (uint32_t)pairs);
}

size_t terms_begin_rows(struct text *to)
{
    size_t begin = to->len;

    add_head(to, TERM_LIST, 0);
    return begin;
}

void terms_end_rows(struct text *to, size_t begin, size_t count)
{
    bytes_put_u32((uint8_t *)to->data + begin + 1, (uint32_t)count);
}
