/* SPDX-License-Identifier: MIT */
/*
 * The daemon as a hidden node: registered under a name of its own, it takes the connections of nodes, who call the
 * functions of the module `epmdpxy` there as on any node (rpc, erpc, gen_server:call), with no library at all.
 *
 *     endpoint.c    listens; is registered
 *     callers.c     the nodes that have connected
 *     caller.c      one of them: its bytes, its time
 *     greeting.c    its handshake
 *     cookie.c      who may connect
 *     signals.c     what its messages mean
 *     process.c     a function that it has called, and how it hears what came of it
 *     living.c      those that live longer than their call: they wait, or their answer is long
 *     owners.c      whose rules they are that it has made
 *     functions.c   the functions, a table
 *     verbs.c       what they do
 *     arguments.c   what they take
 *     call.c        what they ask of the API
 *     saying.c      frames and terms, to be sent
 *
 * It is no part of the cluster: nothing cuts it, no gate stands before it, and no condition or advice counts it.
 */
#ifndef ENDPOINT_ENDPOINT_H
#define ENDPOINT_ENDPOINT_H

#include <stddef.h>

#include "base/refusal.h"

struct api;
struct cookie;
struct endpoint;
struct mapper;

#define ENDPOINT_NAME_BYTES_MAX 255

struct endpoint_config {
    const char *name; /* in full */
    const struct cookie *cookie;
    const int *fds; /* listening, non-blocking; closed by it, also when it cannot begin */
    size_t fd_count;
    int port;
};

/*
 * NAME or NAME@HOST, as a node may be called; without a host this machine's, up to the first dot, as `erl -sname` takes
 * it. Returns 0, or -EINVAL and the refusal.
 */
int endpoint_name(const char *name, char ret[ENDPOINT_NAME_BYTES_MAX + 1], struct refusal *refusal);

/* Returns NULL, and errno, when it cannot listen. The api outlives it. */
struct endpoint *endpoint_new(struct mapper *mapper, const struct api *api, const struct endpoint_config *config);
void endpoint_free(struct endpoint *endpoint); /* NULL is fine */

#endif
