/* SPDX-License-Identifier: MIT */
/*
 * One socket of a cable: the source of one of its lanes and the sink of the other.
 */
#ifndef CABLE_END_H
#define CABLE_END_H

#include <stdbool.h>

#include "loop/loop.h"

struct address;

struct end {
    int fd; /* -1: not there (yet) */
    struct watch *watch;
    bool may_hang_up; /* what it sends is held, so READY_HANGUP is all we hear of it */
    bool hung_up;     /* and it was heard: the node has closed or lost its end, and nobody was told yet */
    bool failed;      /* READY_FAILED: reads and writes give their final answer at once */
};

/* Takes over a connected socket, or -1. The watch is the caller's to make. */
void end_init(struct end *end, int fd);

/*
 * Begins to connect; whatever was there before is closed. fn hears READY_WRITE or READY_FAILED when there is an
 * outcome. Returns 0 or a negative errno.
 */
int end_connect(struct end *end, struct loop *loop, const struct address *address, watch_fn *fn, void *data);

/*
 * Acknowledges what was read at once. Nodes set TCP_NODELAY only behind their handshake: the second of two messages in
 * a row would wait for the acknowledgement of the first, which the kernel may delay by 40 ms.
 */
void end_acknowledge(const struct end *end);

/* Is its node gone, as far as can be told without reading? */
bool end_has_left(const struct end *end);

/* Closes it, orderly or with a reset. */
void end_close(struct end *end, bool reset);

#endif
