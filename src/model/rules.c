/* SPDX-License-Identifier: MIT */
#include "model/rules.h"

#include <errno.h>
#include <stdlib.h>

#include <utlist.h>

#include "base/memory.h"
#include "model/pattern.h"

struct rules {
    struct rule *book; /* oldest first */
    size_t count;
    uint32_t last_id;
    void (*changed)(void *data);
    void *data;
};

struct rules *rules_new(void (*changed)(void *data), void *data)
{
    struct rules *rules = mem_new(sizeof(*rules));

    rules->changed = changed;
    rules->data = data;
    return rules;
}

static void drop(struct rules *rules, struct rule *rule)
{
    DL_DELETE(rules->book, rule);
    rules->count--;
    islands_done(&rule->islands);
    free(rule);
}

static void drop_all(struct rules *rules)
{
    struct rule *rule, *next;

    DL_FOREACH_SAFE(rules->book, rule, next)
        drop(rules, rule);
}

void rules_free(struct rules *rules)
{
    if (!rules)
        return;
    drop_all(rules);
    free(rules);
}

/* Does the rule speak about what island `from` sends to island `to`? */
static bool speaks_about(const struct rule *rule, int from, int to)
{
    return from >= 0 && to >= 0 && from != to && (!rule->one_way || from == 0);
}

/* The same for what one pattern's nodes send to another's: both ways of looking decide as rules_profile() does. */
static bool covers_pair(const struct rule *rule, const char *from, const char *to)
{
    return speaks_about(rule, islands_covering(&rule->islands, from), islands_covering(&rule->islands, to));
}

static bool covers_islands(const struct rule *rule, const struct island *from, const struct island *to)
{
    for (size_t k = 0; k < from->count; k++)
        for (size_t l = 0; l < to->count; l++)
            if (!covers_pair(rule, from->patterns[k], to->patterns[l]))
                return false;
    return true;
}

/* Is there nothing left that `old` decides? */
static bool hides(const struct rule *newer, const struct rule *old)
{
    for (size_t i = 0; i < old->islands.count; i++)
        for (size_t j = 0; j < old->islands.count; j++)
            if (speaks_about(old, (int)i, (int)j) && !covers_islands(newer, &old->islands.at[i], &old->islands.at[j]))
                return false;
    return true;
}

/* May a pattern of some island mean a node that the other pattern means? */
static bool may_hold(const struct islands *islands, const char *pattern)
{
    for (size_t i = 0; i < islands->count; i++)
        for (size_t k = 0; k < islands->at[i].count; k++)
            if (pattern_may_overlap(islands->at[i].patterns[k], pattern))
                return true;
    return false;
}

/* May the healing rule speak about a pair that the other one speaks about? At least two islands must meet. */
static bool may_heal(const struct rule *heals, const struct rule *old)
{
    size_t met = 0;

    for (size_t i = 0; i < old->islands.count; i++) {
        bool meets = false;

        for (size_t k = 0; k < old->islands.at[i].count && !meets; k++)
            meets = may_hold(&heals->islands, old->islands.at[i].patterns[k]);
        met += meets;
    }
    return met >= 2;
}

static bool heals_anything(const struct rules *rules, const struct rule *heals)
{
    for (const struct rule *rule = rules->book; rule != heals; rule = rule->next)
        if (rule->fault != FAULT_NONE && may_heal(heals, rule))
            return true;
    return false;
}

/* What the newest rule hides goes, and then what heals nothing any more. */
static void drop_hidden(struct rules *rules, const struct rule *newest)
{
    struct rule *rule, *next;

    DL_FOREACH_SAFE(rules->book, rule, next)
        if (rule != newest && hides(newest, rule))
            drop(rules, rule);
    DL_FOREACH_SAFE(rules->book, rule, next)
        if (rule->fault == FAULT_NONE && !heals_anything(rules, rule))
            drop(rules, rule);
}

static int add(struct rules *rules, enum fault fault, struct islands *islands, bool one_way, const struct rule **ret)
{
    struct rule *rule;

    if (rules->count >= RULES_MAX)
        return -ENOSPC;
    rule = mem_new(sizeof(*rule));
    rule->id = ++rules->last_id;
    rule->fault = fault;
    rule->islands = *islands;
    rule->one_way = one_way;
    *islands = (struct islands){0};
    DL_APPEND(rules->book, rule);
    rules->count++;
    if (ret)
        *ret = rule;
    drop_hidden(rules, rule);
    return 0;
}

static void tell(const struct rules *rules)
{
    if (rules->changed)
        rules->changed(rules->data);
}

int rules_cut(struct rules *rules, struct islands *islands, bool one_way, const struct rule **ret)
{
    int status = add(rules, FAULT_PARTITION, islands, one_way, ret);

    if (status == 0)
        tell(rules);
    return status;
}

int rules_fix(struct rules *rules, struct islands *islands)
{
    int status = 0;

    if (islands)
        status = add(rules, FAULT_NONE, islands, false, NULL);
    else
        drop_all(rules);
    if (status == 0)
        tell(rules);
    return status;
}

struct profile rules_profile(const struct rules *rules, const char *from, const char *to)
{
    struct profile profile = {0};
    const struct rule *rule = rules->book ? rules->book->prev : NULL; /* utlist: the head's prev is the tail */

    for (size_t left = rules->count; left > 0; left--, rule = rule->prev) {
        if (!speaks_about(rule, islands_find(&rule->islands, from), islands_find(&rule->islands, to)))
            continue;
        profile.hold = rule->fault == FAULT_PARTITION;
        break;
    }
    return profile;
}

const struct rule *rules_first(const struct rules *rules)
{
    return rules->book;
}

const char *fault_name(enum fault fault)
{
    static const char *const names[] = {[FAULT_NONE] = "none", [FAULT_PARTITION] = "partition"};

    return names[fault];
}
