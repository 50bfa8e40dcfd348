/* SPDX-License-Identifier: MIT */
/*
 * What the control API's parts share: whom they ask, and what a request and its answer are.
 */
#ifndef CONTROL_API_H
#define CONTROL_API_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/refusal.h"
#include "request/events_request.h"
#include "request/wait.h"

struct descriptors;
struct gates;
struct lease;
struct pieces;
struct pipes;
struct service;

/* Whoever puts the daemon together fills it in, and owns what is pointed to. */
struct api {
    struct service *service;
    const struct gates *gates;
    struct descriptors *descriptors;
    int port;
    bool batch;
    const struct pipes *pipes;
    uint64_t seed;
    const char *version;
    const char *node;    /* our own, in full; NULL: there is none */
    uint64_t started_ms; /* on the loop's clock */
    const char *token;   /* that whoever comes by an address must say; NULL: there is no such way */
};

/* A request that the guard let through. */
struct api_request {
    const char *method, *path;
    const char *body; /* len bytes; may be NULL when there are none */
    bool in_terms;    /* the body is a term; else JSON */
    bool wants_terms; /* and so shall be the answer */
    bool for_erlang;  /* a long one shall be a term as Erlang likes it, to be put into another one, and ... */
    const char *part; /* ... that part of it alone; NULL: all of it */
    size_t len;
    json_t *document; /* in place of a body, the caller's: it did not come over HTTP; else NULL */
    const char *(*query)(const void *data, const char *name);               /* "?name=value": the value, or NULL */
    const char *(*other_query)(const void *data, const char *const *known); /* a name that is none of those, or NULL */
    const void *data;

    struct lease **owner; /* of rules that go with the connection, see service/service.h; or NULL, and why: */
    const char *owns_not;

    bool wants_stream;         /* of events, where there is one */
    const char *last_event_id; /* where that was interrupted; or NULL */
};

/* HTTP's own, beside those that stand for a refusal. */
#define HTTP_OK 200
#define HTTP_BAD_REQUEST 400
#define HTTP_UNAUTHORIZED 401 /* who are you? */
#define HTTP_FORBIDDEN 403
#define HTTP_NO_RESOURCE 404
#define HTTP_NO_SUCH_METHOD 405
#define HTTP_TOO_LARGE 413
#define HTTP_NOT_JSON 415
#define HTTP_FOREIGN_HOST 421 /* "misdirected": whoever asked meant another server */

struct api_answer {
    unsigned status;
    json_t *document;             /* with HTTP_OK, unless one of these is there instead; the caller's */
    struct pieces *pieces;        /* of what may be long; the caller's */
    bool waits;                   /* there is no answer before this holds: */
    struct wait_request wait;     /* the caller's */
    bool streams;                 /* it is answered with these events, as they happen: */
    struct events_request events; /* points into the request */
    struct refusal refusal;       /* with any other status */
    char allow[64];               /* with HTTP_NO_SUCH_METHOD: those that there are */
};

#endif
