/* SPDX-License-Identifier: MIT */
/*
 * A request that waits for a condition. The cluster is looked at for it when its turn comes (control/turns.h), and from
 * then on whenever something has happened. Its connection is suspended, and watched: libmicrohttpd does not look at
 * such a one, and a client that has left must not keep a place.
 */
#ifndef CONTROL_WAITING_H
#define CONTROL_WAITING_H

#include <stdbool.h>

struct MHD_Connection;
struct api_answer;
struct service;
struct turns;
struct wait_request;
struct waiting;
struct waits;

/*
 * The connection shall go on: it is to be resumed, for waiting_answer(). Comes from the loop, from waits_free(), or
 * from turns_end().
 */
typedef void waiting_fn(void *data);

/* Suspends the connection, and takes over the condition. There must be turns left. */
struct waiting *waiting_begin(struct waits *waits, struct turns *turns, const struct service *service,
                              struct MHD_Connection *connection, const struct wait_request *request, waiting_fn *fn,
                              void *data);

/* What there is to say, the caller's; false: to nobody, the client has left. */
bool waiting_answer(struct waiting *waiting, struct api_answer *ret);

/* fn is not called any more. NULL is fine. */
void waiting_free(struct waiting *waiting);

#endif
