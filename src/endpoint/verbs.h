/* SPDX-License-Identifier: MIT */
/*
 * What the functions do, a verb each: from arguments to a request, and from its answer to what is returned. Several
 * functions share a verb, and differ in a word.
 */
#ifndef ENDPOINT_VERBS_H
#define ENDPOINT_VERBS_H

#include <jansson.h>
#include <stdbool.h>

#include "base/text.h"
#include "control/api.h"
#include "endpoint/functions.h"

enum outcome {
    SAID,    /* call->said */
    BADARG,  /* the arguments are none of this function's */
    REFUSED, /* call->answer */
    WAITS,   /* call->answer.wait */
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
    struct text said;

    /* Of a request's query; NULL: not given. */
    const char *condition, *timeout, *after;
};

/* The arguments are as many as the function has. */
function_fn verb_cut;
function_fn verb_block;
function_fn verb_allow;
function_fn verb_fix;
function_fn verb_topology;
function_fn verb_topology_of_node;
function_fn verb_partition;
function_fn verb_fault;
function_fn verb_remove;
function_fn verb_clear;
function_fn verb_effect;
function_fn verb_rules;
function_fn verb_kinds;
function_fn verb_status;
function_fn verb_events;
function_fn verb_mark;
function_fn verb_observer;
function_fn verb_lease;
function_fn verb_await;

#endif
