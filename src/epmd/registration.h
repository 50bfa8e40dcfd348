/* SPDX-License-Identifier: MIT */
/*
 * Nodes come and go: what the registry says of it, and what everybody else has to hear.
 */
#ifndef EPMD_REGISTRATION_H
#define EPMD_REGISTRATION_H

#include <stdbool.h>
#include <stddef.h>

struct epmd_node;
struct mapper;
struct node;
struct owner;

/*
 * The registered node of that name, or NULL. The loop may bring a new connection before it brings the end of an older
 * one, so we look whether the owner is still there: a node that comes back at once is not refused because of its former
 * self. May end that registration.
 */
struct node *registration_find(struct mapper *mapper, const void *name, size_t len);

/* Is anybody registered, but our own node? May end registrations whose owners are gone. */
bool registration_any(struct mapper *mapper);

/* The name must be free. `fd` is shown by DUMP. */
struct node *registration_begin(struct mapper *mapper, struct epmd_node *told, const struct owner *owner, int fd);

/* For the owner only. */
void registration_end(struct mapper *mapper, struct node *node);

#endif
