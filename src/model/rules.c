/* SPDX-License-Identifier: MIT */
#include "model/book.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "base/memory.h"
#include "model/pattern.h"

struct rules *rules_new(void (*changed)(void *data), void *data)
{
    struct rules *rules = mem_new(sizeof(*rules));

    rules->changed = changed;
    rules->data = data;
    return rules;
}

void rules_tell_ends(struct rules *rules, void (*ended)(void *data, const struct rule *rule), void *data)
{
    rules->ended = ended;
    rules->ended_data = data;
}

/* No seat knows of it any more. */
static void drop(struct rules *rules, struct rule *rule)
{
    DL_DELETE(rules->book, rule);
    rules->count--;
    islands_done(&rule->selector.islands);
    for (size_t i = 0; i < rule->healed_count; i++)
        islands_done(&rule->healed[i]);
    free(rule->healed);
    free(rule);
}

void book_drop_lease(struct rules *rules, struct lease *lease)
{
    DL_DELETE(rules->leases, lease);
    rules->leases_count--;
    free(lease->name);
    free(lease);
}

/* Tells of its end whoever has to know, when nobody goes on in its place. */
static void tell_end(const struct rules *rules, const struct rule *rule)
{
    struct rule *other;
    bool is_last = true;

    DL_FOREACH(rules->book, other)
        if (other != rule && other->together == rule->together) {
            other->goes_on |= rule->goes_on || effect_has_bitten(&rule->effect);
            is_last = false;
        }
    if (is_last && rules->ended)
        rules->ended(rules->ended_data, rule);
}

bool book_drop_those(struct rules *rules, bool (*goes)(const struct rule *rule, const void *data), const void *data)
{
    struct rule *rule, *next;
    bool any = false;

    DL_FOREACH(rules->book, rule)
        any |= rule->marked = goes(rule, data);
    if (!any)
        return false;
    rules->version++;
    seats_touch_marked(rules);
    book_note_changed(rules);
    seats_drop_marked(rules);
    DL_FOREACH_SAFE(rules->book, rule, next)
        if (rule->marked) {
            tell_end(rules, rule);
            drop(rules, rule);
        }
    return true;
}

static bool always(const struct rule *rule, const void *data)
{
    (void)rule;
    (void)data;
    return true;
}

void rules_free(struct rules *rules)
{
    if (!rules)
        return;
    book_drop_those(rules, always, NULL);
    while (rules->leases)
        book_drop_lease(rules, rules->leases);
    while (rules->observers.count > 0)
        free(rules->observers.patterns[--rules->observers.count]);
    free(rules->observers.patterns);
    free(rules);
}

void book_tell(const struct rules *rules)
{
    if (rules->changed)
        rules->changed(rules->data);
}

/* ---- adding and removing ---- */

static bool is_partition(const struct rule *rule)
{
    return rule->fault.kind == FAULT_partition;
}

/* A partition that stays, whoever dialled: older ones that say something about its pairs only have no say any more. */
static bool may_hide(const struct rule *rule)
{
    return is_partition(rule) && rule->ends_us == RULES_NEVER && !rule->lease && !rule->selector.overlap &&
           rule->selector.dialer == DIALER_ANY;
}

static bool has_names(const struct islands *islands, bool plain)
{
    for (size_t i = 0; i < islands->count; i++)
        for (size_t k = 0; k < islands->at[i].count; k++)
            if (pattern_is_plain(islands->at[i].patterns[k]) == plain)
                return true;
    return false;
}

/* Names that stand outright in the old one may be those of observers, about whom a glob is not. */
static bool is_hidden(const struct rule *rule, const struct rule *newest, bool newest_has_globs)
{
    return is_partition(rule) &&
           selector_is_covered(&rule->selector, &newest->selector.islands, 1, newest->selector.one_way) &&
           !(newest_has_globs && has_names(&rule->selector.islands, true));
}

static void drop_hidden(struct rules *rules, struct rule *newest)
{
    bool globs = has_names(&newest->selector.islands, false);
    struct rule *rule, *next;
    bool any = false;

    newest->marked = false;
    for (rule = rules->book; rule != newest; rule = rule->next) {
        any |= rule->marked = is_hidden(rule, newest, globs);
        if (rule->marked)
            newest->goes_on |= rule->goes_on || effect_has_bitten(&rule->effect);
    }
    if (!any)
        return;
    seats_drop_marked(rules);
    for (rule = rules->book; rule != newest; rule = next) {
        next = rule->next;
        if (rule->marked)
            drop(rules, rule);
    }
}

/* Has an older partition changed something between all that this one is about, and is there still? */
static bool has_cut_already(const struct rule *older, const struct rule *newest)
{
    return older != newest && is_partition(older) && !older->selector.overlap && older->selector.dialer == DIALER_ANY &&
           older->healed_count == 0 && (older->goes_on || effect_has_bitten(&older->effect)) &&
           selector_is_covered(&newest->selector, &older->selector.islands, 1, older->selector.one_way) &&
           !(has_names(&older->selector.islands, false) && has_names(&newest->selector.islands, true));
}

static bool is_cut_already(const struct rules *rules, const struct rule *newest)
{
    const struct rule *rule = rules->book;

    while (rule && !has_cut_already(rule, newest))
        rule = rule->next;
    return rule;
}

static struct rule *add(struct rules *rules, struct rule_request *request, uint32_t together)
{
    struct rule *rule = mem_new(sizeof(*rule));

