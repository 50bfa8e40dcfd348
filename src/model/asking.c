/* SPDX-License-Identifier: MIT */
/*
 * What the book says about names, and who is left out of it.
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
    seats_declare(rules);
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
    seats_declare(rules);
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

/* Was it declared an observer? Its seat knows. */
static bool is_declared(const struct rules *rules, const struct party *party)
{
    return party->seat ? party->seat->declared : rules_is_observer(rules, party->name);
}

struct profile rules_profile(const struct rules *rules, struct party from, struct party to, bool dialled)
{
    bool from_declared = is_declared(rules, &from), to_declared = is_declared(rules, &to);
    struct profile profile = {0};
    struct meetings meetings;
    const struct meeting *met;

    from.observes |= from_declared;
    to.observes |= to_declared;
    if (from_declared || to_declared)
        profile.flags_cleared = HANDSHAKE_FLAG_PUBLISHED;
    meetings = meetings_of(rules, &from, &to);
    while ((met = meetings_next(&meetings))) {
        if (meetings_is_about(&meetings, true, dialled))
            profile_add(&profile, &met->rule->fault);
        profile.settling |= met->rule->settles_us && met->a.island == met->b.island;
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
