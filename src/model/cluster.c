/* SPDX-License-Identifier: MIT */
#include "model/cluster.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "model/pattern.h"

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

/* ---- nodes by name ---- */

/* The numbers of nodes among those of the cluster, and one more: 0 is free. There are at least twice as many places. */
struct names {
    const struct cluster *cluster;
    uint32_t *at;
    size_t room;
};

static size_t room_for(size_t count)
{
    size_t room = 16;

    while (room < 2 * count)
        room *= 2;
    return room;
}

static struct names names_for(const struct cluster *cluster, size_t count)
{
    size_t room = room_for(count);

    return (struct names){cluster, mem_new(room * sizeof(uint32_t)), room};
}

static uint64_t hash_of(const char *name)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a */

    for (; *name; name++)
        hash = (hash ^ (uint8_t)*name) * UINT64_C(0x100000001b3);
    return hash ^ hash >> 32;
}

/* Where the node of that name stands, or would. */
static uint32_t *place_of(const struct names *names, const char *name)
{
    size_t i = hash_of(name) & (names->room - 1);

    while (names->at[i] && strcmp(names->cluster->nodes[names->at[i] - 1].name, name) != 0)
        i = (i + 1) & (names->room - 1);
    return &names->at[i];
}

static int by_name(const void *left, const void *right)
{
    return strcmp(((const struct cluster_node *)left)->name, ((const struct cluster_node *)right)->name);
}

static void sort_nodes(const struct cluster *cluster, size_t first)
{
    if (cluster->nodes_count > first + 1)
        qsort(&cluster->nodes[first], cluster->nodes_count - first, sizeof(*cluster->nodes), by_name);
}

static void begin_with_registered(struct cluster *cluster, const struct cluster_node *added, size_t added_count,
                                  const struct names *names)
{
    for (size_t i = 0; i < added_count; i++)
        if (added[i].standing == NODE_REGISTERED)
            cluster_add_node(cluster, &added[i]);
    sort_nodes(cluster, 0);
    for (size_t i = 0; i < cluster->nodes_count; i++)
        *place_of(names, cluster->nodes[i].name) = (uint32_t)i + 1;
}

/* Of those that have one name the first stays. */
static void end_with_remembered(struct cluster *cluster, const struct cluster_node *added, size_t added_count)
{
    struct names names = names_for(cluster, added_count);
    size_t first = cluster->nodes_count;

    for (size_t i = 0; i < added_count; i++) {
        uint32_t *place = place_of(&names, added[i].name);

        if (added[i].standing != NODE_REMEMBERED || *place)
            continue;
        cluster_add_node(cluster, &added[i]);
        *place = (uint32_t)cluster->nodes_count;
    }
    sort_nodes(cluster, first);
    free(names.at);
}

/* The first behind those of that standing. */
static size_t end_of(const struct cluster *cluster, enum node_standing standing)
{
    return standing == NODE_REGISTERED ? cluster->registered_count
           : standing == NODE_SEEN     ? cluster->registered_count + cluster->seen_count
                                       : cluster->nodes_count;
}

