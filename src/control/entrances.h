/* SPDX-License-Identifier: MIT */
/*
 * Sockets of the control API's own, beside EPMD's port: they listen, and hand over every connection.
 */
#ifndef CONTROL_ENTRANCES_H
#define CONTROL_ENTRANCES_H

#include "control/way.h"
#include "loop/address.h"

#define ENTRANCES_MAX 8

struct descriptors;
struct entrances;
struct loop;

/* Takes over a connected socket. */
typedef void entrance_fn(void *data, int fd, const struct address *peer, enum way way);

struct entrances *entrances_new(struct loop *loop, struct descriptors *descriptors, entrance_fn *fn, void *data);
void entrances_free(struct entrances *entrances); /* closes them */

/* Takes over a listening socket when it returns 0; else a negative errno. */
int entrances_listen(struct entrances *entrances, int fd, enum way way);

#endif
