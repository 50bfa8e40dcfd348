/* SPDX-License-Identifier: MIT */
#include "model/conditions.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/refusal.h"
#include "model/awaited.h"
#include "model/cluster.h"
#include "model/pattern.h"

void condition_done(struct condition *condition)
{
    islands_done(&condition->islands);
}

uint64_t condition_takes_us(const struct condition *condition)
{
    return condition->kind == CONDITION_quiet     ? CONDITION_QUIET_US
           : condition->kind == CONDITION_settled ? CONDITION_SETTLED_US
                                                  : 0;
}

bool condition_hear(struct condition *condition, const struct event *event)
{
    if (condition->kind == CONDITION_event)
        awaited_hear(condition, event);
    return condition->event != 0;
}

/* ---- who is meant ---- */

static int check_known(const struct island *island, const struct cluster *cluster, struct refusal *refusal)
{
    for (size_t k = 0; k < island->count; k++) {
        const char *pattern = island->patterns[k];

        switch (cluster_knows(cluster, pattern, NODE_SEEN)) {
        case KNOWN_yes:
            continue;
        case KNOWN_perhaps:
            return refuse_as(refusal, -EAGAIN, NULL, "'%.200s': the host of %.*s is not known yet", pattern,
                             (int)strcspn(pattern, "@"), pattern);
        case KNOWN_no:
            return refuse_as(refusal, -EAGAIN, NULL, "no node named '%.200s' is registered", pattern);
        }
    }
    return 0;
}

static int refuse_raw(const struct cluster_link *raw, struct refusal *refusal)
{
    return refuse_as(refusal, -EOPNOTSUPP, NULL,
                     "this cannot be known: cable #%" PRIu64
                     " to %.200s is raw (TLS?), and nobody knows who dialled it",
                     raw->cable, raw->acceptor);
}

/* They are not connected, as far as can be told: a raw link may be between them. */
static int refuse_pair(const struct cluster_node *a, const struct cluster_node *b, struct refusal *refusal)
{
    if (a->raw || b->raw)
        return refuse_raw(a->raw ? a->raw : b->raw, refusal);
    return refuse_as(refusal, -EAGAIN, NULL, "%.200s and %.200s are not connected", a->name, b->name);
}

/* ---- looking ---- */

static bool is_member(const struct condition *condition, const struct cluster_node *node)
{
    if (condition->islands.count > 0)
        return node->standing != NODE_REMEMBERED && islands_find(&condition->islands, node->name) >= 0;
    return node->standing == NODE_REGISTERED && !node->observes;
}

static const struct cluster_node **members_of(const struct condition *condition, const struct cluster *cluster,
                                              size_t *ret_count)
{
    const struct cluster_node **members = mem_new((cluster->nodes_count + 1) * sizeof(*members));
    size_t count = 0;

    for (size_t i = 0; i < cluster->nodes_count; i++)
        if (is_member(condition, &cluster->nodes[i]))
            members[count++] = &cluster->nodes[i];
    *ret_count = count;
    return members;
}

/* A node that has never shaken hands may be a hidden one: those of OTP register like all others. */
static void tell_who_is_unknown(const struct cluster_node *const *members, size_t count, struct refusal *refusal)
{
    for (size_t i = 0; i < count; i++)
        if (!strchr(members[i]->name, '@')) {
            refusal_add(refusal, "; %.200s has never connected: if it is a hidden node, name the others",
                        members[i]->name);
            return;
        }
}

/* A mesh of one node holds: it is connected with all others. */
static int look_at_mesh(const struct condition *condition, const struct cluster *cluster, struct refusal *refusal)
{
    size_t count, without = 0;
    const struct cluster_node **members = members_of(condition, cluster, &count);
    int status = 0;

    if (condition->islands.count > 0)
        status = check_known(&condition->islands.at[0], cluster, refusal);
    else if (count == 0)
        status = refuse_as(refusal, -EAGAIN, NULL, "no node is registered");
    for (size_t i = 0; i < count && (status == 0 || without > 0) && status != -EOPNOTSUPP; i++)
        for (size_t j = i + 1; j < count && status != -EOPNOTSUPP; j++) {
            if (cluster_connects(cluster, members[i], members[j]))
                continue;
            if (without++ == 0 || members[i]->raw || members[j]->raw)
                status = refuse_pair(members[i], members[j], refusal);
        }
    if (status == -EAGAIN && without > 1)
        refusal_add(refusal, ", and %zu other %s not", without - 1, without == 2 ? "pair is" : "pairs are");
    if (status == -EAGAIN && condition->islands.count == 0)
        tell_who_is_unknown(members, count, refusal);
    free(members);
    return status;
}

static bool is_there_in(const struct cluster_node *node, const struct island *island)
{
    return node->standing != NODE_REMEMBERED && island_holds(island, node->name);
}

