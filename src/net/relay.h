/* SPDX-License-Identifier: MIT */
/*
 * What the parts of the relay share. The composition root (daemon/serve.c) puts it together and owns everything that
 * is pointed to.
 */
#ifndef NET_RELAY_H
#define NET_RELAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/expiry.h"

struct counters;
struct loop;
struct registry;
struct rules;

#define RELAY_WARNING_MS 60000

/* What lanes read into before they write; see net/lane.h. */
#define RELAY_SCRATCH_BYTES (256 * 1024)

struct relay_options {
    int port;                                 /* as reported by NAMES: what was asked for, or what the kernel chose */
    bool relay;                               /* false: a plain EPMD, PORT_PLEASE2 tells the real ports */
    bool batch;                               /* the scheduler lets the nodes finish before it wakes us (SCHED_BATCH) */
    bool relaxed;                             /* STOP is allowed, and KILL while nodes are registered */
    int debug;                                /* level, as the stock daemon's -d */
    uint64_t packet_timeout_ms;               /* how long a request may take to come, from byte to byte */
    uint64_t gate_ttl_ms;                     /* how long a gate waits for its connection */
    uint64_t accept_delay_ms, reply_delay_ms; /* to try clients against a slow EPMD */
    size_t connections_max;                   /* on the port: EPMD and HTTP together */
};

struct relay {
    const struct relay_options *options;
    struct loop *loop;
    struct registry *registry;
    struct rules *rules;
    struct counters *counters;
    struct gates *gates;   /* net/gate.c */
    struct cables *cables; /* net/cable.c */
    struct pipes *pipes;   /* net/pipes.c */
    uint8_t *scratch;      /* RELAY_SCRATCH_BYTES; nobody keeps anything in it */
    uint64_t warned_ms;    /* when it was last said that descriptors had run out; 0: never */
};

/* Fills what belongs to the relay itself: gates, cables, pipes, scratch. The other fields must be there. */
void relay_init(struct relay *relay);

/* Warns, not more often than once in RELAY_WARNING_MS, that `what` must wait because errno says that descriptors ran
 * out. */
void relay_out_of_descriptors(struct relay *relay, const char *what);

/* Does errno say that descriptors, or memory for sockets, have run out? */
bool relay_errno_is_exhaustion(void);

/* Closes every gate and cable. */
void relay_done(struct relay *relay);

#endif
