/* SPDX-License-Identifier: MIT */
/*
 * What the parts of the relay share. The composition root (daemon/serve.c) puts it together and owns everything that
 * is pointed to.
 */
#ifndef LOOP_RELAY_H
#define LOOP_RELAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/events.h"
#include "loop/expiry.h"
#include "loop/loop.h"

struct cabling;
struct counters;
struct deadlines;
struct random;
struct registry;
struct rules;

struct relay_options {
    int port;      /* as reported by NAMES: what was asked for, or what the kernel chose */
    bool relay;    /* false: a plain EPMD, PORT_PLEASE2 tells the real ports */
    bool batch;    /* the scheduler lets the nodes finish before it wakes us (SCHED_BATCH) */
    uint64_t seed; /* of all chance: jitter, sizes of slices, random cuts; 0: any */
};

struct relay {
    const struct relay_options *options;
    struct loop *loop;
    struct registry *registry;
    struct rules *rules;
    struct counters *counters;
    struct events *events;
    struct random *random;       /* seeded with options->seed */
    struct deadlines *deadlines; /* of lanes, slow answers, and rules that end */
    struct gates *gates;         /* epmd/gate.c */
    struct cabling *cabling;     /* cable/cabling.h */
    struct cables *cables;       /* cable/cable.c */
};

#endif
