/* SPDX-License-Identifier: MIT */
/*
 * Our structs as JSON. A rule has the fields with which it can be ordered (control/orders.h), and its number.
 */
#ifndef CONTROL_SHAPES_H
#define CONTROL_SHAPES_H

#include <jansson.h>
#include <stdint.h>

#include "control/api.h"

struct rules;

json_t *shape_status(const struct api *api);

/* The rules whose number is at least `first`. */
json_t *shape_rules(const struct rules *rules, uint32_t first, uint64_t now_us);

/* The table of faults. */
json_t *shape_kinds(void);

json_t *shape_leases(const struct rules *rules, uint64_t now_us);
json_t *shape_events(const struct api *api, uint64_t after);

#endif
