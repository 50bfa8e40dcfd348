/* SPDX-License-Identifier: MIT */
/*
 * The table of faults: as GET /v1/kinds and `fault kinds --json` have it, and for people.
 */
#ifndef REQUEST_KINDS_H
#define REQUEST_KINDS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/refusal.h"
#include "base/text.h"

/* Is there a kind of that name? Returns 0 or -EINVAL. */
int kinds_check(const char *name, struct refusal *refusal);

/* Has any kind a parameter of that name, the first `len` bytes of it? */
bool kinds_have_param(const char *name, size_t len);

/* All kinds, or the one of that name. The caller's: {"kinds": [...]}. */
json_t *kinds_to_document(const char *only);

void kinds_add_lines(struct text *to, const char *only);

#endif
