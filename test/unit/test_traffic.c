/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "model/traffic.h"

static const struct traffic_pair *find(const struct traffic *traffic, const char *from, const char *to)
{
    const struct traffic_pair *pair = traffic_first(traffic);

    while (pair && (strcmp(pair->from, from) != 0 || strcmp(pair->to, to) != 0))
        pair = pair->next;
    return pair;
}

static void connections_of_a_pair_add_up(void **state)
{
    struct traffic *traffic = traffic_new();
    (void)state;

    traffic_add(traffic, "a@h", "b@h", 5);
    traffic_add(traffic, "b@h", "a@h", 1);
    traffic_add(traffic, "a@h", "b@h", 7);
    traffic_add(traffic, "", "b@h", 2);
    traffic_add(traffic, "a", "@hb@h", 3); /* as long, and other names */
    traffic_add_unknown(traffic, 100);
    assert_int_equal(traffic_count(traffic), 4);
    assert_int_equal(find(traffic, "a@h", "b@h")->bytes, 12);
    assert_int_equal(find(traffic, "b@h", "a@h")->bytes, 1);
    assert_int_equal(find(traffic, "", "b@h")->bytes, 2);
    assert_int_equal(find(traffic, "a", "@hb@h")->bytes, 3);
    assert_int_equal(traffic_total_bytes(traffic), 118);
    traffic_free(traffic);
    traffic_free(NULL);
}

static void the_one_that_ended_first_makes_room(void **state)
{
    struct traffic *traffic = traffic_new();
    char name[20];
    (void)state;

    for (int i = 0; i < TRAFFIC_PAIRS_MAX; i++) {
        snprintf(name, sizeof(name), "n%d", i);
        traffic_add(traffic, name, "b", 1);
    }
    traffic_add(traffic, "n0", "b", 1);
    traffic_add(traffic, "late", "b", 1);
    assert_int_equal(traffic_count(traffic), TRAFFIC_PAIRS_MAX);
    assert_int_equal(find(traffic, "n0", "b")->bytes, 2);
    assert_null(find(traffic, "n1", "b"));
    assert_non_null(find(traffic, "n2", "b"));
    assert_non_null(find(traffic, "late", "b"));
    assert_int_equal(traffic_total_bytes(traffic), TRAFFIC_PAIRS_MAX + 2);
    traffic_free(traffic);
}

RUN(T(connections_of_a_pair_add_up), T(the_one_that_ended_first_makes_room))
