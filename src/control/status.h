/* SPDX-License-Identifier: MIT */
#ifndef CONTROL_STATUS_H
#define CONTROL_STATUS_H

#include <jansson.h>

struct api;

/* GET /v1/status: everything that there is. */
json_t *status_document(const struct api *api);

/* Its parts: [nodes], [cables], of a node's name or pattern, in a state (cable_phase_name()); NULL: all of them. */
json_t *nodes_document(const struct api *api, const char *name);
json_t *cables_document(const struct api *api, const char *name, const char *state);

/* All rules, and what each has done up to now. */
json_t *rules_document(const struct api *api);

/* One row a pair of nodes that are connected, or try to be; raw links have no "from". */
json_t *links_document(const struct api *api, const char *name);

#endif
