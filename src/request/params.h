/* SPDX-License-Identifier: MIT */
/*
 * A fault: its kind and its parameters, from words ("latency delay=50ms"), from documents ({"delay": "50ms"}), and
 * back.
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

/* All parameters, or only those that were given. */
json_t *params_to_document(const struct fault *fault, bool only_given);

#endif