typedef int pair_fn(const struct cluster *cluster, const struct cluster_node *a, const struct cluster_node *b,
                    struct refusal *refusal);

/* Calls that for every pair of a node of the one island and a node of the other, until it does not return 0. */
static int each_pair(const struct condition *condition, const struct cluster *cluster, pair_fn *look, size_t *ret_count,
                     struct refusal *refusal)
{
    const struct island *a = &condition->islands.at[0], *b = &condition->islands.at[1];
    const struct cluster_node *nodes = cluster->nodes;
    int status = 0;

    *ret_count = 0;
    for (size_t i = 0; i < cluster->nodes_count; i++) {
        if (!is_there_in(&nodes[i], a))
            continue;
        for (size_t j = 0; j < cluster->nodes_count && status == 0; j++)
            if (i != j && is_there_in(&nodes[j], b)) {
                ++*ret_count;
                status = look(cluster, &nodes[i], &nodes[j], refusal);
            }
    }
    return status;
}

static int want_connected(const struct cluster *cluster, const struct cluster_node *a, const struct cluster_node *b,
                          struct refusal *refusal)
{
    return cluster_connects(cluster, a, b) ? 0 : refuse_pair(a, b, refusal);
}

static int look_connected(const struct condition *condition, const struct cluster *cluster, struct refusal *refusal)
{
    size_t count;
    int status = 0;

    for (size_t i = 0; i < 2 && status == 0; i++)
        status = check_known(&condition->islands.at[i], cluster, refusal);
    if (status == 0)
        status = each_pair(condition, cluster, want_connected, &count, refusal);
    if (status == 0 && count == 0)
        status = refuse_as(refusal, -EINVAL, "condition", "a node is not connected with itself");
    return status;
}

static int want_disconnected(const struct cluster *cluster, const struct cluster_node *a, const struct cluster_node *b,
                             struct refusal *refusal)
{
    if (cluster_connects(cluster, a, b))
        return refuse_as(refusal, -EAGAIN, NULL, "%.200s and %.200s are still connected", a->name, b->name);
    if (a->raw || b->raw)
        return refuse_raw(a->raw ? a->raw : b->raw, refusal);
    return 0;
}

/* A raw link to a node that this pattern may mean: over such links its host does not become known. */
static const struct cluster_link *raw_to(const struct cluster *cluster, const char *pattern)
{
    for (size_t i = 0; i < cluster->nodes_count; i++)
        if (cluster->nodes[i].raw && pattern_overlaps(pattern, cluster->nodes[i].name))
            return cluster->nodes[i].raw;
    return NULL;
}

/* One of them has given the connection up, and the other cannot know. */
static int check_secrets(const struct condition *condition, const struct cluster *cluster, struct refusal *refusal)
{
    const struct island *a = &condition->islands.at[0], *b = &condition->islands.at[1];

    for (size_t i = 0; i < cluster->links_count; i++) {
        const struct cluster_link *link = &cluster->links[i];
        bool meant = link->secret && ((island_holds(a, link->dialer) && island_holds(b, link->acceptor)) ||
                                      (island_holds(b, link->dialer) && island_holds(a, link->acceptor)));

        if (meant && !(link->dialer_left && link->acceptor_left))
            return refuse_as(
                refusal, -EAGAIN, NULL, "%.200s has given the connection up, and a fault keeps that from %.200s",
                link->dialer_left ? link->dialer : link->acceptor, link->dialer_left ? link->acceptor : link->dialer);
    }
    return 0;
}

/* What nobody was ever called is a slip, and would hold at once. */
static int look_disconnected(const struct condition *condition, const struct cluster *cluster, struct refusal *refusal)
{
    size_t count;

    for (size_t i = 0; i < 2; i++)
        for (size_t k = 0; k < condition->islands.at[i].count; k++) {
            const char *pattern = condition->islands.at[i].patterns[k];
            enum known known = cluster_knows(cluster, pattern, NODE_REMEMBERED);
            const struct cluster_link *raw = known == KNOWN_perhaps ? raw_to(cluster, pattern) : NULL;

            if (raw)
                return refuse_raw(raw, refusal);
            if (known == KNOWN_no)
                return refuse_as(refusal, -ENOENT, NULL, "no node named '%.200s' is or was here", pattern);
        }
    if (check_secrets(condition, cluster, refusal) < 0)
        return refusal->status;
    return each_pair(condition, cluster, want_disconnected, &count, refusal);
}

/* Which of the two still believes in a connection that is cut? */
static int refuse_unnoticed(const struct cluster_link *link, struct refusal *refusal)
{
    if (link->dialer_left && link->acceptor_left)
        return 0; /* both: the connection is about to go */
    if (link->dialer_left || link->acceptor_left)
        return refuse_as(
            refusal, -EAGAIN, NULL, "%.200s has given up its connection with %.200s, which has not noticed yet",
            link->dialer_left ? link->dialer : link->acceptor, link->dialer_left ? link->acceptor : link->dialer);
    return refuse_as(refusal, -EAGAIN, NULL, "%.200s and %.200s are cut, and have not noticed yet", link->dialer,
                     link->acceptor);
}

