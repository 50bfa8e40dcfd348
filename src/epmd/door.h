/* SPDX-License-Identifier: MIT */
/*
 * The port's front door: it listens, accepts, and looks at the first byte of every connection without taking it. An
 * EPMD request begins with a length of at most 3057, so with a byte up to 0x0B; an HTTP request begins with a letter.
 */
#ifndef EPMD_DOOR_H
#define EPMD_DOOR_H

#include <stddef.h>

#include "loop/address.h"

struct door;
struct mapper;
struct sessions;

/* Takes over a connected socket whose first byte is a letter. */
typedef void door_http_fn(void *data, int fd, const struct address *peer);

/* `kill` is called when KILL_REQ asks the daemon to end. */
struct door *door_new(struct mapper *mapper, void (*kill)(void *data), void *data);
void door_free(struct door *door);

/* Who gets HTTP; without one such connections are closed. */
void door_set_http(struct door *door, door_http_fn *fn, void *data);

/* Takes over a listening, non-blocking socket. Returns 0 or a negative errno. */
int door_listen(struct door *door, int fd);

#endif
