/* SPDX-License-Identifier: MIT */
#ifndef SERVICE_LOOK_H
#define SERVICE_LOOK_H

#include <stdbool.h>

#include "model/cluster.h"

struct cable_view;
struct node;
struct rules;
struct service;

/* Is it an observer, by itself (hidden) or because somebody has declared it one? */
bool look_observes(const struct node *node, const struct rules *rules);

/* What a cable is to the cluster. Names are not copied. */
struct cluster_link look_at_link(const struct service *service, const struct cable_view *view);

/* The cluster as it is now; to be ended with cluster_done() before anything changes. */
void look(const struct service *service, struct cluster *ret);

#endif
