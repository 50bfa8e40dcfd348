/* SPDX-License-Identifier: MIT */
/* Cuts and fixes; test_profile.c has the other faults, test_rules_end.c what ends by itself. */
#include "unit.h"

#include <errno.h>
#include <stdlib.h>

#include "rules_of.h"

static int changes;

static void on_change(void *data)
{
    (void)data;
    changes++;
}

static void cut(struct rules *rules, const char *text, bool one_way)
{
    struct rule_request request = request_of("partition", text);
    uint32_t id;

    request.selector.one_way = one_way;
    assert_int_equal(rules_add(rules, &request, 1, &id), 0); /* islands may overlap here */
}

static bool is_held(const struct rules *rules, const char *from, const char *to)
{
    bool held = rules_profile(rules, PARTY(from), PARTY(to), true).partition == PARTITION_HOLD;

    assert_int_equal(rules_profile(rules, PARTY(from), PARTY(to), false).partition == PARTITION_HOLD, held);
    return held;
}

static void fix(struct rules *rules, const char *text)
{
    struct islands islands = text ? islands_of(text) : (struct islands){0};

    assert_int_equal(rules_fix(rules, text ? &islands : NULL), 0);
    islands_done(&islands);
}

static size_t count(const struct rules *rules)
{
    size_t count = 0;

    for (const struct rule *rule = rules_first(rules); rule; rule = rule->next)
        count++;
    assert_int_equal(count, rules_count(rules));
    return count;
}

/* Which ordered pairs of the nodes 1 to 5 are held, as "12 21 ...". */
static const char *held(const struct rules *rules)
{
    static char text[128];
    size_t len = 0;

    text[0] = 0;
    for (char from = '1'; from <= '5'; from++)
        for (char to = '1'; to <= '5'; to++) {
            char a[] = {from, '@', 'h', 0}, b[] = {to, '@', 'h', 0};

            if (is_held(rules, a, b))
                len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%c%c", len ? " " : "", from, to);
        }
    return text;
}

static struct rules *book(void)
{
    changes = 0;
    return rules_new(on_change, NULL);
}

static void two_islands(void **state)
{
    struct rules *rules = book();
    (void)state;

    assert_string_equal(held(rules), "");
    cut(rules, "1,2 3", false);
    assert_string_equal(held(rules), "13 23 31 32");
    assert_int_equal(changes, 1);
    fix(rules, NULL);
    assert_string_equal(held(rules), "");
    assert_int_equal(changes, 2);
    rules_free(rules);
}

static void many_islands(void **state)
{
    struct rules *rules = book();
    (void)state;

    cut(rules, "1 2 3", false);
    assert_string_equal(held(rules), "12 13 21 23 31 32");
    rules_free(rules);
}

static void one_way(void **state)
{
    struct rules *rules = book();
    (void)state;

    cut(rules, "1 2 3", true);
    assert_string_equal(held(rules), "12 13");
    fix(rules, "2 1");
    assert_string_equal(held(rules), "13");
    rules_free(rules);
}

static void pairwise_fix(void **state)
{
    struct rules *rules = book();
    (void)state;

    cut(rules, "1,2 3,4", false);
    fix(rules, "1 3");
    assert_string_equal(held(rules), "14 23 24 32 41 42");
    fix(rules, "1,2 4");
    assert_string_equal(held(rules), "23 32");
    fix(rules, "2 3");
    assert_string_equal(held(rules), "");
    rules_free(rules);
}

static void the_newest_rule_decides(void **state)
{
    struct rules *rules = book();
    (void)state;

    cut(rules, "1 2", false);
    fix(rules, "1 2,3");
    cut(rules, "1 3", false);
    assert_string_equal(held(rules), "13 31");
    cut(rules, "2 1", true);
    assert_string_equal(held(rules), "13 21 31");
    rules_free(rules);
}

