/* SPDX-License-Identifier: MIT */
/*
 * observe: nodes that are no part of the experiment.
 */
#ifndef REQUEST_OBSERVE_H
#define REQUEST_OBSERVE_H

#include <jansson.h>

#include "base/refusal.h"
#include "model/islands.h"

struct rules;

struct observe_request {
    struct islands nodes; /* one island, checked; owned */
};

void observe_request_done(struct observe_request *request);

/* `words` ("a,b" or names) up to the NULL. Both return 0 and *ret, to be ended with observe_request_done(); or -EINVAL.
 */
int observe_request_from_words(const char *const *words, struct observe_request *ret, struct refusal *refusal);
int observe_request_from_document(const json_t *document, struct observe_request *ret, struct refusal *refusal);

json_t *observe_request_to_document(const struct observe_request *request);

/* Those that were declared: [names]. */
json_t *observers_to_document(const struct rules *rules);

#endif
