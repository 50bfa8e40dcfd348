/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "unit.h"

#include "loop/descriptors.h"
#include "loop/loop.h"
#include "model/counters.h"

#define LIMIT 8 /* so half of it for strangers */

struct guest {
    struct stranger stranger;
    bool evicted;
};

static void evict(void *owner)
{
    struct guest *guest = owner;

    guest->evicted = true;
    stranger_leave(&guest->stranger);
}

struct world {
    struct loop *loop;
    struct counters counters;
    struct descriptors *descriptors;
    struct guest guests[LIMIT];
};

static int setup(void **state)
{
    static struct world world;

    world = (struct world){.loop = loop_new()};
    world.descriptors = descriptors_new(world.loop, &world.counters, LIMIT);
    *state = &world;
    return 0;
}

static int teardown(void **state)
{
    struct world *world = *state;

    for (int i = 0; i < LIMIT; i++)
        stranger_leave(&world->guests[i].stranger);
    descriptors_free(world->descriptors);
    loop_free(world->loop);
    return 0;
}

static void enter(struct world *world, int from, int to)
{
    for (int i = from; i <= to; i++)
        stranger_enter(&world->guests[i].stranger, world->descriptors, evict, &world->guests[i]);
}

static void assert_evicted(const struct world *world, const char *which)
{
    for (int i = 0; i < LIMIT; i++)
        assert_int_equal(world->guests[i].evicted, which[i] == 'x');
}

static void test_whoever_came_first_makes_room(void **state)
{
    struct world *world = *state;

    enter(world, 0, 3);
    assert_evicted(world, "........");
    enter(world, 4, 5);
    assert_evicted(world, "xx......");
    assert_int_equal(world->counters.value[COUNTER_connections_evicted], 2);
}

static void test_whoever_is_known_is_no_stranger(void **state)
{
    struct world *world = *state;

    enter(world, 0, 3);
    stranger_leave(&world->guests[0].stranger);
    stranger_leave(&world->guests[0].stranger);
    enter(world, 4, 5);
    assert_evicted(world, ".x......");
}

static void test_seniority_is_handed_over(void **state)
{
    struct world *world = *state;

    enter(world, 0, 1);
    stranger_hand_over(&world->guests[0].stranger, &world->guests[7].stranger, evict, &world->guests[7]);
    assert_true(descriptors_make_room(world->descriptors, NULL, "a test"));
    assert_evicted(world, ".......x");
}

static bool close_spare(void *data)
{
    return (*(int *)data)-- > 0;
}

static void test_room_is_made_in_this_order(void **state)
{
    struct world *world = *state;
    int spares = 1;

    descriptors_set_spare(world->descriptors, close_spare, &spares);
    enter(world, 0, 2);
    assert_true(descriptors_make_room(world->descriptors, &world->guests[0].stranger, "a test"));
    assert_evicted(world, ".x......");
    assert_true(descriptors_make_room(world->descriptors, &world->guests[0].stranger, "a test"));
    assert_evicted(world, ".xx.....");
    assert_int_equal(spares, 1);
    assert_true(descriptors_make_room(world->descriptors, &world->guests[0].stranger, "a test"));
    assert_int_equal(spares, 0);
    assert_false(descriptors_make_room(world->descriptors, &world->guests[0].stranger, "a test"));
    assert_evicted(world, ".xx.....");
}

static void test_what_says_that_they_ran_out(void **state)
{
    (void)state;
    assert_true(descriptors_ran_out(EMFILE) && descriptors_ran_out(ENFILE));
    assert_false(descriptors_ran_out(EAGAIN) || descriptors_ran_out(0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_whoever_came_first_makes_room, setup, teardown),
        cmocka_unit_test_setup_teardown(test_whoever_is_known_is_no_stranger, setup, teardown),
        cmocka_unit_test_setup_teardown(test_seniority_is_handed_over, setup, teardown),
        cmocka_unit_test_setup_teardown(test_room_is_made_in_this_order, setup, teardown),
        cmocka_unit_test(test_what_says_that_they_ran_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
