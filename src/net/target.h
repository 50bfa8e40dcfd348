/* SPDX-License-Identifier: MIT */
#ifndef NET_TARGET_H
#define NET_TARGET_H

#include <stdint.h>

#include "net/address.h"

/* The registered node that a gate stands in for, and where it can be reached. */
struct target {
    char *name; /* as registered */
    uint16_t port;
    struct address first;   /* the address from which it registered ... */
    struct address instead; /* ... and the one at which the dialer asked, for nodes that listen only there */
};

struct target target_copy(const struct target *target);
void target_done(struct target *target);

#endif
