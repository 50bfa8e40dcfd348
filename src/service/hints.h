/* SPDX-License-Identifier: MIT */
/*
 * What looks wrong though no fault is the reason: what authors of tests stumble over before anything is cut.
 */
#ifndef SERVICE_HINTS_H
#define SERVICE_HINTS_H

struct service;

/* So long a node may be registered without a connection before that is worth a hint. */
#define HINTS_AFTER_MS 5000

/* Of so many nodes without one, the newest: each is compared with all rules. */
#define HINTS_NODES_MAX 64

typedef void hint_fn(void *data, const char *text);

/*
 * Calls fn with each hint, a line each, whose names are as exact as the nodes' own: of members of the cluster that have
 * never connected, though others are there and no rule is about them. None when nothing is relayed.
 */
void hints(const struct service *service, hint_fn *fn, void *data);

#endif
