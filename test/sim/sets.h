/* SPDX-License-Identifier: MIT */
/*
 * Random sets of actors, and how they are named in a request: by short names, full names, or a pattern.
 */
#ifndef SIM_SETS_H
#define SIM_SETS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct set {
    unsigned actors, plain; /* a bit each; plain: named by no pattern */
    json_t *names;
};

/* Some of those, at least one; `of` is not 0. */
struct set set_draw(unsigned of);
struct set set_draw_plain(unsigned of); /* by short names alone */
unsigned set_all(void);

/* `most` sets at most, of which no actor is in two; at least two. They are put into `sets`, and their number is
 * returned; *ret_document: an array of them. */
size_t sets_draw(unsigned *sets, unsigned *plain, size_t most, json_t **ret_document);

/* Is one of the names in that array of arrays a full one? */
bool sets_name_hosts(const json_t *sets);

#endif
