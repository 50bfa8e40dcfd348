/* SPDX-License-Identifier: MIT */
/*
 * A pool of large kernel pipes, lent to lanes that splice. An unprivileged user gets 64 pipes of 1 MiB, and 1024 of the
 * usual size before they shrink to 8 KiB; so there are few, and a lane that gets none copies instead.
 */
#ifndef CABLE_PIPES_H
#define CABLE_PIPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PIPES_MAX 32
#define PIPE_BYTES (1024 * 1024)

struct pipe {
    int in, out;
    struct pipe *next;
};

struct pipes;

struct pipes *pipes_new(void);
void pipes_free(struct pipes *pipes); /* every pipe must be back */

struct pipe *pipes_borrow(struct pipes *pipes); /* NULL: none left */

/* A pipe that is not empty is closed: nobody else may find those bytes. */
void pipes_give_back(struct pipes *pipes, struct pipe *pipe, bool empty);

/* Whoever asks gets none from now on. */
void pipes_lend_no_more(struct pipes *pipes);

/* Would anybody get one, if not all were lent? */
bool pipes_are_lent(const struct pipes *pipes);

/* Takes bytes out again, of those that are known to be in it. */
size_t pipe_read(const struct pipe *pipe, uint8_t *to, size_t room);

#endif
