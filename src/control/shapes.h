/* SPDX-License-Identifier: MIT */
/*
 * Our structs as JSON, and JSON as our structs. Errors name the field as a path: islands[0][2].
 */
#ifndef CONTROL_SHAPES_H
#define CONTROL_SHAPES_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "control/api.h"
#include "model/rules.h"

/* What a cut or a fix asks for. */
struct shape_cut {
    struct islands islands; /* empty when the field was not there */
    bool one_way;
};

json_t *shape_status(const struct api *api);
json_t *shape_rule(const struct rule *rule);
json_t *shape_rules(const struct rules *rules);

/*
 * Reads a request's body; an empty one is {}. `may_one_way`: the field "one_way" is known. Returns 0 and *ret, whose
 * islands are the caller's to end, or -EINVAL and *error.
 */
int shape_read_cut(const char *body, size_t len, bool may_one_way, struct shape_cut *ret, struct api_error *error);

#endif
