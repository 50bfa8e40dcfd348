/* SPDX-License-Identifier: MIT */
/*
 * What the parts of the port mapper share. Whoever puts the daemon together owns what is pointed to.
 */
#ifndef EPMD_MAPPER_H
#define EPMD_MAPPER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cabling;
struct counters;
struct deadlines;
struct descriptors;
struct events;
struct gates;
struct loop;
struct registry;
struct rules;

struct mapper_options {
    int port;        /* as reported by NAMES: what was asked for, or what the kernel chose */
    bool relay;      /* false: a plain EPMD, PORT_PLEASE2 tells the real ports */
    bool relaxed;    /* STOP is allowed, and KILL while nodes are registered */
    bool unkillable; /* KILL is not allowed, whoever is registered */

    uint64_t packet_timeout_ms;               /* how long a request may take to come, from byte to byte */
    uint64_t accept_delay_ms, reply_delay_ms; /* to try clients against a slow EPMD */
};

struct mapper {
    struct mapper_options options;
    struct loop *loop;
    struct deadlines *deadlines; /* of slow answers */
    struct descriptors *descriptors;
    struct registry *registry;
    struct rules *rules; /* what it says of names */
    struct events *events;
    struct counters *counters;
    struct cabling *cabling; /* of the connections that come to gates */
    struct gates *gates;     /* epmd/gate.h */
};

/* Of the same parts as the cables; the gates are still to be made. */
struct mapper mapper_over(struct cabling *cabling, const struct mapper_options *options);

#endif
