/* SPDX-License-Identifier: MIT */
#include "refusal_line.h"
#include "unit.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "model/topology.h"

#define NODES_MAX 20
#define SEEDS 50

/* "b,a,c" -> the request's names, which point into `copy`. */
struct nodes {
    char copy[256];
    const char *names[NODES_MAX];
    size_t count;
};

static void nodes_of(struct nodes *nodes, const char *text)
{
    nodes->count = 0;
    snprintf(nodes->copy, sizeof(nodes->copy), "%s", text);
    for (char *name = strtok(nodes->copy, ","); name; name = strtok(NULL, ","))
        nodes->names[nodes->count++] = name;
}

static void print(const struct topology_cuts *cuts, struct text *to)
{
    for (size_t i = 0; i < cuts->count; i++)
        for (size_t k = 0; k < cuts->at[i].count; k++)
            for (size_t l = 0; l < cuts->at[i].at[k].count; l++)
                text_addf(to, "%s%s", l ? "," : k ? "|" : i ? " " : "", cuts->at[i].at[k].patterns[l]);
    text_add(to, "", 1);
}

/* The cuts as "a|b,c b|c", or the error. */
static const char *cuts_of(enum topology topology, const char *node, const char *names, uint64_t seed)
{
    static char result[512];
    struct nodes nodes;
    struct topology_request request = {.topology = topology, .node = node, .names = nodes.names, .seed = seed};
    struct topology_cuts cuts = {.count = 4369}, untouched = cuts;
    struct refusal refusal;
    struct text text = {0};

    nodes_of(&nodes, names);
    request.count = nodes.count;
    if (topology_cuts(&request, &cuts, &refusal) < 0) {
        assert_memory_equal(&cuts, &untouched, sizeof(cuts));
        return line_of(&refusal);
    }
    print(&cuts, &text);
    snprintf(result, sizeof(result), "%s", text.data);
    text_done(&text);
    topology_cuts_done(&cuts);
    assert_int_equal(cuts.count, 0);
    return result;
}

