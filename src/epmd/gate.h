/* SPDX-License-Identifier: MIT */
/*
 * Gates: listeners that stand in for a node's real port. One is opened for every PORT_PLEASE2_REQ, at the local address
 * to which the question came; it takes one connection, which becomes a cable, or closes when its time is over.
 */
#ifndef EPMD_GATE_H
#define EPMD_GATE_H

#include <stddef.h>
#include <stdint.h>

#include "cable/target.h"

#define GATES_MAX 2048           /* waiting ones; beyond it the oldest closes */
#define GATES_PER_NODE_MAX 256   /* of those that stand in for one node */
#define GATES_REMEMBERED_MAX 256 /* closed ones that gates_real_port() still knows */

struct gates;
struct mapper;

struct gates *gates_new(struct mapper *mapper);
void gates_free(struct gates *gates);

/* Returns the gate's port, or a negative errno. The target is copied. */
int gate_open(struct mapper *mapper, const struct target *target, const struct address *local);

/*
 * A node registers a port. When that is a gate's which stood in for the very same node (RabbitMQ's monitor looks its
 * node up and registers what it was told), the node's real port is returned, else the port itself.
 */
uint16_t gates_real_port(struct gates *gates, const void *name, size_t name_len, uint16_t port);

size_t gates_count(const struct gates *gates);

#endif
