/* SPDX-License-Identifier: MIT */
/*
 * A call of a function, while it is done: its arguments, what it asks of the API, and what it says.
 */
#ifndef ENDPOINT_CALL_H
#define ENDPOINT_CALL_H

#include <jansson.h>
#include <stdbool.h>

#include "base/text.h"
#include "control/api.h"
#include "endpoint/functions.h"
#include "wire/term.h"

enum outcome {
    SAID,    /* call->said */
    BADARG,  /* the arguments are none of this function's */
    REFUSED, /* call->answer */
    WAITS,   /* call->answer.wait */
    LASTS,   /* call->said, and behind it call->answer.pieces */
};

struct call;
typedef enum outcome function_fn(struct call *call);

struct function {
    const char *name;
    int arity;
    function_fn *fn;
    const char *word; /* a mode or a topology of the cut; the part of the answer that is returned */
    bool raises;      /* what is refused; else it returns {error, Reason} */
    const char *args, *help;
};

struct call {
    const struct api *api;
    const struct function *function;
    json_t *args[FUNCTIONS_ARITY_MAX];
    struct api_answer answer; /* of the last request */
    struct term pid;          /* of the caller's, that is to own the rules that it makes; len 0: none was named */
    struct lease *owner;      /* that process; NULL without one */
    json_t *unknown;          /* names that nobody has, for which it was not made; or NULL */
    struct text said;

    /* Of a request's query; NULL: not given. */
    const char *condition, *timeout, *after;
};

/* An argument is none that can be: badarg, unless call->answer has more to say. */
enum outcome call_wrong(struct call *call);

/*
 * Takes the document over, which may be NULL. Returns the answer's, the caller's to release; or NULL, and call->answer
 * has pieces, the caller's too, or it or call->unknown says why not.
 *
 * "strict" is meant as the Erlang client means it: names that nobody has are refused. (The API's own refuses also one
 * whose host is not known yet.)
 */
json_t *call_ask(struct call *call, const char *method, const char *path, json_t *document);

#endif
