/* SPDX-License-Identifier: MIT */
/*
 * Who may use the control API. A browser on this machine can be made to send requests here by any web page it shows;
 * what tells those apart: a page from elsewhere has another Origin, one that lets its own name resolve to this machine
 * (DNS rebinding) has a foreign Host, and neither can send JSON without asking first, which we never allow.
 */
#ifndef CONTROL_GUARD_H
#define CONTROL_GUARD_H

#include <stdbool.h>

struct refusal;

/* What counts of a request; a header that was not there is NULL. */
struct guard_request {
    bool local; /* the peer is on this machine */
    bool has_body;
    const char *host;
    const char *origin;
    const char *content_type;
};

/* Is that the type of a document in JSON, or in terms? Parameters ("; charset=...") do not count; NULL: no. */
bool guard_is_type(const char *type, const char *wanted);

/* Is the type one of those in the list ("text/html, text/plain;q=0.8")? By its name: text/... and NULL are not. */
bool guard_accepts(const char *list, const char *wanted);

/* Returns HTTP_OK; or another HTTP status, and the refusal. */
unsigned guard_check(const struct guard_request *request, struct refusal *refusal);

#endif
