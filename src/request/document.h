/* SPDX-License-Identifier: MIT */
/*
 * The fields of a document (JSON), from a table: one row a field, from which the reader and its refusals derive.
 * What is read points into the document, but for islands, which are whoever's who asked for them.
 */
#ifndef REQUEST_DOCUMENT_H
#define REQUEST_DOCUMENT_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "base/refusal.h"
#include "base/text.h"

/*
 * Before the first document is made. From then on memory for them is there or ends the program, as all that is ours
 * (base/memory.h): a document that lacks what there was none for would not be true, and few look whether one is there.
 */
void document_begin(void);

struct document_field {
    const char *name;
    const char *takes; /* for people: "an array of names" */
    /* One of those below; puts it to `to`. */
    int (*read)(const struct document_field *field, const json_t *json, void *to, struct refusal *refusal);
    size_t offset; /* of what is filled, in the struct that is filled */
};

struct document_table {
    const struct document_field *rows;
    size_t count; /* up to 32 */
};

/* Readers, and what they fill. */
int document_text(const struct document_field *, const json_t *, void *, struct refusal *);     /* const char * */
int document_flag(const struct document_field *, const json_t *, void *, struct refusal *);     /* bool */
int document_number(const struct document_field *, const json_t *, void *, struct refusal *);   /* uint64_t */
int document_duration(const struct document_field *, const json_t *, void *, struct refusal *); /* uint64_t, us, > 0 */
int document_ms(const struct document_field *, const json_t *, void *, struct refusal *);       /* the same, a number */
int document_names(const struct document_field *, const json_t *, void *, struct refusal *);    /* islands: one more */
int document_islands(const struct document_field *, const json_t *, void *, struct refusal *);  /* struct islands */
int document_object(const struct document_field *, const json_t *, void *, struct refusal *);   /* const json_t * */
int document_array(const struct document_field *, const json_t *, void *, struct refusal *);    /* const json_t * */

/*
 * Returns the text of a request as a document, an object; an empty text is {}. The caller's to release; NULL when it is
 * none.
 */
json_t *document_parse(const char *text, size_t len, struct refusal *refusal);

/* The same of a term, which must be a map; see request/terms.h. */
json_t *document_parse_terms(const char *bytes, size_t len, struct refusal *refusal);

/* JSON as people read it in terminals, with its end. */
void document_add_text(struct text *to, const json_t *document);

/*
 * Fills `fields`, which are all zero, from an object. Returns 0 and a bit a row that was there in *ret_given; or
 * -EINVAL, with some of the fields filled: islands are to be ended in any case.
 */
int document_read(const json_t *document, const struct document_table *table, void *fields, unsigned *ret_given,
                  struct refusal *refusal);

/* "an array": what it is, for refusals. */
const char *document_kind(const json_t *json);

#endif
