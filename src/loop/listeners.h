/* SPDX-License-Identifier: MIT */
/*
 * Sockets that listen for one owner, who is handed every connection. When descriptors have run out all of them pause
 * for a moment: those who come wait in the backlog.
 */
#ifndef LOOP_LISTENERS_H
#define LOOP_LISTENERS_H

#include "loop/address.h"

#define LISTENERS_MAX 64 /* for one owner */

struct descriptors;
struct listeners;
struct loop;

/* Takes over a connected socket. */
typedef void listeners_fn(void *data, int fd, const struct address *peer);

struct listeners *listeners_new(struct loop *loop, struct descriptors *descriptors, listeners_fn *fn, void *data);
void listeners_free(struct listeners *listeners); /* closes them; NULL is fine; not from inside fn */

/* Takes over a listening, non-blocking socket when it returns 0; else a negative errno. */
int listeners_add(struct listeners *listeners, int fd);

#endif
