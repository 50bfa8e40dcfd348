/* SPDX-License-Identifier: MIT */
/*
 * Through a real loop. Most deadlines are set for times long past: all of them are due at once, in an order that shows
 * whether the heap is one, and no test waits for the clock. The guard ends a test whose deadlines do not come.
 */
#include "unit.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/random.h"
#include "loop/deadlines.h"

#define GUARD_MS 20000
#define HOUR_US 3600000000
#define MANY 300

static struct loop *loop;
static struct deadlines *deadlines;
static struct alarm *guard;
static int timer; /* the descriptor of the deadlines */

static struct probe {
    struct deadline deadline;
    uint64_t asked_us;
    int calls;
} probes[MANY];

static struct probe *called[MANY];
static size_t calls, calls_wanted; /* the loop stops at that many */

static void on_guard(void *data)
{
    (void)data;
    fail_msg("only %zu of %zu deadlines have come", calls, calls_wanted);
}

static void on_probe(void *data)
{
    struct probe *probe = data;

    assert_true(loop_clock_us(loop) >= probe->asked_us);
    assert_int_equal(probe->deadline.place, 0);
    assert_true(calls < calls_wanted);
    probe->calls++;
    called[calls++] = probe;
    if (calls == calls_wanted)
        loop_stop(loop);
}

static void set(struct probe *probe, uint64_t at_us)
{
    probe->asked_us = at_us;
    deadline_set(deadlines, &probe->deadline, at_us);
}

static void clear(struct probe *probe)
{
    deadline_clear(deadlines, &probe->deadline);
}

static void run_until(size_t wanted)
{
    calls_wanted = wanted;
    loop_run(loop);
    assert_int_equal(calls, wanted);
}

static int begin(void **state)
{
    (void)state;
    loop = loop_new();
    timer = open("/dev/null", O_RDONLY); /* the next descriptor has the same number */
    close(timer);
    deadlines = deadlines_new(loop);
    assert_non_null(deadlines);
    guard = alarm_new(loop, on_guard, NULL);
    alarm_set(guard, GUARD_MS);
    calls = 0;
    for (size_t i = 0; i < MANY; i++)
        probes[i] = (struct probe){.deadline = {.fn = on_probe, .data = &probes[i]}};
    return 0;
}

static int end(void **state)
{
    (void)state;
    deadlines_free(deadlines);
    alarm_free(guard);
    loop_free(loop);
    return 0;
}

static void assert_in_order(void)
{
    for (size_t i = 1; i < calls; i++)
        assert_true(called[i - 1]->asked_us <= called[i]->asked_us);
}

static void in_order_and_not_early(void **state)
{
    uint64_t now_us = loop_clock_us(loop);
    struct random random;
    (void)state;

    random_seed(&random, 1);
    for (size_t i = 0; i < MANY; i++)
        set(&probes[i], now_us + random_below(&random, 20000));
    run_until(MANY);
    assert_in_order();
}

static void set_moved_and_cleared_at_random(void **state)
{
    struct random random;
    (void)state;

    random_seed(&random, 2);
    for (int round = 0; round < 20; round++) {
        size_t waiting = 0;

        for (int i = 0; i < 2000; i++) {
            struct probe *probe = &probes[random_below(&random, MANY)];

            if (random_below(&random, 3) == 0)
                clear(probe);
            else
                set(probe, 1 + random_below(&random, 500));
        }
        for (size_t i = 0; i < MANY; i++) {
            waiting += probes[i].deadline.place > 0;
            probes[i].calls = probes[i].deadline.place > 0 ? -1 : 0; /* one call brings each to 0 */
        }
        calls = 0;
        run_until(waiting);
        assert_in_order();
        for (size_t i = 0; i < MANY; i++)
            assert_int_equal(probes[i].calls, 0);
    }
}

static void moved_nearer_and_farther(void **state)
{
    uint64_t now_us = loop_clock_us(loop);
    (void)state;

    set(&probes[0], now_us + HOUR_US);
    set(&probes[1], now_us + 1000);
    set(&probes[2], now_us + 2000);
    set(&probes[0], now_us + 3000);
    set(&probes[1], now_us + 4000);
    set(&probes[3], now_us + HOUR_US); /* the timer stays armed for those before */
    run_until(3);
    assert_in_order();
    clear(&probes[3]);
}

static void the_next_comes_when_the_first_is_cleared(void **state)
{
    uint64_t now_us = loop_clock_us(loop);
    (void)state;

    set(&probes[0], now_us + 1000);
    set(&probes[1], now_us + 3000);
    clear(&probes[0]);
    clear(&probes[0]);
    run_until(1);
    assert_ptr_equal(called[0], &probes[1]);

    set(&probes[0], loop_clock_us(loop) + 1000); /* the timer is armed anew after none was left */
    run_until(2);
    assert_ptr_equal(called[1], &probes[0]);
}

static void zero_is_as_soon_as_possible(void **state)
{
    (void)state;

    set(&probes[0], 0);
    run_until(1);
}

static void the_last_time_is_never(void **state)
{
    (void)state;

    set(&probes[0], UINT64_MAX);
    set(&probes[1], loop_clock_us(loop) + 1000);
    run_until(1);
    assert_ptr_equal(called[0], &probes[1]);
    clear(&probes[0]);
}

