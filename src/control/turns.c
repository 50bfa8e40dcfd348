/* SPDX-License-Identifier: MIT */
#include "control/turns.h"

#include <assert.h>

#include <utlist.h>

#include "loop/loop.h"

static void on_turn(void *data)
{
    struct turns *turns = data;
    struct turn *turn = turns->first;

    if (turn->next)
        alarm_set(turns->alarm, 0);
    turns_leave(turns, turn);
    turn->fn(turn->data, false);
}

void turns_init(struct turns *turns, struct loop *loop)
{
    *turns = (struct turns){0};
    turns->alarm = alarm_new(loop, on_turn, turns);
}

void turns_end(struct turns *turns)
{
    turns->over = true;
    while (turns->first) {
        struct turn *turn = turns->first;

        turns_leave(turns, turn);
        turn->fn(turn->data, true);
    }
}

void turns_done(struct turns *turns)
{
    assert(!turns->first);
    alarm_free(turns->alarm);
}

bool turns_wait(struct turns *turns, struct turn *turn)
{
    assert(!turn->waits);
    if (turns->over)
        return false;
    turn->waits = true;
    DL_APPEND(turns->first, turn);
    alarm_set(turns->alarm, 0);
    return true;
}

void turns_leave(struct turns *turns, struct turn *turn)
{
    if (!turn->waits)
        return;
    turn->waits = false;
    DL_DELETE(turns->first, turn);
    if (!turns->first)
        alarm_clear(turns->alarm);
}
