/* SPDX-License-Identifier: MIT */
/*
 * Anything that may be done to the book, in any order, beside a model of it that is as plain as can be: for each rule
 * the pairs of nodes that it names. After each step all profiles are the same; so no pair is touched that a rule does
 * not name.
 */
#include "unit.h"

#include "base/random.h"
#include "profile_text.h"
#include "rules_of.h"

#define NODES 5
#define KEPT_MAX 60
#define NO_LEASE 3

/* The islands of each node as bits, or 0. */
struct kept {
    uint32_t id;
    struct fault fault;
    unsigned in[NODES];
    bool names, one_way, overlap;
    enum dialer dialer;
    uint64_t ends_us;
    int lease;
    bool healed[NODES][NODES];
};

struct model {
    struct random random;
    struct rules *rules;
    struct kept kept[KEPT_MAX];
    size_t count;
    uint64_t now_us, lease_ends_us[NO_LEASE]; /* 0: there is none */
    uint32_t last_id;
};

static const char *const lease_names[] = {"l0", "l1", "l2", NULL};

static size_t below(struct model *model, size_t n)
{
    return (size_t)random_below(&model->random, n);
}

/* ---- the plain model ---- */

/* Does the rule name what a node of one island sends to one of the other? */
static bool speaks(const struct kept *kept, int i, int j)
{
    return i != j && (!kept->one_way || i == 0);
}

static bool dialer_fits(const struct kept *kept, int i, bool dialled)
{
    if (kept->dialer == DIALER_ANY)
        return true;
    return (kept->dialer == DIALER_FROM) == (i == 0 ? dialled : !dialled);
}

static bool names_pair(const struct kept *kept, int from, int to, bool dialled)
{
    if (kept->names || kept->healed[from][to])
        return false;
    for (int i = 0; i < NODES; i++)
        for (int j = 0; j < NODES; j++)
            if ((kept->in[from] & 1U << i) && (kept->in[to] & 1U << j) && speaks(kept, i, j) &&
                dialer_fits(kept, i, dialled))
                return true;
    return false;
}

/* Does `pair_is_gone` hold for everything that the rule names, whoever dialled? */
static bool all_gone(const struct kept *kept, bool (*is_gone)(const struct kept *by, int from, int to),
                     const struct kept *by)
{
    for (int from = 0; from < NODES; from++)
        for (int to = 0; to < NODES; to++)
            for (int i = 0; i < NODES; i++)
                for (int j = 0; j < NODES; j++)
                    if ((kept->in[from] & 1U << i) && (kept->in[to] & 1U << j) && speaks(kept, i, j) &&
                        !is_gone(by, from, to))
                        return false;
    return true;
}

static bool is_healed(const struct kept *by, int from, int to)
{
    return by->healed[from][to];
}

static bool is_hidden(const struct kept *by, int from, int to)
{
    for (int i = 0; i < NODES; i++)
        for (int j = 0; j < NODES; j++)
            if ((by->in[from] & 1U << i) && (by->in[to] & 1U << j) && speaks(by, i, j))
                return true;
    return false;
}

static void drop(struct model *model, size_t i)
{
    memmove(&model->kept[i], &model->kept[i + 1], (--model->count - i) * sizeof(model->kept[0]));
}

static void keep(struct model *model, const struct kept *kept)
{
    bool hides = kept->fault.kind == FAULT_partition && kept->ends_us == RULES_NEVER && kept->lease == NO_LEASE &&
                 !kept->overlap && kept->dialer == DIALER_ANY;

    for (size_t i = model->count; i-- > 0 && hides;)
        if (model->kept[i].fault.kind == FAULT_partition && all_gone(&model->kept[i], is_hidden, kept))
            drop(model, i);
    model->kept[model->count++] = *kept;
}

static void drop_what_ended(struct model *model)
{
    for (int lease = 0; lease < NO_LEASE; lease++)
        if (model->lease_ends_us[lease] <= model->now_us)
            model->lease_ends_us[lease] = 0;
    for (size_t i = model->count; i-- > 0;)
        if (model->kept[i].ends_us <= model->now_us ||
            (model->kept[i].lease != NO_LEASE && !model->lease_ends_us[model->kept[i].lease]))
            drop(model, i);
}

