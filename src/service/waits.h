/* SPDX-License-Identifier: MIT */
/*
 * Whoever waits for a condition. One look at the cluster serves all that wait, and it is taken when something has
 * happened; only those that are about nothing happening for a time are looked at by the clock.
 */
#ifndef SERVICE_WAITS_H
#define SERVICE_WAITS_H

#include <stddef.h>
#include <stdint.h>

#include "base/refusal.h"

#define WAITS_MAX 32
#define WAITS_LOOKS_MAX 100 /* for the next look alone: each makes that one longer */

struct service;
struct wait;
struct wait_request;
struct waits;

/* refusal NULL: the condition holds; `event`: the number of the one that was waited for, or 0. The wait is gone. */
typedef void wait_fn(void *data, const struct refusal *refusal, uint64_t event);

struct waits *waits_new(struct service *service);
/* Whoever still waits is told that the daemon ends. */
void waits_free(struct waits *waits);

/*
 * Looks at once, or soon, if it has just done so and that took long. Returns 0: it holds, and *ret_event is as for a
 * wait_fn; -EAGAIN and *ret, and fn is called once, later, from the loop; or a refusal: it can never hold, it was only
 * to be looked at, or too many wait (-EBUSY). The request's condition is taken over, in any case.
 */
int wait_begin(struct waits *waits, struct wait_request *request, wait_fn *fn, void *data, struct wait **ret,
               uint64_t *ret_event, struct refusal *refusal);

/* Whoever waits has left: fn is not called any more. */
void wait_cancel(struct wait *wait);

#endif
