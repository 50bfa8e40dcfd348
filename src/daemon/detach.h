/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_DETACH_H
#define DAEMON_DETACH_H

#include <stddef.h>

/*
 * Goes to the background: returns in a new process of its own session, with / as its directory, /dev/null for 0 to 2
 * and no other descriptor than the given ones (which are above 2). The process that called exits with status 0.
 */
void detach(const int *keep, size_t count);

#endif
