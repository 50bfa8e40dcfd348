/* SPDX-License-Identifier: MIT */
/*
 * Gates: a gate is the alias of a registered node's port. It listens where the node itself listens (loop/site.h), at
 * another port, from the first question on for as long as the node is registered. Every connection that it takes
 * becomes a cable to the node's port at the very address that was dialled: what the dialer would have reached beside a
 * stock EPMD it reaches here, and nothing else.
 *
 * When it cannot be found out where the node listens, a gate listens at the address to which the question came.
 */
#ifndef EPMD_GATE_H
#define EPMD_GATE_H

#include <stddef.h>
#include <stdint.h>

#define GATES_MAX 2048           /* beyond it the one unused longest closes */
#define GATES_REMEMBERED_MAX 256 /* closed ones that are still known */

struct address;
struct gates;
struct mapper;
struct node;
struct stranger;

struct gates *gates_new(struct mapper *mapper);
void gates_free(struct gates *gates); /* all nodes have left */

/*
 * The port of the gate that a question about the node means, when it came to the address `asked`; a negative errno when
 * none can be opened. May evict strangers, but not the one who asks.
 */
int gates_port(struct gates *gates, struct node *node, const struct address *asked, const struct stranger *asker);

/* The node leaves: its gates close. */
void gates_close(struct node *node);

/* The node is back at the port that it had before: what somebody remembers is good again, where the ports are free. */
void gates_return(struct gates *gates, struct node *node);

/*
 * A node registers a port. When that was a gate's which stood in for the very same node (RabbitMQ's monitor looks its
 * node up and registers what it was told), the node's real port is returned, else the port itself.
 */
uint16_t gates_real_port(const struct gates *gates, const void *name, size_t name_len, uint16_t port);

size_t gates_count(const struct gates *gates);

#endif