    rule->id = ++rules->last_id;
    rule->together = together;
    rule->fault = request->fault;
    rule->selector = request->selector;
    rule->ends_us = request->ends_us;
    rule->settles_us = request->settles_us;
    rule->lease = request->lease ? (struct lease *)rules_lease(rules, request->lease) : request->owner;
    islands_settle(&rule->selector.islands);
    request->selector.islands = (struct islands){0};
    DL_APPEND(rules->book, rule);
    rules->count++;
    return rule;
}

int rules_add(struct rules *rules, struct rule_request *requests, size_t count, uint32_t *ret_first)
{
    struct rule *rule, *first = NULL;

    if (rules->count + count > RULES_MAX)
        return -ENOSPC;
    *ret_first = rules->coming = rules->last_id + 1;
    rules->version++;
    for (size_t i = 0; i < count; i++) {
        rule = add(rules, &requests[i], *ret_first);
        seats_add(rules, rule);
        first = first ? first : rule;
    }
    book_note_changed(rules); /* none of it is theirs */
    rules->coming = 0;
    for (rule = first; rule; rule = rule->next) {
        if (is_partition(rule))
            rule->goes_on = is_cut_already(rules, rule);
        if (may_hide(rule))
            drop_hidden(rules, rule);
    }
    book_tell(rules);
    return 0;
}

struct numbers {
    const uint32_t *ids;
    size_t count;
};

static bool is_one_of(const struct rule *rule, const void *data)
{
    const struct numbers *numbers = data;
    size_t i = 0;

    while (i < numbers->count && numbers->ids[i] != rule->id)
        i++;
    return i < numbers->count;
}

const struct rule *rules_find(const struct rules *rules, uint32_t id)
{
    const struct rule *rule = rules->book;

    while (rule && rule->id != id)
        rule = rule->next;
    return rule;
}

static bool remove_those(struct rules *rules, const struct numbers *numbers)
{
    bool found = book_drop_those(rules, is_one_of, numbers);

    if (found)
        book_tell(rules);
    return found;
}

bool rules_remove(struct rules *rules, uint32_t id)
{
    return remove_those(rules, &(struct numbers){&id, 1});
}

void rules_remove_those(struct rules *rules, const uint32_t *ids, size_t count)
{
    remove_those(rules, &(struct numbers){ids, count});
}

void rules_clear(struct rules *rules)
{
    book_drop_those(rules, always, NULL);
    book_tell(rules);
}

/* ---- fixing ---- */

static bool partition_goes(const struct rule *rule, const void *data)
{
    (void)data;
    return is_partition(rule);
}

static bool nothing_is_left(const struct rule *rule, const void *data)
{
    (void)data;
    return is_partition(rule) && rule->healed_count > 0 &&
           selector_is_covered(&rule->selector, rule->healed, rule->healed_count, false);
}

/* Is all that the second heals healed by the first? */
static bool heals_as_much(const struct islands *a, const struct islands *b)
{
    return selector_is_covered(&(struct selector){.islands = *b}, a, 1, false);
}

/* The fix takes its pairs out of the rule; older fixes that it includes are no longer needed. */
static void heal(struct rule *rule, struct islands *islands)
{
    size_t kept = 0;

    for (size_t i = 0; i < rule->healed_count; i++) {
        if (heals_as_much(islands, &rule->healed[i]))
            islands_done(&rule->healed[i]);
        else
            rule->healed[kept++] = rule->healed[i];
    }
    rule->healed = mem_resize(rule->healed, (kept + 1) * sizeof(*rule->healed));
    rule->healed[kept] = islands_share(islands);
    rule->healed_count = kept + 1;
}

/* How many fixes it has when this one has been added. */
static size_t healed_then(const struct rule *rule, const struct islands *islands)
{
    size_t count = 1;

    for (size_t i = 0; i < rule->healed_count; i++)
        count += !heals_as_much(islands, &rule->healed[i]);
    return count;
}

static bool takes_part(const struct rule *rule, const struct islands *islands)
{
    if (!is_partition(rule) || !selector_may_meet(&rule->selector, islands))
        return false;
    for (size_t i = 0; i < rule->healed_count; i++)
        if (heals_as_much(&rule->healed[i], islands))
            return false;
    return true;
}

static void heal_marked(struct rules *rules, struct islands *islands)
{
    struct rule *rule;

    rules->version++;
    seats_touch_marked(rules);
    book_note_changed(rules);
    DL_FOREACH(rules->book, rule)
        if (rule->marked) {
            heal(rule, islands);
            seats_heal(rules, rule);
        }
}

static int fix_pairs(struct rules *rules, struct islands *islands)
{
    struct rule *rule;
    bool any = false;

    DL_FOREACH(rules->book, rule)
        any |= rule->marked = takes_part(rule, islands);
    DL_FOREACH(rules->book, rule)
        if (rule->marked && healed_then(rule, islands) > RULES_HEALED_MAX)
            return -ENOSPC;
    if (any)
        heal_marked(rules, islands);
    book_drop_those(rules, nothing_is_left, NULL);
    return 0;
}

int rules_fix(struct rules *rules, const struct islands *islands)
{
    struct islands own;
    int status = 0;

    if (islands) {
        own = islands_copy(islands);
        islands_settle(&own);
        status = fix_pairs(rules, &own);
        islands_done(&own);
    } else {
        book_drop_those(rules, partition_goes, NULL);
    }
    rules->noted = false;
    if (status == 0)
        book_tell(rules);
    return status;
}

const struct rule *rules_first(const struct rules *rules)
{
    return rules->book;
}

uint64_t rules_version(const struct rules *rules)
{
    return rules->version;
}

size_t rules_count(const struct rules *rules)
{
    return rules->count;
}
