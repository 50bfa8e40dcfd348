/* SPDX-License-Identifier: MIT */
/*
 * A request that waits for a condition. Its connection is suspended, and watched: libmicrohttpd does not look at such a
 * one, and a client that has left must not keep a place.
 */
#ifndef CONTROL_WAITING_H
#define CONTROL_WAITING_H

#include <stdbool.h>

struct MHD_Connection;
struct api_answer;
struct service;
struct wait_request;
struct waiting;
struct waits;

/* The connection shall go on: it is to be resumed, for waiting_answer(). Comes from the loop, or from waits_free(). */
typedef void waiting_fn(void *data);

/*
 * The condition is taken over. Returns it, and has suspended the connection; or NULL, and *ret is what there is to say
 * at once.
 */
struct waiting *waiting_begin(struct waits *waits, const struct service *service, struct MHD_Connection *connection,
                              struct wait_request *request, waiting_fn *fn, void *data, struct api_answer *ret);

/* What there is to say; NULL: to nobody, the client has left. */
const struct api_answer *waiting_answer(const struct waiting *waiting);

/* fn is not called any more. NULL is fine. */
void waiting_free(struct waiting *waiting);

#endif
