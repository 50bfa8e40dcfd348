/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "model/traffic.h"

static const struct traffic_pair *find(const struct traffic *traffic, const char *from, const char *to)
{
    const struct traffic_pair *pair = traffic_after(traffic, NULL, NULL);

    while (pair && (strcmp(pair->from, from) != 0 || strcmp(pair->to, to) != 0))
        pair = traffic_after(traffic, pair->from, pair->to);
    return pair;
}

/* They have connected, so much was sent, and they have parted. */
static void traffic_add(struct traffic *traffic, const char *from, const char *to, uint64_t bytes)
{
    struct flow flow = {0};

    traffic_begin(traffic, &flow, from, to);
    traffic_end(traffic, &flow, bytes);
    assert_null(flow.pair);
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

    for (int i = 0; i < TRAFFIC_IDLE_MAX; i++) {
        snprintf(name, sizeof(name), "n%d", i);
        traffic_add(traffic, name, "b", 1);
    }
    traffic_add(traffic, "n0", "b", 1);
    traffic_add(traffic, "late", "b", 1);
    assert_int_equal(traffic_count(traffic), TRAFFIC_IDLE_MAX);
    assert_int_equal(find(traffic, "n0", "b")->bytes, 2);
    assert_null(find(traffic, "n1", "b"));
    assert_non_null(find(traffic, "n2", "b"));
    assert_non_null(find(traffic, "late", "b"));
    assert_int_equal(traffic_total_bytes(traffic), TRAFFIC_IDLE_MAX + 2);
    traffic_free(traffic);
}

static size_t flows_of(const struct traffic_pair *pair)
{
    size_t count = 0;

    for (const struct flow *flow = pair->flows; flow; flow = flow->next)
        count++;
    return count;
}

/* However many others come and go. */
static void whoever_is_connected_stays(void **state)
{
    struct traffic *traffic = traffic_new();
    struct flow first = {0}, second = {0};
    char name[20];
    (void)state;

    traffic_add(traffic, "m", "b", 3);
    traffic_begin(traffic, &first, "m", "b");
    traffic_begin(traffic, &second, "m", "b");
    for (int i = 0; i <= TRAFFIC_IDLE_MAX; i++) {
        snprintf(name, sizeof(name), "n%d", i);
        traffic_add(traffic, name, "b", 1);
    }
    assert_int_equal(traffic_count(traffic), TRAFFIC_IDLE_MAX + 1);
    assert_int_equal(find(traffic, "m", "b")->bytes, 3);
    assert_int_equal(flows_of(find(traffic, "m", "b")), 2);
    traffic_end(traffic, &first, 4);
    assert_int_equal(flows_of(find(traffic, "m", "b")), 1);
    traffic_end(traffic, &second, 5);
    assert_int_equal(find(traffic, "m", "b")->bytes, 12);
    assert_int_equal(traffic_count(traffic), TRAFFIC_IDLE_MAX); /* the one that ended first has made room */
    traffic_free(traffic);
}

/* Also behind names that are no longer there. */
static void pairs_come_by_their_names(void **state)
{
    static const char *const names[][2] = {{"b", "a"}, {"", "z"}, {"a", "c"}, {"a", "b"}, {"a@", "a"}},
                             *const sorted[] = {"", "z", "a", "b", "a", "c", "a@", "a", "b", "a"};
    struct traffic *traffic = traffic_new();
    const struct traffic_pair *pair = NULL;
    (void)state;

    assert_null(traffic_after(traffic, NULL, NULL));
    for (size_t i = 0; i < 5; i++)
        traffic_add(traffic, names[i][0], names[i][1], 1);
    for (size_t i = 0; i < 5; i++) {
        pair = traffic_after(traffic, pair ? pair->from : NULL, pair ? pair->to : NULL);
        assert_string_equal(pair->from, sorted[2 * i]);
        assert_string_equal(pair->to, sorted[2 * i + 1]);
    }
    assert_null(traffic_after(traffic, pair->from, pair->to));
    assert_string_equal(traffic_after(traffic, "a", "bb")->to, "c");
    assert_string_equal(traffic_after(traffic, "a", "d")->from, "a@");
    traffic_free(traffic);
}

RUN(T(whoever_is_connected_stays), T(pairs_come_by_their_names), T(connections_of_a_pair_add_up),
    T(the_one_that_ended_first_makes_room))