/* ---- comparing ---- */

static void check_pair(const struct model *model, int from, int to, bool dialled)
{
    char x[] = {(char)('a' + from), '@', 'h', 0}, y[] = {(char)('a' + to), '@', 'h', 0};
    struct profile expected = {0}, profile = rules_profile(model->rules, PARTY(x), PARTY(y), dialled);
    char text[1000], expected_text[1000];

    for (size_t i = 0; i < model->count; i++)
        if (names_pair(&model->kept[i], from, to, dialled))
            profile_add(&expected, &model->kept[i].fault);
    assert_string_equal(profile_text(&profile, text, sizeof(text)),
                        profile_text(&expected, expected_text, sizeof(expected_text)));
}

static void check(const struct model *model)
{
    const struct rule *rule = rules_first(model->rules);
    uint64_t next_us = RULES_NEVER;

    for (size_t i = 0; i < model->count; i++, rule = rule->next) {
        assert_non_null(rule);
        assert_int_equal(rule->id, model->kept[i].id);
        next_us = model->kept[i].ends_us < next_us ? model->kept[i].ends_us : next_us;
    }
    assert_null(rule);
    assert_int_equal(rules_count(model->rules), model->count);
    for (int lease = 0; lease < NO_LEASE; lease++)
        if (model->lease_ends_us[lease] && model->lease_ends_us[lease] < next_us)
            next_us = model->lease_ends_us[lease];
    assert_true(rules_next_end_us(model->rules) == next_us);
    for (int node = 0; node < NODES; node++) {
        char name[] = {(char)('a' + node), '@', 'h', 0};
        struct name_profile expected = {0}, profile = rules_name_profile(model->rules, PARTY(name));

        for (size_t i = 0; i < model->count; i++)
            if (model->kept[i].names && model->kept[i].in[node])
                name_profile_add(&expected, &model->kept[i].fault);
        assert_true(profile.hide == expected.hide && profile.silent == expected.silent &&
                    profile.unlisted == expected.unlisted && profile.slow_us == expected.slow_us);
        for (int to = 0; to < NODES; to++)
            for (int dialled = 0; dialled < 2; dialled++)
                check_pair(model, node, to, dialled);
    }
}

/* ---- steps ---- */

static struct islands islands_with(const unsigned in[NODES], int count)
{
    char text[4 * NODES * NODES] = "";

    for (int i = 0; i < count; i++) {
        if (i > 0)
            strcat(text, " ");
        for (int node = 0, first = 1; node < NODES; node++)
            if (in[node] & 1U << i) {
                strcat(strcat(text, first ? "" : ","), (const char[]){(char)('a' + node), 0});
                first = 0;
            }
    }
    return islands_of(text);
}

/* Nodes in so many islands, none of them empty, and no node in two unless they may overlap. */
static void any_islands(struct model *model, unsigned in[NODES], int count, bool overlap)
{
    unsigned seen;

    do {
        seen = 0;
        for (int node = 0; node < NODES; node++) {
            size_t island = below(model, (size_t)count + 1);

            in[node] = island < (size_t)count ? 1U << island : 0;
            if (overlap)
                in[node] = (unsigned)below(model, 1U << count);
            seen |= in[node];
        }
    } while (seen != (1U << count) - 1);
}

static struct fault any_fault(struct model *model)
{
    static const char *const faults[] = {
        "partition",
        "partition mode=drop",
        "partition mode=close",
        "partition mode=reset",
        "partition mode=refuse",
        "latency delay=1ms",
        "latency delay=2ms jitter=1ms",
        "bandwidth rate=1kbit",
        "bandwidth rate=2kbit",
        "slow_close delay=1s",
        "limit_data bytes=1",
        "limit_data bytes=2",
        "slicer average_size=1",
        "slicer average_size=2",
        "freeze",
        "freeze every=1s",
        "mute",
        "handshake stage=ack",
        "handshake stage=name action=close",
        "downgrade clear=spawn",
        "downgrade clear=alias",
        "hide",
        "slow delay=1s",
        "silent",
        "unlisted",
    };

