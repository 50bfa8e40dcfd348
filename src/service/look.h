/* SPDX-License-Identifier: MIT */
#ifndef SERVICE_LOOK_H
#define SERVICE_LOOK_H

#include "model/cluster.h"

struct service;

/* The cluster as it is now; to be ended with cluster_done() before anything changes. */
void look(const struct service *service, struct cluster *ret);

#endif
