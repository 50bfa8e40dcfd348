/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <string.h>

#include "control/turns.h"
#include "loop/loop.h"

static struct loop *loop;
static struct turns turns;
static struct alarm *clock_; /* comes once a turn, and stops the loop when nobody waits */
static char said[64]; /* who had a turn: 'a' to 'c', or 'A' to 'C' when there were no more; '.' is a turn of the loop */

struct one {
    struct turn turn;
    char name;
    int more; /* turns that it wants */
} ones[3];

static void say(char what)
{
    size_t len = strlen(said);

    assert_true(len + 1 < sizeof(said));
    said[len] = what;
}

static void on_turn(void *data, bool over)
{
    struct one *one = data;

    say((char)(one->name - (over ? 'a' - 'A' : 0)));
    if (one->more-- > 0)
        assert_true(turns_wait(&turns, &one->turn) == !over);
}

static void tick(void *data)
{
    (void)data;
    say('.');
    if (turns.first)
        alarm_set(clock_, 0);
    else
        loop_stop(loop);
}

static int begin(void **state)
{
    (void)state;
    loop = loop_new();
    turns_init(&turns, loop);
    clock_ = alarm_new(loop, tick, NULL);
    memset(said, 0, sizeof(said));
    for (int i = 0; i < 3; i++) {
        ones[i] = (struct one){.turn = {.fn = on_turn}, .name = (char)('a' + i)};
        ones[i].turn.data = &ones[i];
    }
    return 0;
}

static int end(void **state)
{
    (void)state;
    turns_done(&turns);
    alarm_free(clock_);
    loop_free(loop);
    return 0;
}

static void one_has_its_turn(void **state)
{
    (void)state;
    ones[0].more = 2;
    ones[1].more = 1;
    for (int i = 0; i < 3; i++)
        assert_true(turns_wait(&turns, &ones[i].turn));
    alarm_set(clock_, 0);
    loop_run(loop);
    assert_string_equal(said, "a.b.c.a.b.a.");
}

static void whoever_leaves_has_none(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++)
        assert_true(turns_wait(&turns, &ones[i].turn));
    turns_leave(&turns, &ones[0].turn);
    turns_leave(&turns, &ones[2].turn);
    turns_leave(&turns, &ones[2].turn);
    alarm_set(clock_, 0);
    loop_run(loop);
    assert_string_equal(said, "b.");
}

static void at_the_end_all_are_told(void **state)
{
    (void)state;
    ones[1].more = 1;
    for (int i = 0; i < 3; i++)
        assert_true(turns_wait(&turns, &ones[i].turn));
    turns_end(&turns);
    assert_string_equal(said, "ABC");
    assert_false(turns_wait(&turns, &ones[0].turn));
}

#define IN_TURNS(name) cmocka_unit_test_setup_teardown(name, begin, end)

RUN(IN_TURNS(one_has_its_turn), IN_TURNS(whoever_leaves_has_none), IN_TURNS(at_the_end_all_are_told))
