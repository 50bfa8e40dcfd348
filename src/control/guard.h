/* SPDX-License-Identifier: MIT */
/*
 * Who may use the control API. A browser on this machine can be made to send requests here by any web page it shows;
 * what tells those apart: a page from elsewhere has another Origin, one that lets its own name resolve to this machine
 * (DNS rebinding) has a foreign Host, and neither can send JSON without asking first, which we never allow.
 *
 * Who comes by a Unix socket is no web page, and may be who may open that file. Who comes by an address may be anybody,
 * and has to know a token, which no web page does: so these may call the daemon's host what they like.
 */
#ifndef CONTROL_GUARD_H
#define CONTROL_GUARD_H

#include <stdbool.h>

#include "control/way.h"

struct refusal;

/* What counts of a request; a header that was not there is NULL. */
struct guard_request {
    enum way way;
    const char *token;    /* that whoever comes by an address must say */
    bool local;           /* the peer is on this machine */
    const char *repeated; /* one of these headers that is there more than once, or NULL */
    const char *host;
    const char *origin;
    const char *authorization;
    bool has_body;
    const char *content_type;
};

/* Is that the type of a document in JSON, or in terms? Parameters ("; charset=...") do not count; NULL: no. */
bool guard_is_type(const char *type, const char *wanted);

/* Is the type one of those in the list ("text/html, text/plain;q=0.8")? By its name: text/... and NULL are not. */
bool guard_accepts(const char *list, const char *wanted);

/* Returns HTTP_OK; or another HTTP status, and the refusal. */
unsigned guard_check(const struct guard_request *request, struct refusal *refusal);

#endif
