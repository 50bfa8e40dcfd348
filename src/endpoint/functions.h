/* SPDX-License-Identifier: MIT */
/*
 * The functions of the module `epmdpxy` as a node calls them here: one row each. Arguments become a request's document,
 * the API's own resource does it (control/routes.h), and its answer becomes a term, as the Erlang client of that name
 * (clients/erlang) gives it.
 */
#ifndef ENDPOINT_FUNCTIONS_H
#define ENDPOINT_FUNCTIONS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "request/wait.h"
#include "wire/term.h"

#define FUNCTIONS_MODULE "epmdpxy"
#define FUNCTIONS_ARITY_MAX 3

struct api;
struct lease;
struct pieces;
struct refusal;

enum functions_verdict {
    FUNCTIONS_RETURNS,
    FUNCTIONS_RAISES, /* an error */
    FUNCTIONS_UNDEF,  /* there is no such function, or no such module */
    FUNCTIONS_WAITS,  /* for a condition; the answer comes later */
    FUNCTIONS_LASTS,  /* it returns what is long, and made in pieces */
};

struct functions_answer {
    enum functions_verdict verdict;
    const char *name;         /* of the function; NULL with FUNCTIONS_UNDEF */
    struct term pid;          /* of a process that owns rules, as it came; len 0: there is none, nor: */
    struct lease *owner;      /* the caller's */
    struct text term;         /* what it returns or raises, without a version; the caller's */
    struct pieces *pieces;    /* what stands behind that; the caller's; or NULL */
    struct wait_request wait; /* the caller's */
};

/* A process of `node` calls module:function(...). Of the `count` arguments FUNCTIONS_ARITY_MAX are there; no function
 * has more. */
void functions_call(const struct api *api, const char *node, const struct term *module, const struct term *function,
                    const struct term *args, int count, struct functions_answer *ret);

/*
 * What the function returns that has waited for such a condition; refusal NULL: it holds. `event`: the number of the
 * one that was waited for, or 0.
 */
void functions_waited(const struct api *api, enum condition_kind kind, const struct refusal *refusal, uint64_t event,
                      struct text *to);

/* For one that waits or lasts: it need not. It returns at once. */
void functions_drop(struct functions_answer *answer);

/* {error, {refused, Status, Text}} */
void functions_refused(const struct refusal *refusal, struct text *to);

#endif
