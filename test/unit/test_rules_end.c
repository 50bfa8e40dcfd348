/* SPDX-License-Identifier: MIT */
/* Rules that end by themselves: at a time, or with a lease. */
#include "unit.h"

#include <errno.h>

#include "rules_of.h"

static int changes;

static void on_change(void *data)
{
    (void)data;
    changes++;
}

static struct rules *book(void)
{
    changes = 0;
    return rules_new(on_change, NULL);
}

static uint32_t add(struct rules *rules, const char *fault, const char *islands, uint64_t ends_us, const char *lease)
{
    struct rule_request request = request_of(fault, islands);

    request.ends_us = ends_us;
    request.lease = lease;
    return add_request(rules, &request);
}

static void rules_with_a_time(void **state)
{
    struct rules *rules = book();
    (void)state;

    assert_true(rules_next_end_us(rules) == RULES_NEVER);
    add(rules, "mute", "a b", RULES_NEVER, NULL);
    assert_true(rules_next_end_us(rules) == RULES_NEVER);
    add(rules, "partition", "a b", 1000, NULL);
    add(rules, "hide", "a", 500, NULL);
    assert_true(rules_next_end_us(rules) == 500);
    changes = 0;
    rules_expire(rules, 499);
    assert_int_equal(changes, 0);
    assert_int_equal(rules_count(rules), 3);
    rules_expire(rules, 500);
    assert_int_equal(changes, 1);
    assert_int_equal(rules_count(rules), 2);
    assert_false(rules_name_profile(rules, PARTY("a")).hide);
    assert_true(rules_next_end_us(rules) == 1000);
    assert_int_equal(rules_profile(rules, PARTY("a"), PARTY("b"), true).partition, PARTITION_HOLD);
    rules_expire(rules, 5000);
    assert_int_equal(changes, 2);
    assert_int_equal(rules_profile(rules, PARTY("a"), PARTY("b"), true).partition, PARTITION_NONE);
    assert_true(rules_profile(rules, PARTY("a"), PARTY("b"), true).mute);
    rules_expire(rules, RULES_NEVER - 1); /* "never" does not come */
    assert_int_equal(rules_count(rules), 1);
    rules_free(rules);
}

/* A partition for a time does not take older ones away: they are there again behind it. */
static void what_ends_hides_nothing(void **state)
{
    struct rules *rules = book();
    (void)state;

    assert_int_equal(rules_renew_lease(rules, "l", 900), 0);
    add(rules, "partition mode=drop", "a b", RULES_NEVER, NULL);
    add(rules, "partition mode=close", "a,c b", RULES_NEVER, "l");
    add(rules, "partition mode=hold", "a b", 500, NULL);
    assert_int_equal(rules_count(rules), 3);
    assert_int_equal(rules_profile(rules, PARTY("a"), PARTY("b"), true).partition, PARTITION_HOLD);
    rules_expire(rules, 500);
    assert_int_equal(rules_profile(rules, PARTY("a"), PARTY("b"), true).partition, PARTITION_CLOSE);
    rules_expire(rules, 900);
    assert_int_equal(rules_profile(rules, PARTY("a"), PARTY("b"), true).partition, PARTITION_DROP);
    add(rules, "partition mode=refuse", "a b", 2000, NULL);
    add(rules, "partition", "a b", RULES_NEVER, NULL); /* this one stays */
    assert_int_equal(rules_count(rules), 1);
    rules_free(rules);
}

