/* SPDX-License-Identifier: MIT */
/*
 * wait: for a condition, and how long. Its document is the query of GET /v1/wait: texts.
 */
#ifndef REQUEST_WAIT_H
#define REQUEST_WAIT_H

#include <stdint.h>

#include "base/refusal.h"
#include "model/conditions.h"

#define WAIT_TIMEOUT_DEFAULT_US UINT64_C(30000000)
#define WAIT_TIMEOUT_MAX_US UINT64_C(3600000000)

struct wait_request {
    char *text; /* "connected a,b c"; owned */
    struct condition condition;
    uint64_t timeout_us; /* 0: only look */
};

void wait_request_done(struct wait_request *request);

/*
 * From the words of a condition, up to the NULL; or from its text and that of the timeout (NULL: the default). `after`:
 * the number of the event behind which one is waited for; NULL: behind the newest. Both return 0 and *ret, to be ended
 * with wait_request_done(); or -EINVAL.
 */
int wait_request_from_words(const char *const *words, uint64_t timeout_us, const char *after, struct wait_request *ret,
                            struct refusal *refusal);
int wait_request_from_texts(const char *condition, const char *timeout, const char *after, struct wait_request *ret,
                            struct refusal *refusal);

#endif
