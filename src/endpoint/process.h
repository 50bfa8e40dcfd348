/* SPDX-License-Identifier: MIT */
/*
 * What a node takes for a process of ours: one function that it has called, and the way in which it hears what came of
 * it. It is over as soon as it is answered; only some live longer (endpoint/living.h).
 */
#ifndef ENDPOINT_PROCESS_H
#define ENDPOINT_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "endpoint/functions.h"
#include "wire/term.h"

enum process_form {
    PROCESS_SILENT,  /* a cast: nobody hears of it */
    PROCESS_SPAWNED, /* by spawn/4: exits as it ends */
    PROCESS_ERPC,    /* by erpc:call/4 and so rpc:call/4: its exit reason is the answer */
    PROCESS_SERVER,  /* gen_server:call/2: a reply; an error ends the server, as whoever called it sees */
    PROCESS_REX,     /* rpc:block_call/4, and rpc:call/4 before OTP 23: a reply, an error as {badrpc, ...} */
};

/* As processes of ours are named. */
struct process_home {
    const char *node; /* our full name */
    uint32_t creation;
    uint32_t last_id;
};

/* The terms point into a frame, until process_keep(). */
struct process {
    enum process_form form;
    uint32_t id;          /* of its pid, when it has one */
    bool linked, watched; /* by its owner: hears of its exit */
    struct term owner;    /* a pid */
    struct term tag;      /* spawned: the request's reference; called: what the reply begins with */
    struct term result;   /* PROCESS_ERPC: what the answer begins with */

    struct term module, function;
    struct term list; /* the arguments as they came; none when they are elements of a tuple */
    struct term args[FUNCTIONS_ARITY_MAX];
    int count; /* of the arguments; -1: they are no list */
    uint8_t room[FUNCTIONS_ARITY_MAX][2];
    uint8_t *kept;
};

/* Makes owner, tag and result its own; there is no function any more. To be ended then. */
void process_keep(struct process *process);
void process_done(struct process *process);

/*
 * It has ended, so: whoever is to hear of it does. The answer's term is released. What a function returns stands at the
 * end of a frame (one who is linked and watches as well gets two).
 */
void process_answer(const struct process *process, const struct process_home *home, struct functions_answer *answer,
                    struct text *to);

/* Does anybody hear how it ends? One that nobody would hear of need not wait for anything. */
bool process_is_heard(const struct process *process);

/* Is that the reference under which its owner watches it, and which tells that it does so no longer? */
bool process_is_watched_by(const struct process *process, const struct term *reference);

/* Is it linked to that pid? */
bool process_is_linked_to(const struct process *process, const struct term *owner);

/* A pid of ours. */
void process_add_pid(struct text *to, const struct process_home *home, uint32_t id);

#endif