static void patterns_and_nodes_to_come(void **state)
{
    struct rules *rules = book();
    (void)state;

    cut(rules, "a* *@h2", false);
    assert_true(is_held(rules, "a1@h1", "b@h2"));
    assert_true(is_held(rules, "b@h2", "a9@h1"));
    assert_false(is_held(rules, "b@h1", "c@h1"));
    assert_true(is_held(rules, "a1@h2", "b@h2"));   /* a1 belongs to the first island that matches */
    assert_false(is_held(rules, "a1@h1", "a2@h1")); /* one island stays whole */
    rules_free(rules);
}

/* Cutting and fixing for ever must not fill the book. */
static void hidden_rules_are_dropped(void **state)
{
    struct rules *rules = book();
    (void)state;

    for (int i = 0; i < 3 * RULES_MAX; i++) {
        cut(rules, "1 2", i % 2);
        fix(rules, "2,3 1");
    }
    assert_int_equal(count(rules), 0);

    cut(rules, "1 2", false);
    cut(rules, "1,3 2", false);
    assert_int_equal(count(rules), 1);
    cut(rules, "1 2", true); /* hides nothing: the other direction is still the old rule's */
    assert_int_equal(count(rules), 2);
    fix(rules, "[13-5] 2"); /* all pairs with 2 */
    assert_string_equal(held(rules), "");
    assert_int_equal(count(rules), 0);

    cut(rules, "1,2 3", false);
    fix(rules, "1 3"); /* 2 and 3 stay cut */
    assert_int_equal(count(rules), 1);
    fix(rules, "2@h 3"); /* only on that host: not all that the rule says */
    assert_int_equal(count(rules), 1);
    assert_string_equal(held(rules), "");
    assert_true(is_held(rules, "2@elsewhere", "3@h"));
    fix(rules, "2 3");
    assert_int_equal(count(rules), 0);
    rules_free(rules);
}

static bool is_allowed(const char *text)
{
    struct islands islands = islands_of(text);
    struct refusal refusal;
    bool allowed = islands_check(&islands, &refusal) == 0;

    islands_done(&islands);
    return allowed;
}

/* Whatever is dropped, the profiles are those of the plain list of commands, the newest first. */
static void dropping_changes_no_profile(void **state)
{
    static const char *const names[] = {"1", "2", "3@h", "[45]", "4", "*"};
    (void)state;

    srand(4369);
    for (int round = 0; round < 2000; round++) {
        struct rules *rules = book(), *single[8] = {NULL};
        bool heals[8];
        int steps = 1 + rand() % 8;

        for (int i = 0; i < steps; i++) {
            int a = rand() % 6, b = rand() % 6;
            bool one = rand() % 2;
            char text[32];

            heals[i] = rand() % 2;
            snprintf(text, sizeof(text), "%s %s", names[a], names[b]);
            if (!is_allowed(text)) {
                i--;
                continue;
            }
            single[i] = rules_new(NULL, NULL);
            cut(single[i], text, one && !heals[i]);
            if (heals[i])
                fix(rules, text);
            else
                cut(rules, text, one);
        }
        for (char from = '1'; from <= '5'; from++)
            for (char to = '1'; to <= '5'; to++) {
                char x[] = {from, '@', 'h', 0}, y[] = {to, '@', 'h', 0};
                bool expected = false;

                for (int i = 0; i < steps; i++)
                    if (is_held(single[i], x, y))
                        expected = !heals[i];
                assert_int_equal(is_held(rules, x, y), expected);
            }
        for (int i = 0; i < steps; i++)
            rules_free(single[i]);
        rules_free(rules);
    }
}