static void leases_take_their_rules_along(void **state)
{
    struct rules *rules = book();
    (void)state;

    assert_int_equal(rules_renew_lease(rules, "one", 100), 0);
    assert_int_equal(rules_renew_lease(rules, "two", 200), 0);
    assert_string_equal(rules_leases(rules)->name, "one");
    assert_string_equal(rules_leases(rules)->next->name, "two");
    assert_null(rules_leases(rules)->next->next);
    assert_null(rules_lease(rules, "three"));
    add(rules, "mute", "a b", RULES_NEVER, "one");
    add(rules, "latency delay=1s", "a b", RULES_NEVER, "two");
    add(rules, "hide", "a", 50, "one");
    add(rules, "freeze", "a b", RULES_NEVER, NULL);
    assert_true(rules_next_end_us(rules) == 50);

    changes = 0;
    rules_expire(rules, 50); /* a rule may end before its lease */
    assert_int_equal(rules_count(rules), 3);
    assert_true(rules_next_end_us(rules) == 100);
    assert_int_equal(rules_renew_lease(rules, "one", 300), 0);
    assert_int_equal(changes, 2); /* whoever waits for the next end hears of the new one */
    assert_true(rules_lease(rules, "one")->ends_us == 300);
    rules_expire(rules, 200);
    assert_null(rules_lease(rules, "two"));
    assert_int_equal(rules_profile(rules, PARTY("a"), PARTY("b"), true).shape.latencies_count, 0);
    assert_true(rules_profile(rules, PARTY("a"), PARTY("b"), true).mute);

    rules_clear(rules); /* the lease stays */
    assert_int_equal(rules_count(rules), 0);
    add(rules, "mute", "a b", RULES_NEVER, "one");
    changes = 0;
    assert_false(rules_end_lease(rules, "two"));
    assert_int_equal(changes, 0);
    assert_true(rules_end_lease(rules, "one"));
    assert_int_equal(changes, 1);
    assert_int_equal(rules_count(rules), 0);
    assert_null(rules_leases(rules));
    assert_true(rules_next_end_us(rules) == RULES_NEVER);
    rules_free(rules);
}

static void renewing_may_shorten(void **state)
{
    struct rules *rules = book();
    (void)state;

    assert_int_equal(rules_renew_lease(rules, "l", 1000), 0);
    add(rules, "mute", "a b", RULES_NEVER, "l");
    assert_int_equal(rules_renew_lease(rules, "l", 10), 0);
    assert_true(rules_next_end_us(rules) == 10);
    rules_expire(rules, 10);
    assert_int_equal(rules_count(rules), 0);
    rules_free(rules); /* with no lease left; test below with some */
}

static void leases_have_an_end(void **state)
{
    struct rules *rules = book();
    char name[20];
    (void)state;

    for (int i = 0; i < LEASES_MAX; i++) {
        snprintf(name, sizeof(name), "l%d", i);
        assert_int_equal(rules_renew_lease(rules, name, 1000 + (uint64_t)i), 0);
        add(rules, "mute", "a b", RULES_NEVER, name);
    }
    changes = 0;
    assert_int_equal(rules_renew_lease(rules, "more", 5000), -ENOSPC);
    assert_int_equal(changes, 0);
    assert_null(rules_lease(rules, "more"));
    assert_int_equal(rules_renew_lease(rules, "l7", 5000), 0); /* one that there is */
    rules_expire(rules, 1010);
    assert_int_equal(rules_count(rules), LEASES_MAX - 10);
    assert_int_equal(rules_renew_lease(rules, "more", 5000), 0);
    assert_true(rules_next_end_us(rules) == 1011);
    rules_free(rules);
}

static uint32_t add_owned(struct rules *rules, const char *fault, const char *islands, struct lease *owner)
{
    struct rule_request request = request_of(fault, islands);

    request.owner = owner;
    return add_request(rules, &request);
}

