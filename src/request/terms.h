/* SPDX-License-Identifier: MIT */
/*
 * Documents as Erlang terms, in the external format (OTP: erts/doc, "External Term Format"), and back.
 *
 *     document                   what is written         what is read
 *     object                     map, keys are binaries  map, keys are binaries, strings or atoms
 *     array                      list                    list, also one in several parts
 *     string                     binary                  binary, string, or any other atom
 *     true, false, null          atoms                   atoms; also undefined for null
 *     whole number, real number  integer, float          integer of up to 64 bits, float
 *
 * The decoder is our own: libei's takes for granted that what it reads is whole and well-formed.
 */
#ifndef REQUEST_TERMS_H
#define REQUEST_TERMS_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "base/refusal.h"
#include "base/text.h"

struct term;

#define TERMS_TYPE "application/vnd.erlang.etf"
#define TERMS_DEPTH_MAX 32
#define TERMS_COUNT_MAX (256 * 1024) /* those within others, too: an empty list takes a byte there, 100 here */

/* The caller's to release; NULL and the refusal when it is none of the above, has a key twice, or goes on behind it. */
json_t *terms_parse(const void *data, size_t len, struct refusal *refusal);

void terms_add(struct text *to, const json_t *document);

enum terms_style {
    TERMS_PLAIN,  /* keys and texts are binaries */
    TERMS_ERLANG, /* as an Erlang program likes it, see terms_add_for_erlang() */
    TERMS_NAMES,  /* and here texts are names */
};

/*
 * A map whose values come one after the other, and lists of which nobody knows yet how long they are. A list is a chain
 * of rows, each with its number of elements in front, whose tail is the next one, and that of the last one the empty
 * list: for whoever reads it a list as any other.
 *
 *     terms_add_version(to);
 *     terms_begin(to, 2);
 *     terms_add_key(to, "a", style), terms_add_value(to, "a", json, style);
 *     terms_add_key(to, "b", style);
 *     at = terms_begin_rows(to), terms_add_value(to, "b", json, style), ..., terms_end_rows(to, at, n);
 *     at = terms_begin_rows(to), ..., terms_end_list(to);
 */
void terms_add_version(struct text *to); /* none for a part of another term */
void terms_begin(struct text *to, size_t pairs);
void terms_add_key(struct text *to, const char *key, enum terms_style style);
void terms_add_value(struct text *to, const char *key, const json_t *value, enum terms_style style); /* or an element */
size_t terms_begin_rows(struct text *to); /* returns where they begin, for: */
void terms_end_rows(struct text *to, size_t begin, size_t count);
void terms_end_list(struct text *to);

/* Both without the version before the term, as a part of another one. */
json_t *terms_read(const struct term *term, struct refusal *refusal);

/*
 * As an Erlang program likes it, and as the Erlang client gives it: keys are atoms, so are names of nodes, and words of
 * which there are only a few; texts are binaries.
 */
void terms_add_for_erlang(struct text *to, const json_t *document);
void terms_add_names(struct text *to, const json_t *names); /* a list of texts, as atoms */
void terms_add_atom(struct text *to, const char *name);

#endif
