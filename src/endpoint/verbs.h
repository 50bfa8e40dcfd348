/* SPDX-License-Identifier: MIT */
/*
 * What the functions do, a verb each: from arguments to a request, and from its answer to what is returned. Several
 * functions share a verb, and differ in a word.
 */
#ifndef ENDPOINT_VERBS_H
#define ENDPOINT_VERBS_H

#include "endpoint/call.h"

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
