/* SPDX-License-Identifier: MIT */
/*
 * Everything that there is, as documents made row by row (control/lists.h). Which nodes, states and kinds is what the
 * lists want.
 */
#ifndef CONTROL_STATUS_H
#define CONTROL_STATUS_H

#include <stdint.h>

struct api;
struct lists;
struct service;

/* GET /v1/status: all fields of it. */
void status_add_all(struct lists *lists, const struct api *api);

/* Its parts: "nodes", "cables"; "rules", and what each has done up to now. */
void status_add_nodes(struct lists *lists);
void status_add_cables(struct lists *lists, const struct service *service);
void status_add_rules(struct lists *lists, const struct service *service);

/* "links": a row for each cable, as a link between two nodes; raw ones have no "from". */
void status_add_links(struct lists *lists, const struct service *service);

/* "events" behind that one, and "last": up to which one. */
void status_add_events(struct lists *lists, const struct service *service, uint64_t after);

#endif