static void owners_take_their_rules_along(void **state)
{
    struct rules *rules = book();
    struct lease *one = rules_begin_owner(NULL), *two = rules_begin_owner(NULL), *idle = rules_begin_owner(NULL);
    (void)state;

    add(rules, "partition mode=drop", "a b", RULES_NEVER, NULL);
    add_owned(rules, "mute", "a b", one);
    add_owned(rules, "partition", "a b", one); /* it may go: it takes no older one away */
    uint32_t freeze = add_owned(rules, "freeze", "a b", two);
    assert_null(rules_leases(rules));
    assert_true(rules_next_end_us(rules) == RULES_NEVER);
    assert_int_equal(rules_count(rules), 4);
    rules_expire(rules, RULES_NEVER - 1);
    assert_int_equal(rules_count(rules), 4);

    changes = 0;
    rules_end_owner(rules, idle);
    rules_end_owner(rules, NULL);
    assert_int_equal(changes, 0);
    rules_end_owner(rules, one);
    assert_int_equal(changes, 1);
    assert_int_equal(rules_count(rules), 2);
    assert_int_equal(rules_profile(rules, PARTY("a"), PARTY("b"), true).partition, PARTITION_DROP);
    assert_true(rules_remove(rules, freeze));
    rules_end_owner(rules, two);
    assert_int_equal(rules_count(rules), 1);
    rules_free(rules);
}

struct ends {
    uint32_t ids[8];
    size_t count;
    int notes;
};

static void on_end(void *data, const struct rule *rule)
{
    struct ends *ends = data;

    ends->ids[ends->count++] = rule->id;
}

static void on_note(void *data, bool all)
{
    (void)all;
    ((struct ends *)data)->notes++;
}

/* A partition that a newer one covers does not end: that one goes on with it. */
static void what_is_covered_goes_on(void **state)
{
    struct rules *rules = book();
    struct ends ends = {.count = 0};
    const struct act closed = {.dialer = PARTY("a"), .acceptor = PARTY("b"), .what = DONE_closed, .now_ms = 1};
    uint32_t newest;
    (void)state;

    rules_tell_ends(rules, on_end, &ends);
    add(rules, "partition mode=close", "a b", RULES_NEVER, NULL);
    rules_note_act(rules, &closed);
    add(rules, "partition", "a b", RULES_NEVER, NULL);
    newest = add(rules, "partition", "a,c b", RULES_NEVER, NULL);
    assert_int_equal(rules_count(rules), 1);
    assert_int_equal(ends.count, 0);
    assert_true(rules_first(rules)->goes_on);
    assert_false(effect_has_bitten(&rules_first(rules)->effect));
    assert_true(rules_remove(rules, newest));
    assert_int_equal(ends.count, 1);
    assert_int_equal(ends.ids[0], newest);

    add(rules, "partition", "a b", RULES_NEVER, NULL);
    add(rules, "partition", "a b", RULES_NEVER, NULL);
    assert_false(rules_first(rules)->goes_on);
    rules_free(rules);
}

/* A partition of pairs that an older one has cut has nothing left to do, and goes on with that. */
static void what_is_cut_already_goes_on(void **state)
{
    struct rules *rules = book();
    const struct act closed = {.dialer = PARTY("a"), .acceptor = PARTY("b"), .what = DONE_closed, .now_ms = 1};
    uint32_t first, id;
    (void)state;

    assert_int_equal(rules_renew_lease(rules, "l", 100), 0);
    first = add(rules, "partition mode=close", "a,c b", RULES_NEVER, "l");
    id = add(rules, "partition mode=close", "b a", RULES_NEVER, "l");
    assert_false(rules_find(rules, id)->goes_on); /* nobody has changed anything yet */
    assert_true(rules_remove(rules, id));
    rules_note_act(rules, &closed);
    id = add(rules, "partition mode=close", "b a", RULES_NEVER, "l");
    assert_true(rules_find(rules, id)->goes_on);
    assert_int_equal(rules_count(rules), 2); /* the older one may stay for longer */
    id = add(rules, "partition", "b c,a", RULES_NEVER, "l");
    assert_true(rules_find(rules, id)->goes_on);
    id = add(rules, "partition", "a b,d", RULES_NEVER, "l"); /* d is new */
    assert_false(rules_find(rules, id)->goes_on);
    id = add(rules, "mute", "a b", RULES_NEVER, "l"); /* is another matter */
    assert_false(rules_find(rules, id)->goes_on);
    rules_clear(rules);
    assert_null(rules_find(rules, first));
    id = add(rules, "partition", "b a", RULES_NEVER, "l");
    assert_false(rules_find(rules, id)->goes_on);
    rules_free(rules);
}

