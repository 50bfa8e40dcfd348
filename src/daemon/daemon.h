/* SPDX-License-Identifier: MIT */
/*
 * The composition root: puts the daemon together, runs it, and takes it apart again.
 */
#ifndef DAEMON_DAEMON_H
#define DAEMON_DAEMON_H

#include <stddef.h>

#include "loop/relay.h"

struct daemon_config {
    struct relay_options relay; /* connections_max, and a seed that is 0, are filled in */
    size_t remembered_max;      /* names, see model/registry.h */
    const int *fds;             /* listening sockets; the daemon closes them */
    size_t fd_count;
    void (*ready)(void *data); /* it listens; may be NULL */
    void *ready_data;
};

/* Runs until KILL_REQ, SIGTERM or SIGINT. Returns the exit status. */
int daemon_run(struct daemon_config *config);

#endif