/* The first of them whose name does not stand before what begins so. */
static size_t first_like(const struct cluster *cluster, enum node_standing standing, const char *begin, size_t len)
{
    size_t low = standing == NODE_REGISTERED ? 0 : end_of(cluster, standing - 1), high = end_of(cluster, standing);

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (strncmp(cluster->nodes[middle].name, begin, len) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/*
 * Goes over the nodes of that standing that begin as the pattern does up to its first glob or @: all that it can mean,
 * and few others. `node` NULL: the first. Returns NULL behind the last one.
 */
static const struct cluster_node *next_like(const struct cluster *cluster, enum node_standing standing,
                                            const struct cluster_node *node, const char *pattern)
{
    size_t len = strcspn(pattern, "*?[@");
    size_t at = node ? (size_t)(node - cluster->nodes) + 1 : first_like(cluster, standing, pattern, len);

    return at < end_of(cluster, standing) && strncmp(cluster->nodes[at].name, pattern, len) == 0 ? &cluster->nodes[at]
                                                                                                 : NULL;
}

enum known cluster_knows(const struct cluster *cluster, const char *pattern, enum node_standing farthest)
{
    enum known known = KNOWN_no;

    for (enum node_standing standing = NODE_REGISTERED; standing <= farthest; standing++) {
        const struct cluster_node *node = NULL;

        while ((node = next_like(cluster, standing, node, pattern))) {
            if (pattern_matches(pattern, node->name))
                return KNOWN_yes;
            if (!strchr(node->name, '@') && pattern_overlaps(pattern, node->name))
                known = KNOWN_perhaps;
        }
    }
    return known;
}

/* ---- the ends of links ---- */

/* The number of the node of that name: one that is registered, or is seen from now on. */
static uint32_t see(struct cluster *cluster, const struct names *names, const char *name)
{
    uint32_t *place = place_of(names, name);

    if (!*place) {
        cluster_add_node(cluster, &(struct cluster_node){.name = name, .standing = NODE_SEEN});
        *place = (uint32_t)cluster->nodes_count;
    }
    return *place - 1;
}

/* Whoever is at the end of a link over which nodes talk, or have talked, is there; a raw one's acceptor may be gone. */
static void find_ends(struct cluster *cluster, const struct names *names)
{
    for (size_t i = 0; i < cluster->links_count; i++) {
        struct cluster_link *link = &cluster->links[i];

        link->dialer_at = link->acceptor_at = CLUSTER_NOBODY;
        if (link->state != LINK_UP && link->state != LINK_PARTED)
            continue;
        link->dialer_at = see(cluster, names, link->dialer);
        link->acceptor_at = see(cluster, names, link->acceptor);
    }
    for (size_t i = 0; i < cluster->links_count; i++)
        if (cluster->links[i].state == LINK_RAW && *place_of(names, cluster->links[i].acceptor))
            cluster->links[i].acceptor_at = *place_of(names, cluster->links[i].acceptor) - 1;
}

static int by_name_of_number(const void *left, const void *right, void *nodes)
{
    const struct cluster_node *all = nodes;

    return strcmp(all[*(const uint32_t *)left].name, all[*(const uint32_t *)right].name);
}

/* Those that are only seen stand in the order in which they were found: now in that of their names, as all do. */
static void sort_seen(struct cluster *cluster)
{
    size_t count = cluster->nodes_count, first = cluster->registered_count;
    uint32_t *old = mem_new((count + 1) * sizeof(*old)), *new = mem_new((count + 1) * sizeof(*new));

    for (uint32_t i = 0; i < count; i++)
        old[i] = i;
    qsort_r(old + first, count - first, sizeof(*old), by_name_of_number, cluster->nodes);
    for (uint32_t i = 0; i < count; i++)
        new[old[i]] = i;
    for (size_t i = 0; i < cluster->links_count; i++) {
        struct cluster_link *link = &cluster->links[i];

        link->dialer_at = link->dialer_at == CLUSTER_NOBODY ? CLUSTER_NOBODY : new[link->dialer_at];
        link->acceptor_at = link->acceptor_at == CLUSTER_NOBODY ? CLUSTER_NOBODY : new[link->acceptor_at];
    }
    sort_nodes(cluster, first);
    free(old);
    free(new);
}

/* ---- pairs ---- */

static uint64_t pair_of(uint64_t i, uint64_t j)
{
    return i < j ? i << 32 | j : j << 32 | i;
}

/* Where the pair stands, or would, as one more than it is: 0 is free. */
static uint64_t *place_of_pair(const struct cluster *cluster, uint64_t pair)
{
    size_t i = (size_t)(pair * UINT64_C(0x9e3779b97f4a7c15) >> 32) & (cluster->pairs_room - 1); /* Fibonacci hashing */

    while (cluster->pairs[i] && cluster->pairs[i] != pair + 1)
        i = (i + 1) & (cluster->pairs_room - 1);
    return &cluster->pairs[i];
}

/* What the links say about the nodes at their ends. */
static void follow_links(struct cluster *cluster)
{
    cluster->pairs_room = room_for(cluster->links_count);
    cluster->pairs = mem_new(cluster->pairs_room * sizeof(*cluster->pairs));
    for (size_t i = 0; i < cluster->links_count; i++) {
        const struct cluster_link *link = &cluster->links[i];
        uint64_t pair = pair_of(link->dialer_at, link->acceptor_at);

        if (link->state == LINK_RAW && link->acceptor_at != CLUSTER_NOBODY)
            cluster->nodes[link->acceptor_at].raw = link;
        if (link->state != LINK_UP)
            continue;
        cluster->nodes[link->dialer_at].linked = cluster->nodes[link->acceptor_at].linked = true;
        *place_of_pair(cluster, pair) = pair + 1;
        cluster->pairs_count++;
    }
}

bool cluster_connects(const struct cluster *cluster, const struct cluster_node *a, const struct cluster_node *b)
{
    return *place_of_pair(cluster, pair_of((uint64_t)(a - cluster->nodes), (uint64_t)(b - cluster->nodes))) != 0;
}

void cluster_finish(struct cluster *cluster)
{
    struct cluster_node *added = cluster->nodes;
    size_t added_count = cluster->nodes_count;
    struct names names = names_for(cluster, added_count + 2 * cluster->links_count);

    cluster->nodes = NULL;
    cluster->nodes_count = cluster->registered_count = 0;
    begin_with_registered(cluster, added, added_count, &names);
    find_ends(cluster, &names);
    sort_seen(cluster);
    end_with_remembered(cluster, added, added_count);
    follow_links(cluster);
    free(names.at);
    free(added);
}
