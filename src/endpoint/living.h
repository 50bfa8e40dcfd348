/* SPDX-License-Identifier: MIT */
/*
 * Processes of one caller (endpoint/process.h) that live longer than their call: they wait for a condition, or what
 * they return may be long, and is made in pieces (control/pieces.h), of which all callers together have one a turn. It
 * is put together first, as a frame has its length in front.
 *
 * Those that wait keep nobody waiting. Of the long answers of a caller one is made at a time, and none as long as the
 * one before has not been taken; meanwhile its frames are read, and answered.
 */
#ifndef ENDPOINT_LIVING_H
#define ENDPOINT_LIVING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"
#include "control/turns.h"

#define LIVING_LONG_MAX 16                      /* of a caller; nothing is read from it before one is done */
#define LIVING_BYTES_MAX (16 * 1024 * 1024)     /* of a long answer; else it is refused */
#define LIVING_ALL_BYTES_MAX (64 * 1024 * 1024) /* of all that callers have not taken yet */

struct callers;
struct functions_answer;
struct lasting;
struct process;
struct term;

struct living {
    struct callers *callers;
    void (*fn)(void *data);
    void *data;
    struct turn turn;
    struct lasting *all;
    size_t long_count;
};

/* `fn`: there is something to say. Whoever hears of it does not say it from inside of that. */
void living_init(struct living *living, struct callers *callers, void (*fn)(void *data), void *data);
void living_done(struct living *living); /* all of them are ended */

/* One whose function waits or lasts. Takes over what the answer has. */
void living_add(struct living *living, const struct process *process, struct functions_answer *answer);

bool living_is_full(const struct living *living);

/* What one of them has to say, which is over with that; `to` is empty. False: nothing now. */
bool living_say(struct living *living, struct text *to);

/* Those for which that holds are ended: nobody wants to hear of them any more. */
void living_end(struct living *living, bool (*ends)(const struct process *process, const struct term *term),
                const struct term *term);

#endif
