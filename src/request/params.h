/* SPDX-License-Identifier: MIT */
/*
 * A fault: its kind and its parameters, from words ("latency delay=50ms"), from documents ({"delay": "50ms"}), and
 * back.
 *
 * For programs a document has, beside the text of a time, rate or size, its number in a field that names the unit:
 * "delay_ms", "rate_bits" (a second), "average_size_bytes". Either will do when one is read, or both that say the same.
 */
#ifndef REQUEST_PARAMS_H
#define REQUEST_PARAMS_H

#include <jansson.h>
#include <stdbool.h>

#include "base/refusal.h"
#include "model/faults.h"

/* Sets one parameter: "delay=50ms". Returns 0 or -EINVAL, as do the others. */
int param_from_word(const char *word, struct fault *fault, struct refusal *refusal);

/* The kind, then its parameters, up to the NULL. Everything is there that must be. */
int fault_from_words(const char *const *words, struct fault *ret, struct refusal *refusal);

/* `params` may be NULL: none. Refusals name them as fields of "params". */
int fault_from_document(const char *kind, const json_t *params, struct fault *ret, struct refusal *refusal);

/* The unit of its number, as in "delay_ms"; NULL: it is no time, rate or size. */
const char *param_unit(const struct param_row *row);

/* Adds the field NAME_UNIT to an object, if it has a unit. */
void param_add_number(const struct param_row *row, const char *name, uint64_t value, json_t *object);

/* All parameters, with their numbers; or only those that were given, as texts alone. */
json_t *params_to_document(const struct fault *fault, bool only_given);

#endif
