/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "model/registry.h"

#define NOW 1800000000U

static int owner; /* anything that is not NULL */

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
    (void)state;

    add(registry, "foo", 1);
    registry_learn_full_name(registry, "bar@vm");
    registry_learn_full_name(registry, "foo@vm");
    assert_string_equal(find(registry, "foo")->full_name, "foo@vm");
    registry_learn_full_name(registry, "foo@other");
    assert_string_equal(find(registry, "foo")->full_name, "foo@other");
    registry_remove(registry, find(registry, "foo"));
    assert_null(add(registry, "foo", 1)->full_name);
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
    T(the_oldest_names_are_forgotten), T(newest_first), T(full_names_are_learnt_and_lost), T(a_hundred_thousand_names))
