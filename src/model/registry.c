/* SPDX-License-Identifier: MIT */
#include "model/registry.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "base/memory.h"

#define CREATION_MIN 4 /* 0 means "no creation"; 1 to 3 are those of old nodes */

struct registry {
    struct node *names; /* hash table: live and remembered */
    struct node *live, *remembered;
    size_t live_count, remembered_count, remembered_max;
    uint64_t last_number;
    uint64_t lessons;
};

struct registry *registry_new(size_t remembered_max)
{
    struct registry *registry = mem_new(sizeof(*registry));

    registry->remembered_max = remembered_max;
    return registry;
}

const char *node_name(const struct node *node)
{
    return node->full_name ? node->full_name : node->name;
}

bool node_is_hidden(const struct node *node)
{
    return node->told.type == NODE_TYPE_HIDDEN || node->told.type == NODE_TYPE_C || node->shown_as == SHOWN_HIDDEN;
}

bool node_is_ours(const struct node *node)
{
    return node->owner && node->owner->is_ours;
}

bool node_has_creation(const struct node *node, uint32_t creation)
{
    return creation == epmd_told_creation(node->told.version_high, node->creation);
}

static void node_free(struct node *node)
{
    free(node->name);
    free(node->full_name);
    free((void *)node->told.extra);
    free(node);
}

void registry_free(struct registry *registry)
{
    struct node *node, *next;

    if (!registry)
        return;
    HASH_ITER(hh, registry->names, node, next) {
        HASH_DEL(registry->names, node);
        node_free(node);
    }
    free(registry);
}

static struct node *find_any(const struct registry *registry, const void *name, size_t len)
{
    struct node *node;

    HASH_FIND(hh, registry->names, name, len, node);
    return node;
}

struct node *registry_find(const struct registry *registry, const void *name, size_t len)
{
    struct node *node = find_any(registry, name, len);

    return node && node->owner ? node : NULL;
}

static void bump_creation(struct node *node)
{
    node->creation++;
    if (node->creation < CREATION_MIN)
        node->creation = CREATION_MIN;
}

static struct node *node_new(struct registry *registry, const struct epmd_node *told, uint32_t now_s)
{
    struct node *node = mem_new(sizeof(*node));

    node->name = mem_string(told->name, told->name_len);
    node->creation = now_s;
    HASH_ADD_KEYPTR(hh, registry->names, node->name, told->name_len, node);
    return node;
}

struct node *registry_add(struct registry *registry, const struct epmd_node *told, const struct owner *owner, int fd,
                          uint32_t now_s)
{
    struct node *node = find_any(registry, told->name, told->name_len);

    assert(owner);
    if (node) {
        assert(!node->owner);
        free(node->full_name);
        node->full_name = NULL;
        node->shown_as = 0;
        DL_DELETE(registry->remembered, node);
        registry->remembered_count--;
    } else {
        node = node_new(registry, told, now_s);
    }

    free((void *)node->told.extra);
    node->told = *told;
    node->told.name = (const uint8_t *)node->name;
    node->told.extra = (const uint8_t *)mem_string(told->extra, told->extra_len);
    node->registry = registry;
    node->owner = owner;
    node->fd = fd;
    registry->lessons++;
    node->number = ++registry->last_number;
    bump_creation(node);
    DL_PREPEND(registry->live, node);
    registry->live_count += !owner->is_ours;
    return node;
}

static void forget_oldest(struct registry *registry)
{
    struct node *oldest = registry->remembered;

    DL_DELETE(registry->remembered, oldest);
    registry->remembered_count--;
    HASH_DEL(registry->names, oldest);
    node_free(oldest);
}

void registry_remove(struct registry *registry, struct node *node)
{
    assert(node->owner && !node->gates);
    registry->live_count -= !node->owner->is_ours;
    node->owner = NULL;
    registry->lessons++;
    DL_DELETE(registry->live, node);

    DL_APPEND(registry->remembered, node);
    registry->remembered_count++;
    if (registry->remembered_count > registry->remembered_max)
        forget_oldest(registry);
}

bool node_learn(struct node *node, const char *full_name, bool hidden)
{
    size_t len = strcspn(full_name, "@");
    unsigned shown_as = node->shown_as | (hidden ? SHOWN_HIDDEN : SHOWN_PUBLISHED);

    if (node->full_name ? strcmp(node->full_name, full_name) != 0
                        : strlen(node->name) != len || memcmp(node->name, full_name, len) != 0)
        return false;
    if (!node->full_name || shown_as != node->shown_as)
        node->registry->lessons++;
    if (!node->full_name)
        node->full_name = mem_string(full_name, strlen(full_name));
    node->shown_as = shown_as;
    return true;
}

uint64_t registry_lessons(const struct registry *registry)
{
    return registry->lessons;
}

size_t registry_count(const struct registry *registry)
{
    return registry->live_count;
}

struct node *registry_before(const struct registry *registry, uint64_t number)
{
    struct node *node = registry->live;

    while (node && node->number >= number)
        node = node->next;
    return node;
}

struct node *registry_nodes(const struct registry *registry)
{
    return registry->live;
}

struct node *registry_remembered(const struct registry *registry)
{
    return registry->remembered;
}
