/* SPDX-License-Identifier: MIT */
#include "model/topology.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"
#include "base/refusal.h"
#include "model/pattern.h"

/* The names that are dealt out, in the order in which they are: all but those that the request's node means. */
struct deal {
    const char *node;
    const char **names;
    size_t count;
};

/* The bridge is not among the names that are dealt. */
#define cut_random_halves cut_halves
#define cut_bridge cut_halves

static void cut_halves(const struct deal *deal, struct topology_cuts *cuts);
static void cut_isolate(const struct deal *deal, struct topology_cuts *cuts);
static void cut_majorities_ring(const struct deal *deal, struct topology_cuts *cuts);

static const struct {
    const char *text;
    bool needs_node, uses_chance;
    size_t least;
    void (*cut)(const struct deal *deal, struct topology_cuts *cuts);
} rows[] = {
#define X(name, text, needs_node, uses_chance, least, help) {text, needs_node, uses_chance, least, cut_##name},
    TOPOLOGIES(X)
#undef X
};

const char *topology_name(enum topology topology)
{
    return rows[topology].text;
}

static bool is_spelling_of(const char *name, const char *text)
{
    for (; *name && (*name == *text || (*name == '-' && *text == '_')); name++)
        text++;
    return !*name && !*text;
}

bool topology_uses_chance(enum topology topology)
{
    return rows[topology].uses_chance;
}

int topology_parse(const char *text, enum topology *ret)
{
    for (int i = 0; i < TOPOLOGIES_COUNT; i++)
        if (is_spelling_of(rows[i].text, text)) {
            *ret = (enum topology)i;
            return 0;
        }
    return -EINVAL;
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void shuffle(struct deal *deal, uint64_t seed)
{
    struct random random;

    random_seed(&random, seed);
    for (size_t left = deal->count; left > 1; left--) {
        size_t pick = (size_t)random_below(&random, left);
        const char *name = deal->names[pick];

        deal->names[pick] = deal->names[left - 1];
        deal->names[left - 1] = name;
    }
}

static struct deal deal_of(const struct topology_request *request)
{
    struct deal deal = {.node = request->node, .names = mem_new(request->count * sizeof(*deal.names))};

    for (size_t i = 0; i < request->count; i++)
        if (!request->node || !pattern_matches(request->node, request->names[i]))
            deal.names[deal.count++] = request->names[i];
    if (deal.count > 1)
        qsort(deal.names, deal.count, sizeof(*deal.names), by_bytes);
    if (rows[request->topology].uses_chance)
        shuffle(&deal, request->seed);
    return deal;
}

static int check_node(const struct topology_request *request, size_t others, struct refusal *refusal)
{
    const char *name = topology_name(request->topology), *node = request->node, *fault = pattern_fault(node);
    size_t meant = request->count - others;

    if (fault)
        return refuse(refusal, name, "%s ('%.100s')", fault, node);
    if (meant == 0)
        return refuse(refusal, name, "no node named '%.100s'", node);
    if (request->topology == TOPOLOGY_bridge && meant > 1)
        return refuse(refusal, name, "one node is needed, and '%.100s' means %zu", node, meant);
    if (others == 0)
        return refuse(refusal, name, "'%.100s' leaves no other node", node);
    return 0;
}

static int check(const struct topology_request *request, size_t others, struct refusal *refusal)
{
    enum topology topology = request->topology;
    size_t least = rows[topology].least;
    const char *name = topology_name(topology);

    if (request->node && !rows[topology].needs_node)
        return refuse(refusal, name, "takes no node, and '%.100s' is given", request->node);
    if (!request->node && rows[topology].needs_node)
        return refuse(refusal, name, "a node is needed");
    if (request->count > TOPOLOGY_NODES_MAX)
        return refuse(refusal, name, "more than %d nodes", TOPOLOGY_NODES_MAX);
    if (request->node && check_node(request, others, refusal) < 0)
        return -EINVAL;
    if (request->count < least)
        return refuse(refusal, name, "at least %zu nodes are needed, and %zu %s there", least, request->count,
                      request->count == 1 ? "is" : "are");
    return 0;
}

static struct islands *add_cut(struct topology_cuts *cuts)
{
    cuts->at = mem_resize(cuts->at, (cuts->count + 1) * sizeof(*cuts->at));
    cuts->at[cuts->count] = (struct islands){0};
    return &cuts->at[cuts->count++];
}

static void add_island(struct islands *islands, const char *const *names, size_t count)
{
    islands_add(islands);
    for (size_t i = 0; i < count; i++)
        islands_add_pattern(islands, names[i], strlen(names[i]));
}

static void cut_halves(const struct deal *deal, struct topology_cuts *cuts)
{
    struct islands *islands = add_cut(cuts);
    size_t half = deal->count / 2;

    add_island(islands, deal->names, half);
    add_island(islands, deal->names + half, deal->count - half);
}

static void cut_isolate(const struct deal *deal, struct topology_cuts *cuts)
{
    struct islands *islands = add_cut(cuts);

    add_island(islands, &deal->node, 1);
    add_island(islands, deal->names, deal->count);
}

/*
 * Two places in a ring of n, i < j. This is Harary's graph: the fewest links that give every node n/2 neighbours. When
 * that and n are odd, one node has no opposite of its own and shares that of place 0.
 */
static bool ring_sees(size_t i, size_t j, size_t n)
{
    size_t neighbours = n / 2, steps = j - i;

    if (steps <= neighbours / 2 || n - steps <= neighbours / 2)
        return true;
    if (neighbours % 2 == 0)
        return false;
    return steps == (n + 1) / 2 || (i == 0 && j == n / 2);
}

/* One cut for each node, from those behind it that it does not see: so every pair is cut once. */
static void cut_majorities_ring(const struct deal *deal, struct topology_cuts *cuts)
{
    for (size_t i = 0; i < deal->count; i++) {
        struct islands *islands = NULL;

        for (size_t j = i + 1; j < deal->count; j++) {
            if (ring_sees(i, j, deal->count))
                continue;
            if (!islands) {
                islands = add_cut(cuts);
                add_island(islands, &deal->names[i], 1);
                islands_add(islands);
            }
            islands_add_pattern(islands, deal->names[j], strlen(deal->names[j]));
        }
    }
}

static int check_cuts(const struct topology_cuts *cuts, struct refusal *refusal)
{
    for (size_t i = 0; i < cuts->count; i++)
        if (islands_check(&cuts->at[i], refusal) < 0)
            return -EINVAL;
    return 0;
}

int topology_cuts(const struct topology_request *request, struct topology_cuts *ret, struct refusal *refusal)
{
    struct deal deal = deal_of(request);
    struct topology_cuts cuts = {0};
    int status = check(request, deal.count, refusal);

    if (status == 0) {
        rows[request->topology].cut(&deal, &cuts);
        status = check_cuts(&cuts, refusal);
    }
    free(deal.names);
    if (status == 0)
        *ret = cuts;
    else
        topology_cuts_done(&cuts);
    return status;
}

void topology_cuts_done(struct topology_cuts *cuts)
{
    for (size_t i = 0; i < cuts->count; i++)
        islands_done(&cuts->at[i]);
    free(cuts->at);
    *cuts = (struct topology_cuts){0};
}
