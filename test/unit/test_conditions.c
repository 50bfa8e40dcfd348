/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/refusal.h"
#include "model/conditions.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define NODES 60

/* What is missing, or "": it holds. */
static const char *look(const char *text, const struct cluster *cluster)
{
    static char missing[1024];
    struct condition condition;
    struct refusal refusal;
    bool holds;

    assert_int_equal(condition_parse(text, &condition, &refusal), 0);
    holds = condition_holds(&condition, cluster, 0, missing, sizeof(missing));
    condition_done(&condition);
    return holds ? "" : missing;
}

static void test_of_pairs(void **state)
{
    static const char *const names[] = {"a@h", "b@h", "c@h"};
    static const struct link links[] = {{.a = "b@h", .b = "a@h"}, {.a = "c@h", .b = "b@h", .cut = true}};
    const struct cluster cluster = {names, COUNT(names), links, COUNT(links), false, 0};

    (void)state;
    assert_string_equal(look("up 3", &cluster), "");
    assert_string_equal(look("up 4", &cluster), "3 of 4 nodes are registered");
    assert_string_equal(look("mesh", &cluster), "a@h and c@h are not connected");
    assert_string_equal(look("mesh a,b", &cluster), "");
    assert_string_equal(look("mesh a", &cluster), "one such node is registered, and two are needed");
    assert_string_equal(look("connected a b", &cluster), "");
    assert_string_equal(look("connected b a,c", &cluster), "");
    assert_string_equal(look("connected a b,c", &cluster), "a@h and c@h are not connected");
    assert_string_equal(look("connected a a", &cluster), "a node is not connected with itself");
    assert_string_equal(look("connected a d", &cluster), "no node named 'd' is registered");
    assert_string_equal(look("disconnected a c", &cluster), "");
    assert_string_equal(look("disconnected a,b c", &cluster), "c@h and b@h are still connected");
    assert_string_equal(look("noticed", &cluster), "c@h and b@h are cut, and have not noticed yet");
}

static void test_hidden_nodes_are_in_no_mesh(void **state)
{
    static const char *const names[] = {"a@h", "b@h", "c@h"};
    static const struct link links[] = {{.a = "b@h", .b = "a@h"}, {.a = "c@h", .b = "b@h", .a_hidden = true}};
    const struct cluster cluster = {names, COUNT(names), links, COUNT(links), false, 0};

    (void)state;
    assert_string_equal(look("mesh", &cluster), "");
    assert_string_equal(look("mesh *", &cluster), "a@h and c@h are not connected");
}

/* Whoever dialled, and in any order. */
static void test_a_large_mesh(void **state)
{
    static char texts[NODES][32];
    static const char *names[NODES];
    static struct link links[NODES * NODES];
    struct cluster cluster = {names, NODES, links, 0, false, 0};

    (void)state;
    for (size_t i = 0; i < NODES; i++) {
        snprintf(texts[i], sizeof(texts[i]), "node%zu@h", i);
        names[i] = texts[i];
    }
    for (size_t i = 0; i < NODES; i++)
        for (size_t j = i + 1; j < NODES; j++)
            links[cluster.links_count++] =
                (struct link){.a = names[(i + j) % 2 ? i : j], .b = names[(i + j) % 2 ? j : i]};
    assert_string_equal(look("mesh", &cluster), "");
    cluster.links_count -= 3; /* 57-58 and 57-59, 58-59 */
    assert_string_equal(look("mesh", &cluster), "node57@h and node58@h are not connected, and 2 other pairs are not");
}

static void test_quiet(void **state)
{
    struct cluster cluster = {.connecting = true};
    struct condition condition;
    struct refusal refusal;
    char missing[200];

    (void)state;
    assert_int_equal(condition_parse("quiet", &condition, &refusal), 0);
    assert_false(condition_holds(&condition, &cluster, 1, missing, sizeof(missing)));
    assert_false(condition_holds(&condition, &cluster, 1 + CONDITION_QUIET_US, missing, sizeof(missing)));
    assert_string_equal(missing, "nodes are connecting");
    cluster.connecting = false;
    assert_true(condition_holds(&condition, &cluster, 1 + 2 * CONDITION_QUIET_US, missing, sizeof(missing)));
    cluster.activity++;
    assert_false(condition_holds(&condition, &cluster, 2 + 2 * CONDITION_QUIET_US, missing, sizeof(missing)));
    assert_false(condition_holds(&condition, &cluster, 1 + 3 * CONDITION_QUIET_US, missing, sizeof(missing)));
    assert_true(condition_holds(&condition, &cluster, 2 + 3 * CONDITION_QUIET_US, missing, sizeof(missing)));
    condition_done(&condition);
}

RUN(T(test_of_pairs), T(test_hidden_nodes_are_in_no_mesh), T(test_a_large_mesh), T(test_quiet))
