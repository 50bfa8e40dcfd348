/* SPDX-License-Identifier: MIT */
/*
 * Rules that belong to processes of a caller (`owner => pid()`): they go when their owner ends, of which the caller's
 * node tells us as of any monitor, and when its connection ends.
 */
#ifndef ENDPOINT_OWNERS_H
#define ENDPOINT_OWNERS_H

#include "base/text.h"

struct lease;
struct owner_of_rules;
struct process_home;
struct service;
struct term;

/* Embedded in a caller; all zero but the service at first. */
struct owners {
    struct service *service;
    struct owner_of_rules *all; /* one for each time that rules were made: never more than there are rules */
};

/*
 * That process is the owner of the rules that have that lease, which is taken over, and without rules ended at once.
 * Adds to `to` what its node has to hear. `pid` is of that node.
 */
void owners_add(struct owners *owners, struct process_home *home, const struct term *pid, struct lease *lease,
                struct text *to);

/* What is monitored under that reference has ended. */
void owners_end(struct owners *owners, const struct term *reference);

/* All have ended. */
void owners_done(struct owners *owners);

#endif
