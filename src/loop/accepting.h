/* SPDX-License-Identifier: MIT */
/*
 * Connections that wait at a listening socket.
 */
#ifndef LOOP_ACCEPTING_H
#define LOOP_ACCEPTING_H

#include <stdbool.h>

#include "loop/address.h"

struct descriptors;

/* Accepting must not starve the connections that are there: so many at once, then they have their turn. */
#define ACCEPTING_BURST 16

/* When descriptors have run out, so long until they are tried for again. */
#define ACCEPTING_PAUSE_MS 100

bool accepting_somebody_waits(int listener);

/*
 * The next connection, and who it is; strangers make room for it. -EAGAIN: nobody waits. -EMFILE: somebody does, and
 * nothing is left that could make room: whoever asks pauses.
 */
int accepting_next(int listener, struct descriptors *descriptors, struct address *ret_peer);

#endif