static void the_book_has_an_end(void **state)
{
    struct rules *rules = book();
    struct rule_request requests[2];
    uint32_t id = 77;
    char text[32];
    (void)state;

    for (int i = 0; i < RULES_MAX - 1; i++) {
        snprintf(text, sizeof(text), "a%d b", i);
        cut(rules, text, false);
    }
    changes = 0;
    requests[0] = request_of("partition", "c d");
    requests[1] = request_of("mute", "c e");
    assert_int_equal(rules_add(rules, requests, 2, &id), -ENOSPC); /* all or none */
    assert_int_equal(id, 77);
    assert_int_equal(changes, 0);
    assert_int_equal(count(rules), RULES_MAX - 1);
    assert_false(is_held(rules, "c", "d"));
    assert_int_equal(rules_add(rules, requests, 1, &id), 0);
    assert_int_equal(id, RULES_MAX);
    assert_int_equal(rules_add(rules, requests + 1, 1, &id), -ENOSPC);
    assert_int_equal(requests[1].selector.islands.count, 2); /* still ours */
    islands_done(&requests[1].selector.islands);
    fix(rules, NULL);
    assert_int_equal(count(rules), 0);
    rules_free(rules);
}

static void several_at_once(void **state)
{
    struct rules *rules = book();
    struct rule_request requests[] = {request_of("partition", "1 2"), request_of("partition", "2 3"),
                                      request_of("partition mode=drop", "1,3 2")};
    uint32_t first;
    (void)state;

    cut(rules, "4 5", false);
    assert_int_equal(rules_add(rules, requests, 3, &first), 0);
    assert_int_equal(first, 2);
    assert_int_equal(changes, 2);
    assert_int_equal(count(rules), 2); /* the last hides the two before */
    assert_true(rules_profile(rules, PARTY("3"), PARTY("2"), true).partition == PARTITION_DROP);
    assert_false(rules_remove(rules, 2));
    assert_int_equal(changes, 2);
    assert_true(rules_remove(rules, 4));
    assert_int_equal(changes, 3);
    assert_string_equal(held(rules), "45 54");
    rules_free(rules);
}

/* A rule takes so many fixes and no more; then nothing changes, not even in the other rules. */
static void fixes_of_one_rule_have_an_end(void **state)
{
    struct rules *rules = book();
    struct islands islands;
    char text[32];
    (void)state;

    cut(rules, "4 5", false);
    cut(rules, "a* b", false);
    for (int i = 0; i < RULES_HEALED_MAX; i++) {
        snprintf(text, sizeof(text), "a%d b", i);
        fix(rules, text);
    }
    changes = 0;
    islands = islands_of("4,ax 5,b");
    assert_int_equal(rules_fix(rules, &islands), -ENOSPC);
    islands_done(&islands);
    assert_int_equal(changes, 0);
    assert_string_equal(held(rules), "45 54");
    assert_true(is_held(rules, "ax", "b"));
    assert_false(is_held(rules, "a0", "b"));

    fix(rules, "a7 b");          /* was healed before: nothing to add */
    fix(rules, "a0,a1,a2,ax b"); /* takes the place of older ones */
    assert_false(is_held(rules, "ax", "b"));
    fix(rules, "4 5");
    fix(rules, "a* b");
    assert_int_equal(count(rules), 0);
    rules_free(rules);
}

static void a_fix_leaves_other_faults(void **state)
{
    struct rules *rules = book();
    struct rule_request request = request_of("latency delay=1s", "1 2");
    (void)state;

    add_request(rules, &request);
    cut(rules, "1 2", false);
    assert_int_equal(rules_profile(rules, PARTY("1"), PARTY("2"), true).shape.latencies_count, 1);
    fix(rules, "1 2");
    assert_string_equal(held(rules), "");
    assert_int_equal(rules_profile(rules, PARTY("1"), PARTY("2"), true).shape.latencies_count, 1);
    fix(rules, NULL);
    assert_int_equal(count(rules), 1);
    rules_clear(rules);
    assert_int_equal(count(rules), 0);
    rules_free(rules);
}

