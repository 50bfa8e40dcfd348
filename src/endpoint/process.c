/* SPDX-License-Identifier: MIT */
#include "endpoint/process.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "endpoint/saying.h"
#include "request/terms.h"
#include "wire/distribution.h"

static uint8_t *keep(struct term *term, uint8_t *to)
{
    if (term->len > 0)
        memcpy(to, term->bytes, term->len);
    term->bytes = to;
    return to + term->len;
}

void process_keep(struct process *process)
{
    process->kept = mem_new(process->owner.len + process->tag.len + process->result.len);
    keep(&process->result, keep(&process->tag, keep(&process->owner, process->kept)));
}

void process_done(struct process *process)
{
    free(process->kept);
    process->kept = NULL;
}

void process_add_pid(struct text *to, const struct process_home *home, uint32_t id)
{
    uint8_t bytes[1 + 12], *end;

    bytes[0] = TERM_NEW_PID;
    text_add(to, bytes, 1);
    terms_add_atom(to, home->node);
    end = bytes_put_u32(bytes_put_u32(bytes_put_u32(bytes + 1, id), 0), home->creation);
    text_add(to, bytes + 1, (size_t)(end - bytes - 1));
}

/* ---- what is said ---- */

/* [{Module, Function, Args or their number, []}] */
static void add_stack(const struct process *process, struct text *to)
{
    saying_list(to, 1);
    saying_tuple(to, 4);
    saying_term(to, &process->module);
    saying_term(to, &process->function);
    if (process->list.len > 0)
        saying_term(to, &process->list);
    else
        saying_integer(to, process->count);
    saying_nil(to);
    saying_nil(to);
}

static void add_reason(const struct functions_answer *answer, struct text *to)
{
    if (answer->verdict == FUNCTIONS_UNDEF)
        terms_add_atom(to, "undef");
    else
        text_add(to, answer->term.data, answer->term.len);
}

static void add_reason_and_stack(const struct process *process, const struct functions_answer *answer, struct text *to)
{
    saying_tuple(to, 2);
    add_reason(answer, to);
    add_stack(process, to);
}

/* {Result, return, Value} or {Result, error, Reason, Stack}: what the module erpc makes of it. */
static void add_erpc_reason(const struct process *process, const struct functions_answer *answer, struct text *to)
{
    bool returns = answer->verdict == FUNCTIONS_RETURNS;

    saying_tuple(to, returns ? 3 : 4);
    saying_term(to, &process->result);
    terms_add_atom(to, returns ? "return" : "error");
    add_reason(answer, to);
    if (!returns)
        add_stack(process, to);
}

static void add_exit_reason(const struct process *process, const struct functions_answer *answer, struct text *to)
{
    if (process->form == PROCESS_ERPC)
        add_erpc_reason(process, answer, to);
    else if (answer->verdict == FUNCTIONS_RETURNS)
        terms_add_atom(to, "normal");
    else
        add_reason_and_stack(process, answer, to);
}

static void say_exit(const struct process *process, const struct process_home *home,
                     const struct functions_answer *answer, struct text *to)
{
    size_t frame;

    if (process->watched) {
        frame = saying_frame(to);
        saying_tuple(to, 5);
        saying_integer(to, DISTRIBUTION_MONITOR_P_EXIT);
        process_add_pid(to, home, process->id);
        saying_term(to, &process->owner);
        saying_term(to, &process->tag);
        add_exit_reason(process, answer, to);
        saying_end(to, frame);
    }
    if (process->linked) {
        frame = saying_frame(to);
        saying_tuple(to, 4);
        saying_integer(to, DISTRIBUTION_EXIT);
        process_add_pid(to, home, process->id);
        saying_term(to, &process->owner);
        add_exit_reason(process, answer, to);
        saying_end(to, frame);
    }
}

/* {Tag, Reply}, sent to the owner. */
static void say_reply(const struct process *process, const struct functions_answer *answer, struct text *to)
{
    size_t frame = saying_frame(to);

    saying_tuple(to, 3);
    saying_integer(to, DISTRIBUTION_SEND);
    terms_add_atom(to, "");
    saying_term(to, &process->owner);
    saying_message(to);
    saying_tuple(to, 2);
    saying_term(to, &process->tag);
    if (answer->verdict == FUNCTIONS_RETURNS) {
        add_reason(answer, to);
    } else {
        saying_tuple(to, 2);
        terms_add_atom(to, "badrpc");
        saying_tuple(to, 2);
        terms_add_atom(to, "EXIT");
        add_reason_and_stack(process, answer, to);
    }
    saying_end(to, frame);
}

/* A tag is a reference, or (from OTP 24 on) [alias | Reference]. False: whoever called does not watch. */
static bool reference_of(const struct process *process, struct term *ret)
{
    *ret = process->tag;
    return term_is_reference(ret) || (term_tail(&process->tag, ret) && term_is_reference(ret));
}

bool process_is_heard(const struct process *process)
{
    return process->form != PROCESS_SILENT && (process->form != PROCESS_SPAWNED || process->linked || process->watched);
}

bool process_is_watched_by(const struct process *process, const struct term *reference)
{
    struct term own;

    return reference_of(process, &own) && term_same(&own, reference);
}

bool process_is_linked_to(const struct process *process, const struct term *owner)
{
    return process->linked && term_same(&process->owner, owner);
}

/* The server has crashed over it, for whoever asked: it is monitored by its name under the tag's own reference. */
static void say_crash(const struct process *process, const struct functions_answer *answer, struct text *to)
{
    struct term reference;
    size_t frame;

    if (!reference_of(process, &reference))
        return;
    frame = saying_frame(to);
    saying_tuple(to, 5);
    saying_integer(to, DISTRIBUTION_MONITOR_P_EXIT);
    terms_add_atom(to, FUNCTIONS_MODULE);
    saying_term(to, &process->owner);
    saying_term(to, &reference);
    add_reason_and_stack(process, answer, to);
    saying_end(to, frame);
}

void process_answer(const struct process *process, const struct process_home *home, struct functions_answer *answer,
                    struct text *to)
{
    switch (process->form) {
    case PROCESS_SILENT:
        break;
    case PROCESS_SPAWNED:
    case PROCESS_ERPC:
        say_exit(process, home, answer, to);
        break;
    case PROCESS_SERVER:
        if (answer->verdict == FUNCTIONS_RETURNS)
            say_reply(process, answer, to);
        else
            say_crash(process, answer, to);
        break;
    case PROCESS_REX:
        say_reply(process, answer, to);
        break;
    }
    text_done(&answer->term);
}
