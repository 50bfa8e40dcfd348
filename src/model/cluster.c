/* SPDX-License-Identifier: MIT */
#include "model/cluster.h"

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
}

void cluster_add_link(struct cluster *cluster, const struct cluster_link *link)
{
    cluster->links = grow(cluster->links, cluster->links_count, sizeof(*cluster->links));
    cluster->links[cluster->links_count++] = *link;
    cluster->raw_count += link->state == LINK_RAW;
}

void cluster_done(struct cluster *cluster)
{
    free(cluster->nodes);
    free(cluster->links);
    free(cluster->pairs);
    *cluster = (struct cluster){0};
}

/* ---- pairs ---- */

/* The names of a link, in order. */
static void names_of(const struct cluster_link *link, const char *to[2])
{
    bool in_order = strcmp(link->dialer, link->acceptor) < 0;

    to[0] = in_order ? link->dialer : link->acceptor;
    to[1] = in_order ? link->acceptor : link->dialer;
}

static int by_names(const void *left, const void *right)
{
    const char *x[2], *y[2];
    int order;

    names_of(*(const struct cluster_link *const *)left, x);
    names_of(*(const struct cluster_link *const *)right, y);
    order = strcmp(x[0], y[0]);
    return order ? order : strcmp(x[1], y[1]);
}

static void sort_pairs(struct cluster *cluster)
{
    cluster->pairs = mem_new((cluster->links_count + 1) * sizeof(*cluster->pairs));
    for (size_t i = 0; i < cluster->links_count; i++)
        if (cluster->links[i].state == LINK_UP)
            cluster->pairs[cluster->pairs_count++] = &cluster->links[i];
    qsort(cluster->pairs, cluster->pairs_count, sizeof(*cluster->pairs), by_names);
}

bool cluster_connects(const struct cluster *cluster, const char *a, const char *b)
{
    const struct cluster_link wanted = {.dialer = a, .acceptor = b}, *key = &wanted;

    return cluster->pairs_count > 0 &&
           bsearch(&key, cluster->pairs, cluster->pairs_count, sizeof(*cluster->pairs), by_names) != NULL;
}

const struct cluster_link *cluster_raw_link(const struct cluster *cluster, const char *acceptor)
{
    for (size_t i = 0; i < cluster->links_count && cluster->raw_count > 0; i++)
        if (cluster->links[i].state == LINK_RAW && strcmp(cluster->links[i].acceptor, acceptor) == 0)
            return &cluster->links[i];
    return NULL;
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

void cluster_finish(struct cluster *cluster)
{
    sort_pairs(cluster);
    find_seen(cluster);
    if (cluster->nodes_count > 1)
        qsort(cluster->nodes, cluster->nodes_count, sizeof(*cluster->nodes), by_standing);
}
