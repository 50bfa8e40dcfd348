/* SPDX-License-Identifier: MIT */
/*
 * Who has the port that we would listen on, and what to do about it.
 */
#ifndef DAEMON_TAKEN_H
#define DAEMON_TAKEN_H

#include "base/refusal.h"

/* Asks whoever answers there. Returns -EADDRINUSE and the refusal, which says who it is. */
int port_taken(int port, struct refusal *ret);

#endif
