/* SPDX-License-Identifier: MIT */
#include "model/rules.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "base/memory.h"
#include "wire/handshake.h"

struct rules {
    struct rule *book; /* oldest first */
    size_t count;
    uint32_t last_id;
    uint64_t version;
    struct lease *leases;
    size_t leases_count;
    struct island observers;
    void (*changed)(void *data);
    void *data;
    void (*ended)(void *data, const struct rule *rule);
    void *ended_data;
};

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

static void drop(struct rules *rules, struct rule *rule)
{
    if (rules->ended)
        rules->ended(rules->ended_data, rule);
    DL_DELETE(rules->book, rule);
    rules->count--;
    rules->version++;
    islands_done(&rule->selector.islands);
    for (size_t i = 0; i < rule->healed_count; i++)
        islands_done(&rule->healed[i]);
    free(rule->healed);
    free(rule);
}

static void drop_lease(struct rules *rules, struct lease *lease)
{
    DL_DELETE(rules->leases, lease);
    rules->leases_count--;
    free(lease->name);
    free(lease);
}

/* Drops every rule of which `goes` says so. */
static bool drop_those(struct rules *rules, bool (*goes)(const struct rule *rule, const void *data), const void *data)
{
    struct rule *rule, *next;
    bool any = false;

    DL_FOREACH_SAFE(rules->book, rule, next)
        if (goes(rule, data)) {
            drop(rules, rule);
            any = true;
        }
    return any;
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
    drop_those(rules, always, NULL);
    while (rules->leases)
        drop_lease(rules, rules->leases);
    while (rules->observers.count > 0)
        free(rules->observers.patterns[--rules->observers.count]);
    free(rules->observers.patterns);
    free(rules);
}

static void tell(const struct rules *rules)
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

static bool is_hidden(const struct rule *rule, const void *data)
{
    const struct rule *newest = data;

    return rule != newest && is_partition(rule) &&
           selector_is_covered(&rule->selector, &newest->selector.islands, 1, newest->selector.one_way);
}

static void add(struct rules *rules, struct rule_request *request)
{
    struct rule *rule = mem_new(sizeof(*rule));

    rule->id = ++rules->last_id;
    rule->fault = request->fault;
    rule->selector = request->selector;
    rule->ends_us = request->ends_us;
    rule->settles_us = request->settles_us;
    rule->lease = request->lease ? (struct lease *)rules_lease(rules, request->lease) : NULL;
    islands_settle(&rule->selector.islands);
    request->selector.islands = (struct islands){0};
    DL_APPEND(rules->book, rule);
    rules->count++;
    rules->version++;
    if (may_hide(rule))
        drop_those(rules, is_hidden, rule);
}

int rules_add(struct rules *rules, struct rule_request *requests, size_t count, uint32_t *ret_first)
{
    if (rules->count + count > RULES_MAX)
        return -ENOSPC;
    *ret_first = rules->last_id + 1;
    for (size_t i = 0; i < count; i++)
        add(rules, &requests[i]);
    tell(rules);
    return 0;
}

static bool has_id(const struct rule *rule, const void *id)
{
    return rule->id == *(const uint32_t *)id;
}

const struct rule *rules_find(const struct rules *rules, uint32_t id)
{
    const struct rule *rule = rules->book;

    while (rule && rule->id != id)
        rule = rule->next;
    return rule;
}

bool rules_remove(struct rules *rules, uint32_t id)
{
    bool found = drop_those(rules, has_id, &id);

    if (found)
        tell(rules);
    return found;
}

