/* SPDX-License-Identifier: MIT */
/*
 * The control API: HTTP and JSON, on the connections that the front door hands over (libmicrohttpd, inside our loop).
 *
 *     http.c         connections, requests
 *     reply.c        whole answers
 *     pieces.h       those that may be long, made in pieces: lists.c (documents), serving.c, turns.c
 *     connection.c   what libmicrohttpd knows of one
 *     guard.c        who may ask
 *     routes.c       one row a resource; book.c: those that change rules, leases and observers
 *     stream.c       events as they happen
 *     waiting.c      who waits for a condition
 *     status.c       everything that there is, as documents
 *     metrics.c      and as numbers, for Prometheus
 */
#ifndef CONTROL_CONTROL_H
#define CONTROL_CONTROL_H

#include <stddef.h>

#include "control/stream.h"
#include "control/way.h"
#include "loop/address.h"

#define CONTROL_BODY_BYTES_MAX (1024 * 1024)
#define CONTROL_OWNERS_MAX 64 /* connections with which rules go: they may be silent for as long as they like */
#define CONTROL_CONNECTIONS_MAX \
    (100 + STREAMS_MAX + CONTROL_OWNERS_MAX) /* whoever listens, or owns, takes no place of those who ask */
#define CONTROL_IDLE_S 60

struct api;
struct control;

/* The api is copied. Returns NULL when libmicrohttpd cannot be started. */
struct control *control_new(const struct api *api);
void control_free(struct control *control); /* NULL is fine */

/* Takes over a connected socket (a door_http_fn). */
void control_adopt(void *control, int fd, const struct address *peer);

/* Takes over a listening socket when it returns 0; else a negative errno. */
int control_listen(struct control *control, int fd, enum way way);

#endif
