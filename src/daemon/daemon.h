/* SPDX-License-Identifier: MIT */
/*
 * The composition root: puts the daemon together, runs it, and takes it apart again.
 */
#ifndef DAEMON_DAEMON_H
#define DAEMON_DAEMON_H

#include <stddef.h>

#include "epmd/mapper.h"

struct endpoint_config;
struct island;
struct rules_request;
struct ways;

struct daemon_config {
    struct mapper_options mapper;
    bool batch;                        /* the scheduler may let the nodes finish before it wakes us (SCHED_BATCH) */
    bool splice;                       /* large frames go through pipes, unless the kernel refuses */
    uint64_t awake_us;                 /* so long the loop looks on before it sleeps, when that pays; 0: never */
    size_t lane_bytes_max;             /* a delayed lane keeps no more than that */
    uint64_t seed;                     /* of all chance: jitter, sizes of slices, random cuts; 0: any, and filled in */
    const struct island *observers;    /* patterns, checked, up to OBSERVERS_MAX; or NULL */
    const struct rules_request *rules; /* in force before any node comes, if there are any; or NULL */
    size_t remembered_max;             /* names, see model/registry.h */
    bool strict;             /* a rule that goes and has changed nothing makes the exit status STATUS_VACUOUS */
    bool until_input_closes; /* it ends when standard input does, a pipe or the like */
    struct ways *ways;       /* further ones to the control API, which are the daemon's from now on; or NULL */
    const int *fds;          /* listening sockets; the daemon closes them */
    size_t fd_count;
    const struct endpoint_config *node; /* the daemon is a node, too; or NULL */
    int (*ready)(void *data);           /* it listens; less than 0: end at once; may be NULL */
    void *ready_data;
};

/* Runs until KILL_REQ, SIGTERM or SIGINT. Returns the exit status. */
int daemon_run(struct daemon_config *config);

#endif
