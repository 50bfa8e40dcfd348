/* SPDX-License-Identifier: MIT */
#include "endpoint/living.h"

#include <errno.h>
#include <stdlib.h>

#include <utlist.h>

#include "base/memory.h"
#include "base/refusal.h"
#include "control/pieces.h"
#include "endpoint/caller.h"
#include "endpoint/callers.h"
#include "endpoint/functions.h"
#include "endpoint/process.h"
#include "endpoint/saying.h"
#include "service/waits.h"

struct lasting {
    struct living *living;
    struct process process;
    struct wait *wait; /* for that condition; NULL: it does not wait */
    enum condition_kind kind;
    struct pieces *pieces; /* of a long answer; NULL: it is none */
    struct text frame;     /* what there is to say ... */
    size_t from;           /* ... and of a long answer where that begins */
    bool over;             /* all of that is there */
    struct lasting *prev, *next;
};

/* ---- coming and going ---- */

static void end(struct lasting *lasting)
{
    struct living *living = lasting->living;

    DL_DELETE(living->all, lasting);
    if (lasting->wait)
        wait_cancel(lasting->wait);
    if (lasting->pieces) {
        living->long_count--;
        lasting->pieces->free(lasting->pieces);
    }
    text_done(&lasting->frame);
    process_done(&lasting->process);
    free(lasting);
}

void living_done(struct living *living)
{
    while (living->all)
        end(living->all);
    turns_leave(&living->callers->turns, &living->turn);
}

bool living_is_full(const struct living *living)
{
    return living->long_count >= LIVING_LONG_MAX;
}

static void be_over(struct lasting *lasting)
{
    lasting->over = true;
    lasting->living->fn(lasting->living->data);
}

/* ---- long answers ---- */

static struct lasting *first_long(const struct living *living)
{
    struct lasting *lasting = living->all;

    while (lasting && !lasting->pieces)
        lasting = lasting->next;
    return lasting;
}

/* The first of them, unless it waits for being taken. */
static void want_turn(struct living *living)
{
    const struct lasting *lasting = first_long(living);

    if (lasting && !lasting->over && !living->turn.waits)
        turns_wait(&living->callers->turns, &living->turn);
}

/* Of a caller there is one that it takes, and one that is made. */
static size_t bytes_of_all(const struct callers *callers)
{
    const struct caller *caller;
    size_t bytes = 0;

    DL_FOREACH(callers->all, caller) {
        const struct lasting *lasting = first_long(&caller->living);

        bytes += caller->out.len + (lasting ? lasting->frame.len : 0);
    }
    return bytes;
}

/* Returns whether the answer is too long, and why. */
static bool is_too_long(const struct lasting *lasting, struct refusal *refusal)
{
    if (lasting->frame.len - lasting->from > LIVING_BYTES_MAX)
        refuse_as(refusal, -ENOSPC, NULL,
                  "the answer has more than %d MiB; ask over HTTP, or for less (GET /v1/cables?node=NAME)",
                  LIVING_BYTES_MAX >> 20);
    else if (bytes_of_all(lasting->living->callers) > LIVING_ALL_BYTES_MAX)
        refuse_as(refusal, -EBUSY, NULL,
                  "answers of more than %d MiB wait for being taken by their nodes; ask again later",
                  LIVING_ALL_BYTES_MAX >> 20);
    else
        return false;
    return true;
}

/* Begins the frame, of which what is returned is the end. */
static void begin_frame(struct lasting *lasting, struct functions_answer *answer)
{
    struct process once = lasting->process;
    size_t len = answer->term.len;

    if (once.watched)
        once.linked = false;
    answer->verdict = FUNCTIONS_RETURNS;
    process_answer(&once, &lasting->living->callers->home, answer, &lasting->frame);
    lasting->from = lasting->frame.len - len;
}

/* Its length is known now; and so is what whoever is linked as well gets. */
static void end_frame(struct lasting *lasting)
{
    struct functions_answer answer = {.verdict = FUNCTIONS_RETURNS};
    struct process once = lasting->process;

    saying_end(&lasting->frame, 0);
    if (!once.watched || !once.linked)
        return;
    once.watched = false;
    text_add(&answer.term, lasting->frame.data + lasting->from, lasting->frame.len - lasting->from);
    process_answer(&once, &lasting->living->callers->home, &answer, &lasting->frame);
}

static void on_turn(void *data, bool over)
{
    struct living *living = data;
    struct lasting *lasting = first_long(living);
    struct refusal refusal;
    bool more;

    (void)over; /* callers leave before that */
    if (!lasting || lasting->over)
        return; /* the one that was made has been ended */
    more = lasting->pieces->make(lasting->pieces, &lasting->frame);
    if (is_too_long(lasting, &refusal)) {
        lasting->frame.len = lasting->from;
        functions_refused(&refusal, &lasting->frame);
        more = false;
    }
    if (more) {
        want_turn(living);
        return;
    }
    end_frame(lasting);
    be_over(lasting);
}

static void begin_long(struct lasting *lasting, struct functions_answer *answer)
{
    struct living *living = lasting->living;

    lasting->pieces = answer->pieces;
    living->long_count++;
    begin_frame(lasting, answer);
    want_turn(living);
}

/* ---- waiting ---- */

static void on_wait_over(void *data, const struct refusal *refusal, uint64_t event)
{
    struct lasting *lasting = data;
    struct functions_answer answer = {.verdict = FUNCTIONS_RETURNS};
    const struct callers *callers = lasting->living->callers;

    lasting->wait = NULL;
    functions_waited(callers->api, lasting->kind, refusal, event, &answer.term);
    process_answer(&lasting->process, &callers->home, &answer, &lasting->frame);
    be_over(lasting);
}

static void begin_waiting(struct lasting *lasting, struct functions_answer *answer)
{
    struct refusal refusal;
    uint64_t event = 0;
    int status;

    lasting->kind = answer->wait.condition.kind;
    status = wait_begin(lasting->living->callers->waits, &answer->wait, on_wait_over, lasting, &lasting->wait, &event,
                        &refusal);
    if (status != -EAGAIN)
        on_wait_over(lasting, status == 0 ? NULL : &refusal, event);
}

/* ---- all of them ---- */

void living_init(struct living *living, struct callers *callers, void (*fn)(void *data), void *data)
{
    *living = (struct living){.callers = callers, .fn = fn, .data = data, .turn = {.fn = on_turn, .data = living}};
}

void living_add(struct living *living, const struct process *process, struct functions_answer *answer)
{
    struct lasting *lasting = mem_new(sizeof(*lasting));

    lasting->living = living;
    lasting->process = *process;
    process_keep(&lasting->process);
    DL_APPEND(living->all, lasting);
    if (answer->verdict == FUNCTIONS_WAITS)
        begin_waiting(lasting, answer);
    else
        begin_long(lasting, answer);
}

bool living_say(struct living *living, struct text *to)
{
    struct lasting *lasting = living->all;

    while (lasting && !lasting->over)
        lasting = lasting->next;
    if (!lasting)
        return false;
    *to = lasting->frame;
    lasting->frame = (struct text){0};
    end(lasting);
    want_turn(living);
    return true;
}

void living_end(struct living *living, bool (*ends)(const struct process *process, const struct term *term),
                const struct term *term)
{
    struct lasting *lasting, *next;

    DL_FOREACH_SAFE(living->all, lasting, next)
        if (ends(&lasting->process, term))
            end(lasting);
    want_turn(living);
}
