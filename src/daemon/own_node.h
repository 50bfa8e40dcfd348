/* SPDX-License-Identifier: MIT */
/*
 * What `serve --node` needs before anything else is made, so that whoever starts it learns at once what is wrong.
 */
#ifndef DAEMON_OWN_NODE_H
#define DAEMON_OWN_NODE_H

#include "base/refusal.h"
#include "daemon/listen.h"
#include "endpoint/cookie.h"
#include "endpoint/endpoint.h"

struct own_node {
    char name[ENDPOINT_NAME_BYTES_MAX + 1];
    struct cookie cookie;
    struct listen_result sockets;
    struct endpoint_config config; /* of these */
};

/* `name` as the user gave it; `cookie_file` may be NULL. Returns 0, or a negative errno and the refusal. */
int own_node_read(const char *name, const char *cookie_file, struct own_node *ret, struct refusal *refusal);

/* Listens at these addresses, at any free port. Returns 0, or a negative errno and the refusal. */
int own_node_listen(struct own_node *node, const struct listen_request *where, struct refusal *refusal);

#endif
