/* SPDX-License-Identifier: MIT */
#ifndef CABLE_TARGET_H
#define CABLE_TARGET_H

#include <stdint.h>

#include "loop/address.h"
#include "loop/loop.h"

/* The registered node that a gate stands in for, and where it can be reached. */
struct target {
    char *name; /* as registered */
    uint16_t port;
    struct address first;   /* the address from which it registered ... */
    struct address instead; /* ... and the one at which the dialer asked, for nodes that listen only there */
    int tries;              /* of target_connect() */
};

struct end;
struct registry;

struct target target_copy(const struct target *target);
void target_done(struct target *target);

/* A node that was restarted meanwhile is where it is registered now. */
void target_refresh(struct target *target, const struct registry *registry);

/*
 * Begins to connect at the first address, and when called again at the other. fn hears of the outcome, see
 * end_connect(). Returns 0; or a negative errno when the last address fails at once, -ENOENT when both have been tried.
 */
int target_connect(struct target *target, struct end *end, struct loop *loop, watch_fn *fn, void *data);

#endif
