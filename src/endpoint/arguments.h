/* SPDX-License-Identifier: MIT */
/*
 * Arguments of functions, as the Erlang client takes them, in the words of the documents of requests (request/).
 * Everything returned is the caller's to release; NULL: it is no such thing. With a refusal there may be more to say:
 * the term is such a thing, but what it says is wrong. Else the refusal is left as it is.
 */
#ifndef ENDPOINT_ARGUMENTS_H
#define ENDPOINT_ARGUMENTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

struct refusal;
struct term;

/* A term as a document; where it is a condition also a tuple, which no document has: it becomes an array. */
json_t *argument_read(const struct term *arg, bool condition);

/*
 * A map of options with `owner => pid()`, a process of that node: *ret_pid is that, and the map without it is returned,
 * the caller's to release. Any other term is read as it is, and *ret_pid is untouched.
 */
json_t *argument_read_owned(const struct term *arg, const char *node, struct term *ret_pid, struct refusal *refusal);

/* Names, or one. */
json_t *argument_island(json_t *arg);
json_t *argument_islands(json_t *arg);

json_t *argument_duration(json_t *arg); /* whole numbers are milliseconds */

/* A map of options. `strict`: names that nobody has are errors, unless it says `wait => true`. arg NULL: there is none.
 */
json_t *argument_options(const json_t *arg, bool strict, struct refusal *refusal);

json_t *argument_params(json_t *arg); /* of a fault; whole numbers are milliseconds where a duration is meant */

/* Numbers of rules: one, or those of what a cut or a fault has returned. Up to RULES_MAX of them, each 32 bits. */
json_t *argument_ids(json_t *arg, struct refusal *refusal);
size_t argument_numbers(const json_t *ids, uint32_t *ret); /* the same as what they are; returns how many */

/* `mesh`, or what was {connected, A, B}, as a condition's text with its NUL. False, and some of it, when it is none. */
bool argument_add_condition(struct text *to, const json_t *arg, struct refusal *refusal);

#endif