/* What was asked for together is one fault: it has an end when the last of it goes. */
static void what_came_together_ends_together(void **state)
{
    struct rules *rules = book();
    struct ends ends = {.count = 0};
    const struct act closed = {.dialer = PARTY("a"), .acceptor = PARTY("b"), .what = DONE_closed, .now_ms = 1};
    uint32_t first;
    (void)state;

    rules_tell_ends(rules, on_end, &ends);
    for (size_t round = 0; round < 2; round++) {
        struct rule_request requests[] = {request_of("partition mode=close", "a b"), request_of("mute", "a c"),
                                          request_of("mute", "b c")};

        assert_int_equal(rules_add(rules, requests, 3, &first), 0);
        if (round == 0)
            rules_note_act(rules, &closed);
        assert_true(rules_remove(rules, first));
        assert_true(rules_remove(rules, first + 2));
        assert_int_equal(ends.count, round);
        assert_int_equal(rules_find(rules, first + 1)->goes_on, round == 0);
        assert_true(rules_remove(rules, first + 1));
        assert_int_equal(ends.count, round + 1);
        assert_int_equal(ends.ids[round], first + 1);
    }
    rules_free(rules);
}

/* Before a rule comes or goes everything that has passed is noted, and before nothing else. */
static void what_passed_is_noted_before_a_rule_goes(void **state)
{
    struct rules *rules = book();
    struct ends ends = {.count = 0};
    struct lease *owner = rules_begin_owner(NULL);
    uint32_t id;
    (void)state;

    rules_set_note(rules, on_note, &ends);
    add(rules, "mute", "a b", 500, NULL);
    assert_int_equal(ends.notes, 1);
    rules_expire(rules, 499);
    assert_false(rules_remove(rules, 17));
    assert_int_equal(ends.notes, 1);
    rules_expire(rules, 500);
    assert_int_equal(ends.notes, 2);
    id = add(rules, "mute", "a b", RULES_NEVER, NULL);
    assert_true(rules_remove(rules, id));
    assert_int_equal(ends.notes, 4);
    add_owned(rules, "mute", "a b", owner);
    rules_end_owner(rules, owner);
    assert_int_equal(ends.notes, 6);
    add(rules, "partition", "a b", RULES_NEVER, NULL);
    assert_int_equal(rules_fix(rules, NULL), 0);
    assert_int_equal(ends.notes, 8);
    rules_free(rules);
}

/* For a moment mates of an island hear nothing of each other; then the book says so. */
static void what_severs_settles(void **state)
{
    struct rules *rules = book();
    struct rule_request request = request_of("partition mode=sever", "a,b c");
    uint64_t version;
    (void)state;

    request.settles_us = 50;
    add_request(rules, &request);
    assert_true(rules_profile(rules, PARTY("a"), PARTY("b"), true).settling);
    assert_false(rules_profile(rules, PARTY("a"), PARTY("c"), true).settling);
    assert_false(rules_profile(rules, PARTY("x"), PARTY("y"), true).settling);
    assert_true(rules_next_end_us(rules) == 50);
    version = rules_version(rules);
    rules_expire(rules, 49);
    assert_true(rules_version(rules) == version);
    rules_expire(rules, 50);
    assert_true(rules_version(rules) != version);
    assert_false(rules_profile(rules, PARTY("a"), PARTY("b"), true).settling);
    assert_int_equal(rules_profile(rules, PARTY("a"), PARTY("c"), true).partition, PARTITION_SEVER);
    assert_true(rules_next_end_us(rules) == RULES_NEVER);
    rules_free(rules);
}

RUN(T(what_severs_settles), T(rules_with_a_time), T(what_ends_hides_nothing), T(leases_take_their_rules_along),
    T(renewing_may_shorten), T(leases_have_an_end), T(owners_take_their_rules_along), T(what_is_covered_goes_on),
    T(what_is_cut_already_goes_on), T(what_came_together_ends_together), T(what_passed_is_noted_before_a_rule_goes))
