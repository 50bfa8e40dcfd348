/* SPDX-License-Identifier: MIT */
#ifndef CABLE_TARGET_H
#define CABLE_TARGET_H

#include "loop/address.h"

struct registry;

/* The registered node that a gate stands in for, and where it is dialled: at one address, as it would be without us. */
struct target {
    char *name; /* as registered: the short one */
    struct address address;
};

struct target target_copy(const struct target *target);
void target_done(struct target *target);

/* A node that was restarted meanwhile is at the port where it is registered now. */
void target_refresh(struct target *target, const struct registry *registry);

#endif