/*
 * All but the fourth are due in the same turn as the one that does it. The third keeps its place before the fifth; the
 * fourth is new, and has to wait for the next turn.
 */
static void change_the_others(void *data)
{
    (void)data;
    clear(&probes[1]);
    set(&probes[2], loop_clock_us(loop) + 1000);
    set(&probes[3], 3);
    set(&probes[4], 4);
}

static void others_are_changed_inside_a_callback(void **state)
{
    struct deadline changer = {.fn = change_the_others};
    (void)state;

    deadline_set(deadlines, &changer, 1);
    for (size_t i = 1; i <= 3; i++)
        set(&probes[i], 10 + i);
    set(&probes[5], 20);
    run_until(4);
    assert_ptr_equal(called[0], &probes[3]);
    assert_ptr_equal(called[1], &probes[5]);
    assert_ptr_equal(called[2], &probes[4]);
    assert_ptr_equal(called[3], &probes[2]);
}

static struct deadline *heaped[2];

static void free_both(void *data)
{
    (void)data;
    deadline_clear(deadlines, heaped[1]);
    free(heaped[1]);
    free(heaped[0]);
}

static void freed_inside_a_callback(void **state)
{
    (void)state;

    for (size_t i = 0; i < 2; i++) {
        heaped[i] = calloc(1, sizeof(*heaped[i]));
        *heaped[i] = (struct deadline){.fn = free_both};
        deadline_set(deadlines, heaped[i], 1 + i);
    }
    set(&probes[0], 3);
    run_until(1);
}

static struct deadline greedy;
static struct alarm *turn;
static int greedy_calls;

static void on_turn(void *data)
{
    (void)data;
    loop_stop(loop);
}

static void set_again(void *data)
{
    (void)data;
    alarm_set(turn, 0);
    assert_true(++greedy_calls < 10); /* once, or a second time if the loop asks the timer before its alarms */
    deadline_set(deadlines, &greedy, 1);
}

static void the_loop_is_not_starved(void **state)
{
    (void)state;

    turn = alarm_new(loop, on_turn, NULL);
    greedy = (struct deadline){.fn = set_again};
    set(&probes[0], 1); /* due as well: it has its call in the first turn, too */
    deadline_set(deadlines, &greedy, 2);
    greedy_calls = 0;
    calls_wanted = 2; /* not reached: on_turn() stops the loop */
    loop_run(loop);
    assert_int_equal(calls, 1);
    deadline_clear(deadlines, &greedy);
    alarm_free(turn);
}

static int ends[2]; /* of a pipe */
static bool heard;

static void on_byte(void *data, unsigned ready)
{
    (void)data;
    (void)ready;
    heard = true;
}

/* Takes longer than all of a turn's deadlines may. */
static void take_long(void *data)
{
    uint64_t until_us = loop_clock_us(loop) + DEADLINES_TURN_US_MAX;
    (void)data;

    assert_int_equal(write(ends[1], "x", 1), 1);
    while (loop_clock_us(loop) < until_us)
        ;
}

static void is_called_behind_the_byte(void *data)
{
    assert_true(heard);
    on_probe(data);
}

static void sockets_have_their_turn_while_many_are_due(void **state)
{
    struct deadline slow[2] = {{.fn = take_long}, {.fn = take_long}};
    struct watch *watch;
    (void)state;

    assert_int_equal(pipe(ends), 0);
    watch = watch_new(loop, ends[0], on_byte, NULL);
    assert_int_equal(watch_want(watch, READY_READ), 0);
    heard = false;
    probes[0].deadline.fn = is_called_behind_the_byte;
    deadline_set(deadlines, &slow[0], 1);
    deadline_set(deadlines, &slow[1], 2); /* in the second turn, in which the byte is heard of as well */
    set(&probes[0], 3);
    run_until(1);
    watch_free(watch);
    close(ends[0]);
    close(ends[1]);
}

/* A timer that goes on ringing would make the loop spin, and nobody would see it but the processor. */
static void it_does_not_ring_on(void **state)
{
    struct pollfd rings = {.fd = timer, .events = POLLIN};
    (void)state;

    set(&probes[0], 1);
    assert_int_equal(poll(&rings, 1, GUARD_MS), 1);
    run_until(1);
    assert_int_equal(poll(&rings, 1, 0), 0);

    set(&probes[0], 1);
    set(&probes[1], loop_clock_us(loop) + HOUR_US);
    run_until(2);
    assert_int_equal(poll(&rings, 1, 0), 0);
    clear(&probes[1]);
}

static void nothing_is_freed(void **state)
{
    (void)state;
    deadlines_free(NULL);
}

#define L(name) cmocka_unit_test_setup_teardown(name, begin, end)

RUN(L(in_order_and_not_early), L(set_moved_and_cleared_at_random), L(moved_nearer_and_farther),
    L(the_next_comes_when_the_first_is_cleared), L(zero_is_as_soon_as_possible), L(the_last_time_is_never),
    L(others_are_changed_inside_a_callback), L(freed_inside_a_callback), L(the_loop_is_not_starved),
    L(sockets_have_their_turn_while_many_are_due), L(it_does_not_ring_on), T(nothing_is_freed))
