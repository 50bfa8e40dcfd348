/* SPDX-License-Identifier: MIT */
/*
 * What the book says about names, and notes about what it was asked for; who is left out of it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "wire/handshake.h"
#include "model/book.h"

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
    book_tell(rules);
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
    book_tell(rules);
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

static void note_bytes(struct rule *rule, const struct kept_back *kept)
{
    enum partition partition = PARTITION_HOLD + (enum partition)rule->fault.value[PARAM_mode];
    bool cuts = rule->fault.kind == FAULT_partition;

    if (cuts && partition == PARTITION_DROP)
        rule->effect.dropped_bytes += kept->dropped_bytes;
    else if (rule->fault.kind == FAULT_freeze ||
             (cuts && (partition == PARTITION_HOLD || partition == PARTITION_SEVER)))
        rule->effect.held_bytes += kept->held_bytes;
}

void rules_touch_bytes(struct rules *rules, const struct kept_back *kept)
{
    struct kept_back known = *kept;

    known.from.observes |= rules_is_observer(rules, kept->from.name);
    known.to.observes |= rules_is_observer(rules, kept->to.name);
    for (struct rule *rule = rules->book; rule; rule = rule->next)
        if (fault_row(rule->fault.kind)->between_nodes &&
            selector_matches(&rule->selector, &known.from, &known.to, known.dialled) &&
            !is_healed(rule, known.from.name, known.to.name))
            note_bytes(rule, &known);
}
