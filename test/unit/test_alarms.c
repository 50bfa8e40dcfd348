/* SPDX-License-Identifier: MIT */
/* Alarms for the next turn of a real loop: each turn looks at what is ready, and nobody is called twice in one. */
#include "unit.h"

#include <string.h>
#include <unistd.h>

#include "loop/loop.h"

static struct loop *loop;
static struct alarm *alarms[3];
static char called[32]; /* who, in the order of the calls: '0' to '2', and 'r' for the pipe */

static void note(char who)
{
    size_t len = strlen(called);

    assert_true(len + 1 < sizeof(called));
    called[len] = who;
}

static void on_alarm(void *data)
{
    struct alarm **alarm = data;

    note((char)('0' + (alarm - alarms)));
}

static void set_again(void *data)
{
    on_alarm(data);
    alarm_set(*(struct alarm **)data, 0);
}

static void stop(void *data)
{
    on_alarm(data);
    loop_stop(loop);
}

static void clear_and_free(void *data)
{
    on_alarm(data);
    alarm_clear(alarms[1]);
    alarm_free(alarms[0]);
    alarms[0] = NULL;
}

static int begin(void **state)
{
    (void)state;
    loop = loop_new();
    memset(called, 0, sizeof(called));
    memset(alarms, 0, sizeof(alarms));
    return 0;
}

static int end(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++)
        alarm_free(alarms[i]);
    loop_free(loop);
    return 0;
}

static void set(size_t i, alarm_fn *fn)
{
    alarms[i] = alarm_new(loop, fn, &alarms[i]);
    alarm_set(alarms[i], 0);
}

static void on_readable(void *data, unsigned ready)
{
    (void)data;
    (void)ready;
    note('r');
    loop_stop(loop);
}

/* Turns are counted by an alarm that comes again in each of them. */
static void whoever_sets_itself_again_lets_others_pass(void **state)
{
    int ends[2];
    struct watch *watch;
    (void)state;

    assert_int_equal(pipe(ends), 0);
    watch = watch_new(loop, ends[0], on_readable, NULL);
    assert_int_equal(watch_want(watch, READY_READ), 0);
    assert_int_equal(write(ends[1], "x", 1), 1);
    set(0, set_again);
    loop_run(loop);
    watch_free(watch);
    close(ends[0]);
    close(ends[1]);
    assert_non_null(strchr(called, 'r'));
    assert_true(strlen(called) <= 3);
}

static void in_the_order_in_which_they_were_set(void **state)
{
    (void)state;

    set(2, on_alarm);
    set(0, set_again);
    set(1, stop);
    alarm_set(alarms[2], 0); /* it has its turn already, and keeps it */
    loop_run(loop);
    assert_string_equal(called, "201");
}

static void set_again_for_later_it_does_not_come_now(void **state)
{
    (void)state;

    set(0, on_alarm);
    set(1, stop);
    alarm_set(alarms[0], 100000);
    loop_run(loop);
    assert_string_equal(called, "1");
}

static void cleared_and_freed_inside_a_callback(void **state)
{
    (void)state;

    set(0, clear_and_free);
    set(1, on_alarm);
    set(2, stop);
    loop_run(loop);
    assert_string_equal(called, "02");
}

#define IN_A_LOOP(name) cmocka_unit_test_setup_teardown(name, begin, end)

RUN(IN_A_LOOP(whoever_sets_itself_again_lets_others_pass), IN_A_LOOP(in_the_order_in_which_they_were_set),
    IN_A_LOOP(set_again_for_later_it_does_not_come_now), IN_A_LOOP(cleared_and_freed_inside_a_callback))
