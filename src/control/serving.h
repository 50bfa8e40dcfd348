/* SPDX-License-Identifier: MIT */
/*
 * An answer in pieces (control/pieces.h) on its way to a client. A piece is made when what was there is out, and its
 * turn has come (control/turns.h); the connection is suspended meanwhile. What is short is put together first and is
 * sent as any other answer, with its length; all else in chunks. A HEAD is told the length of either.
 */
#ifndef CONTROL_SERVING_H
#define CONTROL_SERVING_H

#include <microhttpd.h>
#include <stdbool.h>

/* What is longer is sent in chunks; many clients do without those. */
#define SERVING_WHOLE_BYTES_MAX (64 * 1024)

struct pieces;
struct serving;
struct turns;

/* The connection shall go on: it is to be resumed, and libmicrohttpd run. Not called from inside of that. */
typedef void serving_fn(void *data);

/*
 * Suspends the connection, and takes over the pieces. The first time that it goes on is that for serving_reply().
 * There must be turns left.
 */
struct serving *serving_begin(struct turns *turns, struct MHD_Connection *connection, bool head, struct pieces *pieces,
                              serving_fn *fn, void *data);

/* Sends what is there and, when its turn comes, what is to come. Returns MHD_NO when there is nothing, as all is over.
 */
enum MHD_Result serving_reply(struct serving *serving);

/* Frees it; NULL is fine. */
void serving_free(struct serving *serving);

#endif