static void names_in_both_spellings(void **state)
{
    enum topology topology = TOPOLOGY_bridge;
    (void)state;

    for (int i = 0; i < TOPOLOGIES_COUNT; i++) {
        assert_null(strchr(topology_name((enum topology)i), '_'));
        assert_int_equal(topology_parse(topology_name((enum topology)i), &topology), 0);
        assert_int_equal(topology, i);
    }
#define X(name, text, needs_node, uses_chance, least, help) \
    assert_int_equal(topology_parse(#name, &topology), 0);  \
    assert_int_equal(topology, TOPOLOGY_##name);
    TOPOLOGIES(X)
#undef X
    assert_string_equal(topology_name(TOPOLOGY_random_halves), "random-halves");
    assert_int_equal(topology_parse("", &topology), -EINVAL);
    assert_int_equal(topology_parse("halve", &topology), -EINVAL);
    assert_int_equal(topology_parse("halves-", &topology), -EINVAL);
    assert_int_equal(topology_parse("randomhalves", &topology), -EINVAL);
    assert_int_equal(topology_parse("Bridge", &topology), -EINVAL);
    assert_int_equal(topology, TOPOLOGY_bridge);
}

static void without_chance(void **state)
{
    (void)state;
    assert_string_equal(cuts_of(TOPOLOGY_halves, NULL, "b,a", 1), "a|b");
    assert_string_equal(cuts_of(TOPOLOGY_halves, NULL, "c,b,e,a,d", 1), "a,b|c,d,e");
    assert_string_equal(cuts_of(TOPOLOGY_halves, NULL, "n10,n9,\xc3\xb6,N1", 1), "N1,n10|n9,\xc3\xb6"); /* by bytes */
    assert_string_equal(cuts_of(TOPOLOGY_halves, NULL, "a@h2,a@h1", 1), "a@h1|a@h2");
    assert_string_equal(cuts_of(TOPOLOGY_isolate, "b", "c,b,a", 1), "b|a,c");
    assert_string_equal(cuts_of(TOPOLOGY_isolate, "b", "c@h,b@h,a@h", 1), "b|a@h,c@h");
    assert_string_equal(cuts_of(TOPOLOGY_isolate, "*@h1", "a@h1,b@h2,c@h1", 1), "*@h1|b@h2");
    assert_string_equal(cuts_of(TOPOLOGY_bridge, "c", "e,d,c,b,a", 1), "a,b|d,e");
    assert_string_equal(cuts_of(TOPOLOGY_bridge, "a", "d,c,b,a", 1), "b|c,d");
    assert_string_equal(cuts_of(TOPOLOGY_bridge, "b", "c,b,a", 1), "a|c");
    assert_string_equal(cuts_of(TOPOLOGY_bridge, "b@*", "c@h,b@h,a@h", 1), "a@h|c@h");
}

/* A seed has to mean the same for ever: people write it into bug reports. */
static void with_a_seed(void **state)
{
    (void)state;
    assert_string_equal(cuts_of(TOPOLOGY_random_halves, NULL, "a,b,c,d,e", 1), "a,b|d,e,c");
    assert_string_equal(cuts_of(TOPOLOGY_random_halves, NULL, "a,b,c,d,e", 2), "d,b|e,c,a");
    assert_string_equal(cuts_of(TOPOLOGY_majorities_ring, NULL, "a,b,c", 1), "a|b");
    assert_string_equal(cuts_of(TOPOLOGY_majorities_ring, NULL, "a,b,c,d", 1), "c|d a|b");
    assert_string_equal(cuts_of(TOPOLOGY_majorities_ring, NULL, "a,b,c,d,e", 1), "a|d,e b|e,c d|c");
    assert_string_equal(cuts_of(TOPOLOGY_majorities_ring, NULL, "a,b,c,d,e,f", 1), "d|e,c f|a,b e|c a|b");
    assert_string_equal(cuts_of(TOPOLOGY_majorities_ring, NULL, "a,b,c,d,e,f,g", 1), "b|c,e f|g,a,d c|a,e g|e,d a|d");
}

static void errors(void **state)
{
    static const struct {
        enum topology topology;
        const char *node, *names, *error;
    } bad[] = {
        {TOPOLOGY_halves, NULL, "a", "halves: at least 2 nodes are needed, and 1 is there"},
        {TOPOLOGY_halves, NULL, "", "halves: at least 2 nodes are needed, and 0 are there"},
        {TOPOLOGY_random_halves, NULL, "a", "random-halves: at least 2 nodes are needed, and 1 is there"},
        {TOPOLOGY_majorities_ring, NULL, "a,b", "majorities-ring: at least 3 nodes are needed, and 2 are there"},
        {TOPOLOGY_bridge, "a", "a,b", "bridge: at least 3 nodes are needed, and 2 are there"},
        {TOPOLOGY_halves, "x", "a,b", "halves: takes no node, and 'x' is given"},
        {TOPOLOGY_random_halves, "x", "a,b", "random-halves: takes no node, and 'x' is given"},
        {TOPOLOGY_majorities_ring, "x", "a,b,c", "majorities-ring: takes no node, and 'x' is given"},
        {TOPOLOGY_isolate, NULL, "a,b", "isolate: a node is needed"},
        {TOPOLOGY_bridge, NULL, "a,b,c", "bridge: a node is needed"},
        {TOPOLOGY_isolate, "x", "a,b", "isolate: no node named 'x'"},
        {TOPOLOGY_isolate, "x", "", "isolate: no node named 'x'"},
        {TOPOLOGY_bridge, "x", "a,b,c", "bridge: no node named 'x'"},
        {TOPOLOGY_isolate, "", "a,b", "isolate: an empty name ('')"},
        {TOPOLOGY_bridge, "a@", "a,b,c", "bridge: a full name that is not NAME@HOST, such as node1@host ('a@')"},
        {TOPOLOGY_isolate, "a", "a", "isolate: 'a' leaves no other node"},
        {TOPOLOGY_isolate, "*", "a,b", "isolate: '*' leaves no other node"},
        {TOPOLOGY_bridge, "a", "a@h1,a@h2,b@h1,c@h1", "bridge: one node is needed, and 'a' means 2"},
        {TOPOLOGY_halves, NULL, "a,a@h", "islands: a node in two islands: 'a' (island 1) and 'a@h' (island 2)"},
        {TOPOLOGY_halves, NULL, "a,b c",
         "islands[1][0]: a name with a blank, a comma or a control character in it ('b c')"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_string_equal(cuts_of(bad[i].topology, bad[i].node, bad[i].names, 1), bad[i].error);
}

static void too_many(void **state)
{
    static char texts[TOPOLOGY_NODES_MAX + 1][16];
    static const char *names[TOPOLOGY_NODES_MAX + 1];
    struct topology_request request = {.topology = TOPOLOGY_halves, .names = names, .count = TOPOLOGY_NODES_MAX + 1};
    struct topology_cuts cuts;
    struct refusal refusal;
    (void)state;

    for (int i = 0; i <= TOPOLOGY_NODES_MAX; i++) {
        snprintf(texts[i], sizeof(texts[i]), "n%d", i);
        names[i] = texts[i];
    }
    assert_int_equal(topology_cuts(&request, &cuts, &refusal), -EINVAL);
    assert_string_equal(line_of(&refusal), "halves: more than 1000 nodes");
    request.count--;
    request.topology = TOPOLOGY_majorities_ring;
    assert_int_equal(topology_cuts(&request, &cuts, &refusal), 0);
    assert_true(cuts.count < TOPOLOGY_NODES_MAX); /* so that all of them fit into an empty book */
    topology_cuts_done(&cuts);
}

/* Who is cut from whom, how often: the nodes are "n00", "n01", ..., and come in the order of `turn`. */
struct cluster {
    size_t count, cuts;
    char texts[NODES_MAX][24];
    int cut[NODES_MAX][NODES_MAX];
    struct text printed;
};

static void split(struct cluster *cluster, enum topology topology, int node, size_t count, uint64_t seed, size_t turn)
{
    const char *names[NODES_MAX];
    struct topology_request request = {.topology = topology, .names = names, .count = count, .seed = seed};
    struct topology_cuts cuts;
    struct refusal refusal;

    *cluster = (struct cluster){.count = count};
    for (size_t i = 0; i < count; i++)
        snprintf(cluster->texts[i], sizeof(cluster->texts[i]), "n%02zu", i);
    for (size_t i = 0; i < count; i++)
        names[i] = cluster->texts[turn % 2 ? (i + turn) % count : (count - 1 - i + turn) % count];
    request.node = node < 0 ? NULL : cluster->texts[node];
    assert_int_equal(topology_cuts(&request, &cuts, &refusal), 0);
    cluster->cuts = cuts.count;
    for (size_t c = 0; c < cuts.count; c++)
        for (size_t i = 0; i < count; i++)
            for (size_t j = 0; j < count; j++) {
                int a = islands_find(&cuts.at[c], cluster->texts[i]), b = islands_find(&cuts.at[c], cluster->texts[j]);

                cluster->cut[i][j] += a >= 0 && b >= 0 && a != b;
            }
    print(&cuts, &cluster->printed);
    topology_cuts_done(&cuts);
}

/* As bits: the nodes that the node is not cut from, itself among them. */
static unsigned sees(const struct cluster *cluster, size_t i)
{
    unsigned seen = 0;

    for (size_t j = 0; j < cluster->count; j++)
        seen |= (cluster->cut[i][j] == 0) << j;
    return seen;
}

static size_t size_of(unsigned set)
{
    return (size_t)__builtin_popcount(set);
}

/* Two groups of about the same size that see nothing of each other; `besides`, if any, sees all. */
static void check_halves(const struct cluster *cluster, int besides)
{
    unsigned all = (1U << cluster->count) - 1, rest = besides < 0 ? all : all & ~(1U << besides);
    unsigned first = sees(cluster, besides == 0 ? 1 : 0) & rest;
    size_t count = size_of(rest);

    assert_true(size_of(first) == count / 2 || size_of(first) == count - count / 2);
    for (size_t i = 0; i < cluster->count; i++)
        if ((int)i == besides)
            assert_int_equal(sees(cluster, i), all);
        else
            assert_int_equal(sees(cluster, i) & rest, first >> i & 1 ? first : rest & ~first);
}

static void halves_are_halves(void **state)
{
    struct cluster cluster;
    (void)state;

    for (size_t n = 2; n <= NODES_MAX; n++)
        for (uint64_t seed = 0; seed < SEEDS; seed++) {
            split(&cluster, TOPOLOGY_random_halves, -1, n, seed, 0);
            assert_int_equal(cluster.cuts, 1);
            check_halves(&cluster, -1);
            text_done(&cluster.printed);

            split(&cluster, TOPOLOGY_halves, -1, n, seed, seed);
            check_halves(&cluster, -1);
            assert_int_equal(sees(&cluster, 0), (1U << n / 2) - 1);
            text_done(&cluster.printed);
        }
}

static void one_node_is_special(void **state)
{
    struct cluster cluster;
    (void)state;

    for (size_t n = 2; n <= NODES_MAX; n++)
        for (size_t node = 0; node < n; node++) {
            split(&cluster, TOPOLOGY_isolate, (int)node, n, 0, node);
            assert_int_equal(cluster.cuts, 1);
            for (size_t i = 0; i < n; i++)
                assert_int_equal(sees(&cluster, i), i == node ? 1U << i : ((1U << n) - 1) & ~(1U << node));
            text_done(&cluster.printed);
            if (n == 2)
                continue;
            split(&cluster, TOPOLOGY_bridge, (int)node, n, 0, node);
            assert_int_equal(cluster.cuts, 1);
            check_halves(&cluster, (int)node);
            text_done(&cluster.printed);
        }
}

static void check_ring(const struct cluster *cluster)
{
    size_t n = cluster->count, larger = 0;

    for (size_t i = 0; i < n; i++) {
        size_t size = size_of(sees(cluster, i));

        assert_in_range(size, n / 2 + 1, n / 2 + 2);
        larger += size == n / 2 + 2;
        assert_int_equal(cluster->cut[i][i], 0);
        for (size_t j = 0; j < i; j++) {
            assert_in_range(cluster->cut[i][j], 0, 1); /* no pair is cut twice */
            assert_int_equal(cluster->cut[i][j], cluster->cut[j][i]);
            assert_int_not_equal(sees(cluster, i), sees(cluster, j));
        }
    }
    assert_int_equal(larger, n % 4 == 3);
}

static void every_majority_is_another(void **state)
{
    struct cluster cluster;
    (void)state;

    for (size_t n = 3; n <= NODES_MAX; n++)
        for (uint64_t seed = 0; seed < SEEDS; seed++) {
            split(&cluster, TOPOLOGY_majorities_ring, -1, n, seed, 0);
            check_ring(&cluster);
            text_done(&cluster.printed);
        }
}

/* Not the order in which nodes happened to register, but the seed decides; and it does decide. */
static void only_the_seed_counts(void **state)
{
    static const enum topology topologies[] = {TOPOLOGY_random_halves, TOPOLOGY_majorities_ring};
    struct cluster first, other;
    size_t different = 0;
    (void)state;

    for (size_t t = 0; t < 2; t++)
        for (uint64_t seed = 0; seed < SEEDS; seed++) {
            split(&first, topologies[t], -1, 7, seed, 0);
            for (size_t turn = 1; turn < 14; turn++) {
                split(&other, topologies[t], -1, 7, seed, turn);
                assert_string_equal(first.printed.data, other.printed.data);
                text_done(&other.printed);
            }
            split(&other, topologies[t], -1, 7, seed + 1, 0);
            different += strcmp(first.printed.data, other.printed.data) != 0;
            text_done(&other.printed);
            text_done(&first.printed);
        }
    assert_true(different > SEEDS);
}

RUN(T(names_in_both_spellings), T(without_chance), T(with_a_seed), T(errors), T(too_many), T(halves_are_halves),
    T(one_node_is_special), T(every_majority_is_another), T(only_the_seed_counts))