void rules_clear(struct rules *rules)
{
    drop_those(rules, always, NULL);
    tell(rules);
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
static void heal(struct rule *rule, const struct islands *islands)
{
    size_t kept = 0;

    for (size_t i = 0; i < rule->healed_count; i++) {
        if (heals_as_much(islands, &rule->healed[i]))
            islands_done(&rule->healed[i]);
        else
            rule->healed[kept++] = rule->healed[i];
    }
    rule->healed = mem_resize(rule->healed, (kept + 1) * sizeof(*rule->healed));
    rule->healed[kept] = islands_copy(islands);
    islands_settle(&rule->healed[kept]);
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

int rules_fix(struct rules *rules, const struct islands *islands)
{
    struct rule *rule;

    if (!islands) {
        drop_those(rules, partition_goes, NULL);
        tell(rules);
        return 0;
    }
    DL_FOREACH(rules->book, rule)
        if (takes_part(rule, islands) && healed_then(rule, islands) > RULES_HEALED_MAX)
            return -ENOSPC;
    DL_FOREACH(rules->book, rule)
        if (takes_part(rule, islands)) {
            heal(rule, islands);
            rules->version++;
        }
    drop_those(rules, nothing_is_left, NULL);
    tell(rules);
    return 0;
}

/* ---- what ends by itself ---- */

const struct lease *rules_leases(const struct rules *rules)
{
    return rules->leases;
}

const struct lease *rules_lease(const struct rules *rules, const char *name)
{
    const struct lease *lease = rules->leases;

    while (lease && strcmp(lease->name, name) != 0)
        lease = lease->next;
    return lease;
}

int rules_renew_lease(struct rules *rules, const char *name, uint64_t ends_us)
{
    struct lease *lease = (struct lease *)rules_lease(rules, name);

    if (!lease) {
        if (rules->leases_count >= LEASES_MAX)
            return -ENOSPC;
        lease = mem_new(sizeof(*lease));
        lease->name = mem_string(name, strlen(name));
        DL_APPEND(rules->leases, lease);
        rules->leases_count++;
    }
    lease->ends_us = ends_us;
    tell(rules);
    return 0;
}

static bool has_lease(const struct rule *rule, const void *lease)
{
    return rule->lease == lease;
}

static void end_lease(struct rules *rules, struct lease *lease)
{
    drop_those(rules, has_lease, lease);
    drop_lease(rules, lease);
}

bool rules_end_lease(struct rules *rules, const char *name)
{
    struct lease *lease = (struct lease *)rules_lease(rules, name);

    if (!lease)
        return false;
    end_lease(rules, lease);
    tell(rules);
    return true;
}

static bool is_over(const struct rule *rule, const void *now_us)
{
    return rule->ends_us <= *(const uint64_t *)now_us;
}

void rules_expire(struct rules *rules, uint64_t now_us)
{
    struct lease *lease, *next;
    bool any = drop_those(rules, is_over, &now_us);

    for (struct rule *rule = rules->book; rule; rule = rule->next)
        if (rule->settles_us && rule->settles_us <= now_us) {
            rule->settles_us = 0;
            rules->version++;
            any = true;
        }
    DL_FOREACH_SAFE(rules->leases, lease, next)
        if (lease->ends_us <= now_us) {
            end_lease(rules, lease);
            any = true;
        }
    if (any)
        tell(rules);
}

uint64_t rules_next_end_us(const struct rules *rules)
{
    uint64_t next_us = RULES_NEVER;

    for (const struct rule *rule = rules->book; rule; rule = rule->next) {
        next_us = rule->ends_us < next_us ? rule->ends_us : next_us;
        next_us = rule->settles_us && rule->settles_us < next_us ? rule->settles_us : next_us;
    }
    for (const struct lease *lease = rules->leases; lease; lease = lease->next)
        next_us = lease->ends_us < next_us ? lease->ends_us : next_us;
    return next_us;
}

/* ---- observers ---- */

static size_t find_observer(const struct rules *rules, const char *pattern)
{
    size_t i = 0;

    while (i < rules->observers.count && strcmp(rules->observers.patterns[i], pattern) != 0)
        i++;
    return i;
}

int rules_observe(struct rules *rules, const char *pattern)
{
    struct island *observers = &rules->observers;

    if (find_observer(rules, pattern) < observers->count)
        return 0;
    if (observers->count == OBSERVERS_MAX)
        return -ENOSPC;
    observers->patterns = mem_resize(observers->patterns, (observers->count + 1) * sizeof(*observers->patterns));
    observers->patterns[observers->count++] = mem_string(pattern, strlen(pattern));
    rules->version++;
    tell(rules);
    return 0;
}

bool rules_unobserve(struct rules *rules, const char *pattern)
{
    struct island *observers = &rules->observers;
    size_t i = find_observer(rules, pattern);

    if (i == observers->count)
        return false;
    free(observers->patterns[i]);
    memmove(&observers->patterns[i], &observers->patterns[i + 1],
            (--observers->count - i) * sizeof(*observers->patterns));
    rules->version++;
    tell(rules);
    return true;
}

const struct island *rules_observers(const struct rules *rules)
{
    return &rules->observers;
}

bool rules_is_observer(const struct rules *rules, const char *name)
{
    return island_holds(&rules->observers, name);
}

/* ---- asking ---- */

/* Has a fix taken this pair out? */
static bool is_healed(const struct rule *rule, const char *from, const char *to)
{
    for (size_t i = 0; i < rule->healed_count; i++) {
        int a = islands_find(&rule->healed[i], from), b = islands_find(&rule->healed[i], to);

        if (a >= 0 && b >= 0 && a != b)
            return true;
    }
    return false;
}

struct profile rules_profile(const struct rules *rules, struct party from, struct party to, bool dialled)
{
    bool from_declared = rules_is_observer(rules, from.name), to_declared = rules_is_observer(rules, to.name);
    struct profile profile = {0};

    from.observes |= from_declared;
    to.observes |= to_declared;
    if (from_declared || to_declared)
        profile.flags_cleared = HANDSHAKE_FLAG_PUBLISHED;
    for (const struct rule *rule = rules->book; rule; rule = rule->next) {
        if (fault_row(rule->fault.kind)->between_nodes && selector_matches(&rule->selector, &from, &to, dialled) &&
            !is_healed(rule, from.name, to.name))
            profile_add(&profile, &rule->fault);
        profile.settling |= rule->settles_us && selector_unites(&rule->selector, &from, &to);
    }
    return profile;
}

struct name_profile rules_name_profile(const struct rules *rules, struct party party)
{
    struct name_profile profile = {0};

    party.observes |= rules_is_observer(rules, party.name);
    for (const struct rule *rule = rules->book; rule; rule = rule->next)
        if (!fault_row(rule->fault.kind)->between_nodes && selector_matches_name(&rule->selector, &party))
            name_profile_add(&profile, &rule->fault);
    return profile;
}

/* ---- effects ---- */

/* Kinds that say something about new connections, or about living ones, alone. */
static bool may_touch(const struct fault *fault, enum touched what)
{
    bool refuses = PARTITION_HOLD + (enum partition)fault->value[PARAM_mode] == PARTITION_REFUSE;

    if (what == TOUCHED_LOOKUP || what == TOUCHED_LIST)
        return !fault_row(fault->kind)->between_nodes && (fault->kind == FAULT_unlisted) == (what == TOUCHED_LIST);
    if (!fault_row(fault->kind)->between_nodes)
        return false;
    if (what == TOUCHED_CABLE)
        return fault->kind != FAULT_handshake && fault->kind != FAULT_downgrade &&
               !(fault->kind == FAULT_partition && refuses);
    return fault->kind != FAULT_freeze && fault->kind != FAULT_mute;
}

static bool is_about(const struct rule *rule, const struct touch *touch)
{
    const struct party *dialer = &touch->dialer, *acceptor = &touch->acceptor;

    if (!acceptor->name)
        return selector_matches_name(&rule->selector, dialer);
    return (selector_matches(&rule->selector, dialer, acceptor, true) ||
            selector_matches(&rule->selector, acceptor, dialer, false)) &&
           !is_healed(rule, dialer->name, acceptor->name);
}

static void note(struct effect *effect, const struct touch *touch)
{
    effect->cables += touch->what == TOUCHED_CABLE;
    effect->dials += touch->what == TOUCHED_DIAL;
    effect->lookups += touch->what == TOUCHED_LOOKUP || touch->what == TOUCHED_LIST;
    if (!effect->first_ms)
        effect->first_ms = touch->now_ms;
    effect->last_ms = touch->now_ms;
}

uint32_t rules_touch(struct rules *rules, const struct touch *touch)
{
    struct touch known = *touch;

    known.dialer.observes |= rules_is_observer(rules, touch->dialer.name);
    known.acceptor.observes |= touch->acceptor.name && rules_is_observer(rules, touch->acceptor.name);
    for (struct rule *rule = rules->book; rule; rule = rule->next)
        if (rule->id > touch->after && may_touch(&rule->fault, touch->what) && is_about(rule, &known))
            note(&rule->effect, &known);
    return rules->last_id;
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
