/* SPDX-License-Identifier: MIT */
#include "endpoint/signals.h"

#include <string.h>

#include "endpoint/functions.h"
#include "endpoint/process.h"
#include "endpoint/saying.h"
#include "request/terms.h"
#include "wire/distribution.h"

/* Of a spawn reply's flags. */
#define SPAWNED_LINKED 1
#define SPAWNED_WATCHED 2

static const char module_atom[] = {TERM_SMALL_ATOM_UTF8, 7, 'e', 'p', 'm', 'd', 'p', 'x', 'y'};

static bool is_name_of_ours(const struct term *target)
{
    return term_is_atom(target, FUNCTIONS_MODULE) || term_is_atom(target, "rex") || term_is_atom(target, "net_kernel");
}

/* {Operation, a, b, c, noproc}; without a reference {Operation, a, b, noproc}. */
static void say_noproc(enum distribution_operation operation, const struct term *from, const struct term *to_whom,
                       const struct term *reference, struct text *to)
{
    size_t frame = saying_frame(to);

    saying_tuple(to, reference ? 5 : 4);
    saying_integer(to, operation);
    saying_term(to, from);
    saying_term(to, to_whom);
    if (reference)
        saying_term(to, reference);
    terms_add_atom(to, "noproc");
    saying_end(to, frame);
}

static void say_unlinked(const struct term *control, struct text *to)
{
    size_t frame = saying_frame(to);

    saying_tuple(to, 4);
    saying_integer(to, DISTRIBUTION_UNLINK_ID_ACK);
    saying_term(to, &control[1]);
    saying_term(to, &control[3]);
    saying_term(to, &control[2]);
    saying_end(to, frame);
}

/* ---- messages to names ---- */

static void set_args(struct process *process, const struct term *list)
{
    process->list = *list;
    process->count = term_list(list, process->args, process->room, FUNCTIONS_ARITY_MAX);
}

/* {Function, Argument, ...}, or Function alone. */
static void read_request(const struct term *request, struct process *process)
{
    struct term elements[1 + FUNCTIONS_ARITY_MAX];
    int arity = term_tuple(request, elements, 1 + FUNCTIONS_ARITY_MAX);

    process->module = (struct term){(const uint8_t *)module_atom, sizeof(module_atom)};
    process->function = arity > 0 ? elements[0] : *request;
    process->count = arity > 0 ? arity - 1 : 0;
    for (int i = 0; i < process->count && i < FUNCTIONS_ARITY_MAX; i++)
        process->args[i] = elements[1 + i];
}

/* {block_call, M, F, A, GroupLeader}; before OTP 23 rpc:call/4 sends the same with `call`, rpc:cast/4 with `cast`. */
static bool read_rex(const struct term *request, struct process *process)
{
    struct term elements[5];

    if (term_tuple(request, elements, 5) != 5 ||
        !(term_is_atom(&elements[0], "block_call") || term_is_atom(&elements[0], "call") ||
          term_is_atom(&elements[0], "cast")))
        return false;
    process->module = elements[1];
    process->function = elements[2];
    set_args(process, &elements[3]);
    return true;
}

static void say_value(const struct process *process, const char *atom, struct text *to)
{
    struct functions_answer answer = {.verdict = FUNCTIONS_RETURNS};

    terms_add_atom(&answer.term, atom);
    process_answer(process, NULL, &answer, to);
}

/* {'$gen_call', {Pid, Tag}, Request} */
static enum signal_verdict take_call(const struct term *name, const struct term *from, const struct term *request,
                                     struct process *ret, struct text *to)
{
    struct term elements[2];

