/* SPDX-License-Identifier: MIT */
/*
 * lease: begin one, or go on with it.
 */
#ifndef REQUEST_LEASE_H
#define REQUEST_LEASE_H

#include <jansson.h>
#include <stdint.h>

#include "base/refusal.h"

#define LEASE_DEFAULT_US 10000000 /* for words that do not say how long */

struct lease_request {
    char *name; /* owned */
    uint64_t for_us;
};

void lease_request_done(struct lease_request *request);

/* for_us 0: LEASE_DEFAULT_US. Both return 0 and *ret, to be ended with lease_request_done(); or -EINVAL. */
int lease_request_from_words(const char *name, uint64_t for_us, struct lease_request *ret, struct refusal *refusal);
int lease_request_from_document(const json_t *document, struct lease_request *ret, struct refusal *refusal);

json_t *lease_request_to_document(const struct lease_request *request);

#endif
