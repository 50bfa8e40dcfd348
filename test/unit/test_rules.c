/* SPDX-License-Identifier: MIT */
#include "islands_of.h"
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/rules.h"

static int changes;

static void on_change(void *data)
{
    (void)data;
    changes++;
}

static void cut(struct rules *rules, const char *text, bool one_way)
{
    struct islands islands = islands_of(text);
    const struct rule *rule;

    assert_int_equal(rules_cut(rules, &islands, one_way, &rule), 0);
    assert_int_equal(rule->fault, FAULT_PARTITION);
}

static void fix(struct rules *rules, const char *text)
{
    struct islands islands = text ? islands_of(text) : (struct islands){0};

    assert_int_equal(rules_fix(rules, text ? &islands : NULL), 0);
}

static size_t count(const struct rules *rules)
{
    size_t count = 0;

    for (const struct rule *rule = rules_first(rules); rule; rule = rule->next)
        count++;
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

            if (rules_profile(rules, a, b).hold)
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
    assert_true(rules_profile(rules, "a1@h1", "b@h2").hold);
    assert_true(rules_profile(rules, "b@h2", "a9@h1").hold);
    assert_false(rules_profile(rules, "b@h1", "c@h1").hold);
    assert_true(rules_profile(rules, "a1@h2", "b@h2").hold);   /* a1 belongs to the first island that matches */
    assert_false(rules_profile(rules, "a1@h1", "a2@h1").hold); /* one island stays whole */
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
    assert_int_equal(count(rules), 2);
    fix(rules, "2@h 3"); /* only on that host: not all that the rule says */
    assert_int_equal(count(rules), 3);
    rules_free(rules);
}

static bool is_allowed(const char *text)
{
    struct islands islands = islands_of(text);
    char error[256];
    bool allowed = islands_check(&islands, error, sizeof(error)) == 0;

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
                    if (rules_profile(single[i], x, y).hold)
                        expected = !heals[i];
                assert_int_equal(rules_profile(rules, x, y).hold, expected);
            }
        for (int i = 0; i < steps; i++)
            rules_free(single[i]);
        rules_free(rules);
    }
}

static void the_book_has_an_end(void **state)
{
    struct rules *rules = book();
    struct islands islands;
    const struct rule *rule;
    char text[32];
    (void)state;

    for (int i = 0; i < RULES_MAX; i++) {
        snprintf(text, sizeof(text), "a%d b", i);
        cut(rules, text, false);
    }
    islands = islands_of("c d");
    assert_int_equal(rules_cut(rules, &islands, false, &rule), -ENOSPC);
    assert_int_equal(rules_fix(rules, &islands), -ENOSPC);
    assert_int_equal(islands.count, 2);
    islands_done(&islands);
    fix(rules, NULL);
    assert_int_equal(count(rules), 0);
    rules_free(rules);
}

RUN(T(two_islands), T(many_islands), T(one_way), T(pairwise_fix), T(the_newest_rule_decides),
    T(patterns_and_nodes_to_come), T(hidden_rules_are_dropped), T(dropping_changes_no_profile), T(the_book_has_an_end))
