/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "model/registry.h"

#define NOW 1800000000U

static const struct owner owner;

static struct node *add(struct registry *registry, const char *name, uint16_t port)
{
    struct epmd_node told = {.name = (const uint8_t *)name,
                             .name_len = strlen(name),
                             .port = port,
                             .extra = (const uint8_t *)"x",
                             .extra_len = 1};

    return registry_add(registry, &told, &owner, 9, NOW);
}

static struct node *find(const struct registry *registry, const char *name)
{
    return registry_find(registry, name, strlen(name));
}

static void found_by_all_its_bytes(void **state)
{
    struct registry *registry = registry_new(10);
    (void)state;

    add(registry, "foo", 1);
    assert_non_null(find(registry, "foo"));
    assert_null(find(registry, "fo"));
    assert_null(find(registry, "Foo"));
    assert_null(find(registry, "foo2"));
    assert_int_equal(find(registry, "foo")->told.port, 1);
    assert_memory_equal(find(registry, "foo")->told.extra, "x", 1);
    registry_remove(registry, find(registry, "foo"));
    assert_null(find(registry, "foo"));
    registry_free(registry);
}

/* As the stock daemon: from the wall clock at first, and one more each time the name comes back. */
static void creations(void **state)
{
    struct registry *registry = registry_new(10);
    (void)state;

    assert_int_equal(add(registry, "foo", 1)->creation, NOW + 1);
    for (uint32_t i = 2; i < 10; i++) {
        registry_remove(registry, find(registry, "foo"));
        assert_int_equal(add(registry, "foo", 1)->creation, NOW + i);
    }
    registry_free(registry);
}

static void creations_stay_above_those_of_old_nodes(void **state)
{
    struct registry *registry = registry_new(10);
    struct epmd_node told = {.name = (const uint8_t *)"a", .name_len = 1};
    (void)state;

    assert_int_equal(registry_add(registry, &told, &owner, 9, UINT32_MAX)->creation, 4);
    told.name = (const uint8_t *)"b";
    assert_int_equal(registry_add(registry, &told, &owner, 9, 0)->creation, 4);
    registry_free(registry);
}

static void the_oldest_names_are_forgotten(void **state)
{
    struct registry *registry = registry_new(3);
    char name[8];
    size_t count = 0;
    (void)state;

    for (int i = 0; i < 5; i++) {
        snprintf(name, sizeof(name), "n%d", i);
        add(registry, name, 1);
    }
    for (int i = 0; i < 5; i++) {
        snprintf(name, sizeof(name), "n%d", i);
        registry_remove(registry, find(registry, name));
    }
    for (const struct node *node = registry_remembered(registry); node; node = node->next)
        snprintf(name, sizeof(name), "n%zu", 2 + count++), assert_string_equal(node->name, name);
    assert_int_equal(count, 3);
    assert_int_equal(add(registry, "n4", 1)->creation, NOW + 2); /* remembered */
    assert_int_equal(add(registry, "n0", 1)->creation, NOW + 1); /* forgotten */
    registry_free(registry);
}

static void newest_first(void **state)
{
    struct registry *registry = registry_new(10);
    const struct node *node;
    (void)state;

    add(registry, "foo", 1);
    add(registry, "bar", 2);
    add(registry, "baz", 3);
    registry_remove(registry, find(registry, "foo"));
    add(registry, "foo", 4);
    node = registry_nodes(registry);
    assert_string_equal(node->name, "foo");
    assert_string_equal(node->next->name, "baz");
    assert_string_equal(node->next->next->name, "bar");
    assert_null(node->next->next->next);
    registry_free(registry);
}

static void full_names_are_learnt_and_lost(void **state)
{
    struct registry *registry = registry_new(10);
    struct node *foo = add(registry, "foo", 1);
    (void)state;

    assert_string_equal(node_name(foo), "foo");
    assert_false(node_learn(foo, "bar@vm", false));
    assert_false(node_learn(foo, "fo@vm", false));
    assert_null(foo->full_name);
    assert_true(node_learn(foo, "foo@vm", false));
    assert_string_equal(node_name(foo), "foo@vm");
    assert_true(node_learn(foo, "foo@vm", false));
    assert_false(node_learn(foo, "foo@elsewhere", true)); /* nobody takes a name over */
    assert_string_equal(node_name(foo), "foo@vm");
    assert_false(node_is_hidden(foo));
    registry_remove(registry, foo);
    assert_null(add(registry, "foo", 1)->full_name);
    registry_free(registry);
}

static void who_is_hidden(void **state)
{
    struct registry *registry = registry_new(10);
    struct node *ordinary = add(registry, "foo", 1), *tool = add(registry, "tool", 2), *c_node;
    const struct epmd_node told = {.name = (const uint8_t *)"c", .name_len = 1, .type = NODE_TYPE_C, .version_high = 6};
    (void)state;

    c_node = registry_add(registry, &told, &owner, 3, 1000);
    assert_true(node_is_hidden(c_node));
    assert_false(node_is_hidden(tool));
    node_learn(tool, "tool@vm", true);
    assert_true(node_is_hidden(tool)); /* whatever it has registered as */
    node_learn(ordinary, "foo@vm", true);
    node_learn(ordinary, "foo@vm", false); /* one of its connections is hidden, not the node */
    assert_false(node_is_hidden(ordinary));
    registry_remove(registry, tool);
    assert_false(node_is_hidden(add(registry, "tool", 2)));
    registry_free(registry);
}

static void a_node_is_known_by_its_creation(void **state)
{
    struct registry *registry = registry_new(10);
    struct epmd_node told = {.name = (const uint8_t *)"new", .name_len = 3, .version_high = 6};
    struct node *node = registry_add(registry, &told, &owner, 3, 1000);
    (void)state;

    assert_true(node_has_creation(node, 1001));
    assert_false(node_has_creation(node, 1000));
    told.name = (const uint8_t *)"old";
    told.version_high = 5;
    node = registry_add(registry, &told, &owner, 3, 1000);
    assert_true(node_has_creation(node, 1001 % 3 + 1));
    assert_false(node_has_creation(node, 1001));
    registry_free(registry);
}

static void a_hundred_thousand_names(void **state)
{
    struct registry *registry = registry_new(1000);
    char name[16];
    (void)state;

    for (int i = 0; i < 100000; i++) {
        snprintf(name, sizeof(name), "node%d", i);
        add(registry, name, (uint16_t)i);
    }
    for (int i = 0; i < 100000; i++) {
        snprintf(name, sizeof(name), "node%d", i);
        assert_int_equal(find(registry, name)->told.port, (uint16_t)i);
    }
    registry_free(registry);
}

RUN(T(found_by_all_its_bytes), T(creations), T(creations_stay_above_those_of_old_nodes),
    T(the_oldest_names_are_forgotten), T(newest_first), T(full_names_are_learnt_and_lost), T(who_is_hidden),
    T(a_node_is_known_by_its_creation), T(a_hundred_thousand_names))