static int look_noticed(const struct cluster *cluster, struct refusal *refusal)
{
    int status = 0;

    if (!cluster->cut)
        return refuse_as(refusal, -ENOENT, NULL, "there is nothing to notice: %s",
                         cluster->refuses ? "nothing is cut but new connections (mode refuse)"
                                          : "nothing is cut between nodes that are here");
    for (size_t i = 0; i < cluster->links_count; i++) {
        const struct cluster_link *link = &cluster->links[i];

        if (link->cut && link->state == LINK_RAW)
            return refuse_raw(link, refusal);
        if (status == 0 && link->cut && (link->state == LINK_UP || link->state == LINK_PARTED))
            status = refuse_unnoticed(link, refusal);
    }
    return status;
}

static int look_settled(struct condition *condition, const struct cluster *cluster, uint64_t now_us,
                        struct refusal *refusal)
{
    int status = look_noticed(cluster, refusal);

    if (status == 0 && !condition->seen)
        condition->seen_since_us = now_us;
    condition->seen = status == 0;
    if (status < 0 || now_us - condition->seen_since_us >= CONDITION_SETTLED_US)
        return status;
    return refuse_as(refusal, -EAGAIN, NULL, "the last connection across the cut has only just ended");
}

/* The first name in it that nobody has or had, or NULL. */
static const char *stranger_in(const struct island *island, const struct cluster *cluster)
{
    for (size_t k = 0; k < island->count; k++)
        if (cluster_knows(cluster, island->patterns[k], NODE_REMEMBERED) == KNOWN_no)
            return island->patterns[k];
    return NULL;
}

/* A name that nobody ever had may still come, or is a slip. Of many one is said: all are looked for at each look. */
static int look_event(struct condition *condition, const struct cluster *cluster, struct refusal *refusal)
{
    int status = awaited_look(condition, cluster->events, refusal);

    for (size_t i = 1; i < condition->islands.count && status == -EAGAIN; i++) {
        const char *stranger = stranger_in(&condition->islands.at[i], cluster);

        if (stranger)
            refusal_add(refusal, "; no node named '%.200s' is or was here", stranger);
    }
    return status;
}

static int look_quiet(struct condition *condition, const struct cluster *cluster, uint64_t now_us,
                      struct refusal *refusal)
{
    bool connecting = false;

    for (size_t i = 0; i < cluster->links_count; i++) {
        if (cluster->links[i].state == LINK_RAW) /* ticks cannot be told from anything else */
            return refuse_raw(&cluster->links[i], refusal);
        connecting |= cluster->links[i].state == LINK_CONNECTING;
    }
    if (!condition->seen || condition->seen_activity != cluster->activity || connecting) {
        condition->seen = true;
        condition->seen_activity = cluster->activity;
        condition->seen_since_us = now_us;
    }
    if (now_us - condition->seen_since_us >= CONDITION_QUIET_US)
        return 0;
    return refuse_as(refusal, -EAGAIN, NULL, "%s",
                     connecting ? "nodes are connecting" : "frames are sent, or connections come and go");
}

static int look_up(const struct condition *condition, const struct cluster *cluster, struct refusal *refusal)
{
    if (cluster->registered_count >= condition->number)
        return 0;
    return refuse_as(refusal, -EAGAIN, NULL, "%zu of %" PRIu64 " nodes %s registered", cluster->registered_count,
                     condition->number, cluster->registered_count == 1 ? "is" : "are");
}

int condition_look(struct condition *condition, const struct cluster *cluster, uint64_t now_us, struct refusal *refusal)
{
    if (condition->kind != CONDITION_up && condition->kind != CONDITION_event && !cluster->relayed)
        return refuse_as(refusal, -EOPNOTSUPP, NULL,
                         "this cannot be known: the daemon does not relay (--no-relay), so it sees no connections");
    switch (condition->kind) {
    case CONDITION_up:
        return look_up(condition, cluster, refusal);
    case CONDITION_mesh:
        return look_at_mesh(condition, cluster, refusal);
    case CONDITION_connected:
        return look_connected(condition, cluster, refusal);
    case CONDITION_disconnected:
        return look_disconnected(condition, cluster, refusal);
    case CONDITION_noticed:
        return look_noticed(cluster, refusal);
    case CONDITION_settled:
        return look_settled(condition, cluster, now_us, refusal);
    case CONDITION_event:
        return look_event(condition, cluster, refusal);
    case CONDITION_quiet:
        return look_quiet(condition, cluster, now_us, refusal);
    case CONDITIONS_COUNT:
        break;
    }
    abort();
}
