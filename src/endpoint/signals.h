/* SPDX-License-Identifier: MIT */
/*
 * What a node's message means to us. There are three names here: `epmdpxy`, a server that is asked by gen_server:call/2
 * with {Function, Argument, ...}; `rex`, for rpc:block_call/4; and `net_kernel`, which net_adm:ping/1 asks.
 */
#ifndef ENDPOINT_SIGNALS_H
#define ENDPOINT_SIGNALS_H

#include "base/text.h"

struct distribution_message;
struct process;
struct process_home;

enum signal_verdict {
    SIGNAL_DONE,   /* what there was to say is said */
    SIGNAL_RUN,    /* *ret has to be run, and answered */
    SIGNAL_CANCEL, /* nobody wants to hear of the process with ret->tag (a reference) any more */
    SIGNAL_DOWN,   /* a process that we monitor under ret->tag (a reference) has ended */
    SIGNAL_EXIT,   /* ret->owner (a pid) has ended, and so do those that are linked to it */
};

/* Adds to `to` what is answered at once. */
enum signal_verdict signal_take(const struct distribution_message *message, struct process_home *home,
                                struct process *ret, struct text *to);

#endif
