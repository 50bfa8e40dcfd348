/* SPDX-License-Identifier: MIT */
/*
 * fix: the pairs between some islands, or all that is cut.
 */
#ifndef REQUEST_FIX_H
#define REQUEST_FIX_H

#include <jansson.h>
#include <stdbool.h>

#include "base/options.h"
#include "base/refusal.h"
#include "model/islands.h"

struct fix_request {
    struct islands islands; /* two or more, checked; or none: everything; owned */
    bool strict;            /* a name that no node has is an error, and no note */
};

void fix_request_done(struct fix_request *request);

/* What the options of a command line say. */
struct fix_words {
    bool strict;
};

extern const struct option_table fix_options; /* of a struct fix_words */

/* `islands` are words up to the NULL. Both return 0 and *ret, to be ended with fix_request_done(); or -EINVAL. */
int fix_request_from_words(const struct fix_words *options, const char *const *islands, struct fix_request *ret,
                           struct refusal *refusal);
int fix_request_from_document(const json_t *document, struct fix_request *ret, struct refusal *refusal);

json_t *fix_request_to_document(const struct fix_request *request);

#endif