/* Large cuts are compared pattern by pattern, not pair by pair with each of the patterns. */
static void large_cuts_are_hidden_too(void **state)
{
    static char text[2 * 1000 * 6 + 1];
    struct rules *rules = book();
    size_t len = 0;
    (void)state;

    for (int i = 0; i < 2 * 1000; i++)
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%sn%d", i == 0 ? "" : i == 1000 ? " " : ",", i);
    cut(rules, text, false);
    cut(rules, text, false);
    assert_int_equal(count(rules), 1);
    assert_true(is_held(rules, "n0@h", "n1999@h"));
    fix(rules, text);
    assert_int_equal(count(rules), 0);
    rules_free(rules);
}

static struct profile between(const struct rules *rules, const char *from, const char *to)
{
    return rules_profile(rules, PARTY(from), PARTY(to), true);
}

/* Only rules that name them outright are about them; hidden nodes are observers without being declared. */
static void observers(void **state)
{
    struct rules *rules = rules_new(NULL, NULL);
    struct rule_request hide = {.fault = fault_of("hide"), .selector.islands = islands_of("*"), .ends_us = RULES_NEVER};
    (void)state;

    assert_int_equal(rules_observe(rules, "run*"), 0);
    assert_int_equal(rules_observe(rules, "run*"), 0);
    assert_int_equal(rules_observers(rules)->count, 1);
    cut(rules, "r* a", false);
    add_request(rules, &hide);
    assert_int_equal(between(rules, "r1@h", "a@h").partition, PARTITION_HOLD);
    assert_int_equal(between(rules, "runner@h", "a@h").partition, PARTITION_NONE);
    assert_int_equal(between(rules, "a@h", "runner@h").partition, PARTITION_NONE);
    assert_true(rules_name_profile(rules, PARTY("a@h")).hide);
    assert_false(rules_name_profile(rules, PARTY("runner@h")).hide);
    assert_int_equal(
        rules_profile(rules, ((struct party){.name = "r1@h", .observes = true}), PARTY("a@h"), true).partition,
        PARTITION_NONE);
    /* neither is published, whoever dials */
    assert_true(between(rules, "runner@h", "a@h").flags_cleared == 1);
    assert_true(between(rules, "a@h", "runner@h").flags_cleared == 1);
    assert_true(between(rules, "a@h", "b@h").flags_cleared == 0);
    cut(rules, "runner a", false);
    assert_int_equal(between(rules, "runner@h", "a@h").partition, PARTITION_HOLD);
    cut(rules, "r* a", false); /* covers the pair, but for observers */
    assert_int_equal(between(rules, "runner@h", "a@h").partition, PARTITION_HOLD);
    assert_true(rules_unobserve(rules, "run*"));
    assert_false(rules_unobserve(rules, "run*"));
    assert_true(between(rules, "runner@h", "a@h").flags_cleared == 0);
    rules_free(rules);
}

static void observers_have_an_end(void **state)
{
    struct rules *rules = rules_new(NULL, NULL);
    char name[20];
    (void)state;

    for (int i = 0; i < OBSERVERS_MAX; i++) {
        snprintf(name, sizeof(name), "o%d", i);
        assert_int_equal(rules_observe(rules, name), 0);
    }
    assert_int_equal(rules_observe(rules, "one_more"), -ENOSPC);
    assert_true(rules_unobserve(rules, "o7"));
    assert_int_equal(rules_observe(rules, "one_more"), 0);
    assert_true(rules_is_observer(rules, "o8") && rules_is_observer(rules, "one_more"));
    rules_free(rules);
}

RUN(T(observers), T(observers_have_an_end), T(two_islands), T(many_islands), T(one_way), T(pairwise_fix),
    T(the_newest_rule_decides), T(patterns_and_nodes_to_come), T(hidden_rules_are_dropped),
    T(dropping_changes_no_profile), T(the_book_has_an_end), T(several_at_once), T(fixes_of_one_rule_have_an_end),
    T(a_fix_leaves_other_faults), T(large_cuts_are_hidden_too))