    if (term_tuple(from, elements, 2) != 2 || !term_is_pid(&elements[0]))
        return SIGNAL_DONE;
    ret->owner = elements[0];
    ret->tag = elements[1];
    if (term_is_atom(name, FUNCTIONS_MODULE)) {
        ret->form = PROCESS_SERVER;
        read_request(request, ret);
        return SIGNAL_RUN;
    }
    ret->form = PROCESS_REX;
    if (term_is_atom(name, "rex"))
        return read_rex(request, ret) ? SIGNAL_RUN : SIGNAL_DONE;
    if (term_is_atom(name, "net_kernel") && term_tuple(request, elements, 2) == 2 &&
        term_is_atom(&elements[0], "is_auth"))
        say_value(ret, "yes", to);
    return SIGNAL_DONE;
}

/* {'$gen_cast', Request} */
static enum signal_verdict take_cast(const struct term *name, const struct term *request, struct process *ret)
{
    ret->form = PROCESS_SILENT;
    if (term_is_atom(name, FUNCTIONS_MODULE)) {
        read_request(request, ret);
        return SIGNAL_RUN;
    }
    return term_is_atom(name, "rex") && read_rex(request, ret) ? SIGNAL_RUN : SIGNAL_DONE;
}

/* {Pid, features_request}: what a node asks that knows rpc of two kinds. */
static void say_features(const struct term *pid, const struct process_home *home, struct text *to)
{
    size_t frame = saying_frame(to);

    saying_tuple(to, 3);
    saying_integer(to, DISTRIBUTION_SEND);
    terms_add_atom(to, "");
    saying_term(to, pid);
    saying_message(to);
    saying_tuple(to, 3);
    terms_add_atom(to, "features_reply");
    terms_add_atom(to, home->node);
    saying_list(to, 1);
    terms_add_atom(to, "erpc");
    saying_nil(to);
    saying_end(to, frame);
}

static enum signal_verdict take_message(const struct term *name, const struct term *message,
                                        const struct process_home *home, struct process *ret, struct text *to)
{
    static const uint8_t rex[] = {TERM_SMALL_ATOM_UTF8, 3, 'r', 'e', 'x'};
    struct term elements[3];
    int arity = term_tuple(message, elements, 3);

    if (arity == 3 && term_is_atom(&elements[0], "$gen_call"))
        return take_call(name, &elements[1], &elements[2], ret, to);
    if (arity == 2 && term_is_atom(&elements[0], "$gen_cast"))
        return take_cast(name, &elements[1], ret);
    if (arity != 2 || !term_is_atom(name, "rex") || !term_is_pid(&elements[0]))
        return SIGNAL_DONE;
    if (term_is_atom(&elements[1], "features_request")) {
        say_features(&elements[0], home, to);
        return SIGNAL_DONE;
    }
    /* {Pid, {call, ...}}, answered by {rex, Result}: ei_rpc() of C nodes, and so erl_call(1) */
    ret->form = PROCESS_REX;
    ret->owner = elements[0];
    ret->tag = (struct term){rex, sizeof(rex)};
    return read_rex(&elements[1], ret) ? SIGNAL_RUN : SIGNAL_DONE;
}

/* ---- spawning ---- */

static bool has_option(const struct term *options, const char *name)
{
    struct term each[8];
    uint8_t room[8][2];
    int count = term_list(options, each, room, 8);

    for (int i = 0; i < count && i < 8; i++)
        if (term_is_atom(&each[i], name))
            return true;
    return false;
}

static void say_spawned(const struct process *process, const struct process_home *home, struct text *to)
{
    size_t frame = saying_frame(to);

    saying_tuple(to, 5);
    saying_integer(to, DISTRIBUTION_SPAWN_REPLY);
    saying_term(to, &process->tag);
    saying_term(to, &process->owner);
    saying_integer(to, (process->linked ? SPAWNED_LINKED : 0) | (process->watched ? SPAWNED_WATCHED : 0));
    process_add_pid(to, home, process->id);
    saying_end(to, frame);
}

/* erpc:execute_call(Result, M, F, A) and erpc:execute_cast(M, F, A) run a function; anything else is one. */
static void read_spawned(const struct term *module, const struct term *function, const struct term *list,
                         struct process *process)
{
    struct term elements[4];
    uint8_t room[4][2];
    int count = term_list(list, elements, room, 4);
    bool erpc = term_is_atom(module, "erpc") && term_tag(list) == TERM_LIST; /* its elements are in the frame */

