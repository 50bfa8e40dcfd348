/* SPDX-License-Identifier: MIT */
/*
 * A document that is an object with lists in it, of any length: made row by row (control/pieces.h), as JSON or as a
 * term.
 *
 *     lists = lists_new(&wanted);
 *     lists_add_fields(lists, json_pack("{s:s}", "version", "1"));
 *     lists_add_rows(lists, "cables", add_cables, 0, cables_last_id(cables));
 *     pieces = lists_pieces(lists, LISTS_JSON, NULL);
 *
 * Each row is true at its moment. What is gone when its turn comes is left out, and so is what has come since the
 * document was asked for.
 */
#ifndef CONTROL_LISTS_H
#define CONTROL_LISTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#define LISTS_PARTS_MAX 24

struct api;
struct lists;
struct pieces;

/* Which rows are meant. The texts are copied; NULL: all of them. */
struct wanted {
    const struct api *api;
    const char *node;  /* a name, or a pattern */
    const char *state; /* of cables */
    unsigned kinds;    /* of events, as in struct events_request */
};

/* A list while it is made, from inside a rows_fn. */
struct rows {
    struct wanted wanted;
    uint64_t at;   /* the number of the row that was the last one; whoever adds rows keeps it */
    uint64_t last; /* that of the last one to come */
};

/*
 * Adds rows behind rows->at, in their order and as long as there is room. Returns false when there are no more, else it
 * is called again in a later turn.
 */
typedef bool rows_fn(struct rows *rows);

bool rows_have_room(const struct rows *rows);
void rows_add(struct rows *rows, json_t *row); /* takes it over */

/* To become pieces, or a document. */
struct lists *lists_new(const struct wanted *wanted);

/* In the order of the document. */
void lists_add_fields(struct lists *lists, json_t *fields); /* of an object, which is taken over */
void lists_add_rows(struct lists *lists, const char *name, rows_fn *fn, uint64_t at, uint64_t last);

enum lists_form {
    LISTS_JSON,
    LISTS_TERMS,  /* as terms_add() */
    LISTS_ERLANG, /* as terms_add_for_erlang() */
};

/* The lists are owned by the pieces from now on. `only`: the value of that name (it is there) alone; NULL: all of it.
 */
struct pieces *lists_pieces(struct lists *lists, enum lists_form form, const char *only);

#endif