    /* Half of them partitions: they act on each other. */
    return fault_of(faults[below(model, below(model, 2) ? 5 : sizeof(faults) / sizeof(faults[0]))]);
}

static void add_any(struct model *model)
{
    struct kept kept = {.fault = any_fault(model), .ends_us = RULES_NEVER, .lease = NO_LEASE};
    struct rule_request request;
    int count = 1;

    kept.names = !fault_row(kept.fault.kind)->between_nodes;
    if (!kept.names) {
        kept.overlap = below(model, 4) == 0;
        kept.one_way = kept.fault.kind != FAULT_downgrade && below(model, 2);
        count = kept.overlap ? 2 : 2 + (int)below(model, 2);
        kept.dialer = count == 2 && below(model, 3) == 0 ? (enum dialer)below(model, 3) : DIALER_ANY;
    }
    any_islands(model, kept.in, count, kept.overlap);
    if (below(model, 4) == 0)
        kept.ends_us = model->now_us + 1 + below(model, 30);
    if (below(model, 4) == 0 && model->lease_ends_us[0])
        kept.lease = 0;
    else if (below(model, 4) == 0 && model->lease_ends_us[1])
        kept.lease = 1;
    request = (struct rule_request){.fault = kept.fault,
                                    .selector = {.islands = islands_with(kept.in, count),
                                                 .one_way = kept.one_way,
                                                 .overlap = kept.overlap,
                                                 .dialer = kept.dialer},
                                    .ends_us = kept.ends_us,
                                    .lease = lease_names[kept.lease]};
    kept.id = add_request(model->rules, &request);
    assert_int_equal(kept.id, ++model->last_id);
    keep(model, &kept);
}

static void fix_any(struct model *model)
{
    int count = 2 + (int)below(model, 2);
    unsigned in[NODES];
    struct islands islands;

    any_islands(model, in, count, false);
    islands = islands_with(in, count);
    assert_int_equal(rules_fix(model->rules, &islands), 0);
    islands_done(&islands);
    for (size_t i = model->count; i-- > 0;) {
        if (model->kept[i].fault.kind != FAULT_partition)
            continue;
        for (int from = 0; from < NODES; from++)
            for (int to = 0; to < NODES; to++)
                model->kept[i].healed[from][to] |= in[from] && in[to] && in[from] != in[to];
        if (all_gone(&model->kept[i], is_healed, &model->kept[i]))
            drop(model, i);
    }
}

static void remove_any(struct model *model)
{
    uint32_t id = (uint32_t)below(model, model->last_id + 2);
    bool found = false;

    for (size_t i = model->count; i-- > 0;)
        if (model->kept[i].id == id) {
            drop(model, i);
            found = true;
        }
    assert_int_equal(rules_remove(model->rules, id), found);
}

static void end_any(struct model *model)
{
    int lease = (int)below(model, NO_LEASE);

    switch (below(model, 3)) {
    case 0:
        model->lease_ends_us[lease] = model->now_us + 1 + below(model, 30);
        assert_int_equal(rules_renew_lease(model->rules, lease_names[lease], model->lease_ends_us[lease]), 0);
        return;
    case 1:
        assert_int_equal(rules_end_lease(model->rules, lease_names[lease]), model->lease_ends_us[lease] != 0);
        model->lease_ends_us[lease] = 0;
        drop_what_ended(model);
        return;
    case 2:
        model->now_us += below(model, 20);
        rules_expire(model->rules, model->now_us);
        drop_what_ended(model);
        return;
    }
}

static void anything_in_any_order(void **state)
{
    static struct model model;
    (void)state;

    for (uint64_t seed = 0; seed < 100; seed++) {
        model = (struct model){.rules = rules_new(NULL, NULL), .now_us = 1};
        random_seed(&model.random, seed);
        for (int step = 0; step < 100; step++) {
            size_t what = below(&model, 10);

            if (what < 4 && model.count < KEPT_MAX)
                add_any(&model);
            else if (what < 6)
                fix_any(&model);
            else if (what < 8)
                remove_any(&model);
            else
                end_any(&model);
            check(&model);
        }
        rules_free(model.rules);
    }
}

RUN(T(anything_in_any_order))
