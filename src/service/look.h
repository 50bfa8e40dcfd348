/* SPDX-License-Identifier: MIT */
#ifndef SERVICE_LOOK_H
#define SERVICE_LOOK_H

#include <stdbool.h>

#include "model/cluster.h"

struct node;
struct rules;
struct service;

/* Is it an observer, by itself (hidden) or because somebody has declared it one? */
bool look_observes(const struct node *node, const struct rules *rules);

/* The cluster as it is now; to be ended with cluster_done() before anything changes. */
void look(const struct service *service, struct cluster *ret);

#endif