    process->form = PROCESS_SPAWNED;
    if (erpc && count == 4 && term_is_atom(function, "execute_call")) {
        process->form = PROCESS_ERPC;
        process->result = elements[0];
        process->module = elements[1];
        process->function = elements[2];
        set_args(process, &elements[3]);
    } else if (erpc && count == 3 && term_is_atom(function, "execute_cast")) {
        process->module = elements[0];
        process->function = elements[1];
        set_args(process, &elements[2]);
    } else {
        process->module = *module;
        process->function = *function;
        set_args(process, list);
    }
}

/* {Operation, Request, From, GroupLeader, {Module, Function, Arity}, Options}, and the arguments as the message */
static enum signal_verdict take_spawn(const struct distribution_message *message, struct process_home *home,
                                      struct process *ret, struct text *to)
{
    struct term function[3];

    if (!message->has_message || term_tuple(&message->control[4], function, 3) != 3 ||
        !term_is_pid(&message->control[2]))
        return SIGNAL_DONE;
    ret->tag = message->control[1];
    ret->owner = message->control[2];
    ret->linked = has_option(&message->control[5], "link");
    ret->watched = has_option(&message->control[5], "monitor");
    ret->id = ++home->last_id;
    read_spawned(&function[0], &function[1], &message->message, ret);
    say_spawned(ret, home, to);
    return SIGNAL_RUN;
}

/* ---- all of them ---- */

enum signal_verdict signal_take(const struct distribution_message *message, struct process_home *home,
                                struct process *ret, struct text *to)
{
    const struct term *control = message->control;

    *ret = (struct process){.form = PROCESS_SILENT};
    switch (message->operation) {
    case DISTRIBUTION_LINK: /* from, to: whatever it was, it is over */
        if (message->arity >= 3)
            say_noproc(DISTRIBUTION_EXIT, &control[2], &control[1], NULL, to);
        return SIGNAL_DONE;
    case DISTRIBUTION_MONITOR_P: /* from, to, reference */
        if (message->arity >= 4 && !is_name_of_ours(&control[2]))
            say_noproc(DISTRIBUTION_MONITOR_P_EXIT, &control[2], &control[1], &control[3], to);
        return SIGNAL_DONE;
    case DISTRIBUTION_DEMONITOR_P: /* from, to, reference */
        if (message->arity < 4)
            return SIGNAL_DONE;
        ret->tag = control[3];
        return SIGNAL_CANCEL;
    case DISTRIBUTION_MONITOR_P_EXIT: /* from, to, reference, reason */
        if (message->arity < 5)
            return SIGNAL_DONE;
        ret->tag = control[3];
        return SIGNAL_DOWN;
    case DISTRIBUTION_EXIT: /* from, to, reason */
    case DISTRIBUTION_EXIT_TT:
        if (message->arity < 4)
            return SIGNAL_DONE;
        ret->owner = control[1];
        return SIGNAL_EXIT;
    case DISTRIBUTION_UNLINK_ID: /* id, from, to */
        if (message->arity >= 4)
            say_unlinked(control, to);
        return SIGNAL_DONE;
    case DISTRIBUTION_REG_SEND: /* from, unused, name */
    case DISTRIBUTION_REG_SEND_TT:
        if (message->arity < 4 || !message->has_message)
            return SIGNAL_DONE;
        return take_message(&control[3], &message->message, home, ret, to);
    case DISTRIBUTION_SPAWN_REQUEST:
    case DISTRIBUTION_SPAWN_REQUEST_TT:
        return message->arity >= 6 ? take_spawn(message, home, ret, to) : SIGNAL_DONE;
    }
    return SIGNAL_DONE; /* group leaders, answers to what we never ask */
}
