/* SPDX-License-Identifier: MIT */
#include "model/cluster.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* Room for one more at the end of an array, which doubles: there may be thousands. */
static void *grow(void *at, size_t count, size_t unit)
{
    return count & (count - 1) ? at : mem_resize(at, (count ? 2 * count : 1) * unit);
}

void cluster_add_node(struct cluster *cluster, const struct cluster_node *node)
{
    cluster->nodes = grow(cluster->nodes, cluster->nodes_count, sizeof(*cluster->nodes));
    cluster->nodes[cluster->nodes_count++] = *node;
    cluster->registered_count += node->standing == NODE_REGISTERED;
    cluster->seen_count += node->standing == NODE_SEEN;
}

void cluster_add_link(struct cluster *cluster, const struct cluster_link *link)
{
    cluster->links = grow(cluster->links, cluster->links_count, sizeof(*cluster->links));
    cluster->links[cluster->links_count++] = *link;
}

void cluster_done(struct cluster *cluster)
{
    free(cluster->nodes);
    free(cluster->links);
    free(cluster->pairs);
    *cluster = (struct cluster){0};
}

/* ---- nodes that are seen only ---- */

static int by_bytes(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static const char **registered_names(const struct cluster *cluster)
{
    const char **names = mem_new((cluster->registered_count + 1) * sizeof(*names));
    size_t count = 0;

    for (size_t i = 0; i < cluster->nodes_count; i++)
        if (cluster->nodes[i].standing == NODE_REGISTERED)
            names[count++] = cluster->nodes[i].name;
    qsort(names, count, sizeof(*names), by_bytes);
    return names;
}

/* The names at the ends of links over which nodes talk or have talked, sorted; some more than once. */
static size_t linked_names(const struct cluster *cluster, const char ***ret)
{
    const char **names = mem_new((2 * cluster->links_count + 1) * sizeof(*names));
    size_t count = 0;

    for (size_t i = 0; i < cluster->links_count; i++) {
        const struct cluster_link *link = &cluster->links[i];

        if (link->state != LINK_UP && link->state != LINK_PARTED)
            continue;
        names[count++] = link->dialer;
        names[count++] = link->acceptor;
    }
    qsort(names, count, sizeof(*names), by_bytes);
    *ret = names;
    return count;
}

static void find_seen(struct cluster *cluster)
{
    const char **registered = registered_names(cluster), **linked;
    size_t count = linked_names(cluster, &linked);

    for (size_t i = 0; i < count; i++)
        if ((i == 0 || strcmp(linked[i - 1], linked[i]) != 0) &&
            !bsearch(&linked[i], registered, cluster->registered_count, sizeof(*registered), by_bytes))
            cluster_add_node(cluster, &(struct cluster_node){.name = linked[i], .standing = NODE_SEEN});
    free(registered);
    free(linked);
}

static int by_standing(const void *left, const void *right)
{
    const struct cluster_node *x = left, *y = right;
    int order = (int)x->standing - (int)y->standing;

    return order ? order : strcmp(x->name, y->name);
}

static void sort_nodes(struct cluster *cluster)
{
    if (cluster->nodes_count > 1)
        qsort(cluster->nodes, cluster->nodes_count, sizeof(*cluster->nodes), by_standing);
}

/* ---- pairs ---- */

/* Within [first, end) of the nodes, which are sorted by name there. */
static struct cluster_node *find_within(const struct cluster *cluster, size_t first, size_t end, const char *name)
{
    while (first < end) {
        size_t middle = first + (end - first) / 2;
        int order = strcmp(name, cluster->nodes[middle].name);

        if (order == 0)
            return &cluster->nodes[middle];
        if (order < 0)
            end = middle;
        else
            first = middle + 1;
    }
    return NULL;
}

/* The node that registered under that name, or that is seen only; or NULL. */
static struct cluster_node *find(const struct cluster *cluster, const char *name)
{
    struct cluster_node *node = find_within(cluster, 0, cluster->registered_count, name);

    return node
               ? node
               : find_within(cluster, cluster->registered_count, cluster->registered_count + cluster->seen_count, name);
}

static uint64_t pair_of(const struct cluster *cluster, const struct cluster_node *a, const struct cluster_node *b)
{
    uint64_t i = (uint64_t)(a - cluster->nodes), j = (uint64_t)(b - cluster->nodes);

    return i < j ? i << 32 | j : j << 32 | i;
}

static int by_number(const void *left, const void *right)
{
    const uint64_t *x = left, *y = right;

    return (*x > *y) - (*x < *y);
}

/* What the links say about the nodes at their ends. */
static void follow_links(struct cluster *cluster)
{
    cluster->pairs = mem_new((cluster->links_count + 1) * sizeof(*cluster->pairs));
    for (size_t i = 0; i < cluster->links_count; i++) {
        const struct cluster_link *link = &cluster->links[i];
        struct cluster_node *acceptor = find(cluster, link->acceptor), *dialer;

        if (link->state == LINK_RAW && acceptor)
            acceptor->raw = link;
        if (link->state != LINK_UP)
            continue;
        dialer = find(cluster, link->dialer);
        assert(dialer && acceptor); /* both ends of such a link are nodes here */
        dialer->linked = acceptor->linked = true;
        cluster->pairs[cluster->pairs_count++] = pair_of(cluster, dialer, acceptor);
    }
    qsort(cluster->pairs, cluster->pairs_count, sizeof(*cluster->pairs), by_number);
}

bool cluster_connects(const struct cluster *cluster, const struct cluster_node *a, const struct cluster_node *b)
{
    uint64_t pair = pair_of(cluster, a, b);

    return cluster->pairs_count > 0 &&
           bsearch(&pair, cluster->pairs, cluster->pairs_count, sizeof(pair), by_number) != NULL;
}

void cluster_finish(struct cluster *cluster)
{
    find_seen(cluster);
    sort_nodes(cluster);
    follow_links(cluster);
}
