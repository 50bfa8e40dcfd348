/* SPDX-License-Identifier: MIT */
#include "model/selector.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/refusal.h"
#include "model/faults.h"

int selector_check(const struct selector *selector, const struct fault *fault, struct refusal *refusal)
{
    const char *name = fault_row(fault->kind)->name;
    size_t count = selector->islands.count;

    if (!fault_row(fault->kind)->between_nodes) {
        if (count != 1)
            return refuse(refusal, "nodes", "%s is about names: give nodes (--node), not pairs of them", name);
        return island_check_names(&selector->islands.at[0], "nodes", refusal);
    }
    if (selector->overlap && count != 2)
        return refuse(refusal, "between", "two sets of nodes are needed");
    if (selector->dialer != DIALER_ANY && count != 2)
        return refuse(refusal, "dialled_by", "needs exactly two islands");
    if (fault->kind == FAULT_downgrade && selector->one_way)
        return refuse(refusal, selector->overlap ? "from" : "one_way",
                      "both nodes must be told the same by %s, or they crash: give between (--between)", name);
    if (!selector->overlap)
        return islands_check(&selector->islands, refusal);
    if (!selector->one_way)
        return islands_check_names(&selector->islands, "between", refusal);
    if (island_check_names(&selector->islands.at[0], "from", refusal) < 0)
        return -EINVAL;
    return island_check_names(&selector->islands.at[1], "to", refusal);
}

static bool dialer_fits(const struct selector *selector, bool from_first_island_dialled)
{
    return selector->dialer == DIALER_ANY || (selector->dialer == DIALER_FROM) == from_first_island_dialled;
}

/* The first of its islands that the node is in; or -1. */
static int place_of(const struct islands *islands, const struct party *party)
{
    return party->observes ? islands_naming(islands, party->name) : islands_find(islands, party->name);
}

_Static_assert(ISLANDS_MAX <= SCHAR_MAX, "the number of an island is kept in a byte");

struct node_place selector_find(const struct selector *selector, const struct party *party)
{
    int island = place_of(&selector->islands, party);
    bool second = island == 1;

    if (selector->overlap && island == 0)
        second = place_of(&(struct islands){.at = &selector->islands.at[1], .count = 1}, party) == 0;
    return (struct node_place){(signed char)island, second};
}

static bool overlap_speaks(const struct selector *selector, struct node_place from, struct node_place to, bool dialled)
{
    if (from.island == 0 && to.second && dialer_fits(selector, dialled))
        return true;
    return !selector->one_way && from.second && to.island == 0 && dialer_fits(selector, !dialled);
}

/* Is there anything between these two of its islands, in this direction? */
static bool speaks_about(bool one_way, int from, int to)
{
    return from >= 0 && to >= 0 && from != to && (!one_way || from == 0);
}

bool selector_speaks(const struct selector *selector, struct node_place from, struct node_place to, bool dialled)
{
    if (selector->overlap)
        return overlap_speaks(selector, from, to, dialled);
    return speaks_about(selector->one_way, from.island, to.island) &&
           dialer_fits(selector, from.island == 0 ? dialled : !dialled);
}

bool selector_matches(const struct selector *selector, const struct party *from, const struct party *to, bool dialled)
{
    struct node_place place = selector_find(selector, from);

    return place.island >= 0 && selector_speaks(selector, place, selector_find(selector, to), dialled);
}

bool selector_matches_name(const struct selector *selector, const struct party *party)
{
    return place_of(&selector->islands, party) == 0;
}

/*
 * Puts into `places`, for each pattern of the selector, the island that has all its nodes, in each of the `count` sets
 * of islands (-1: none). Returns false when one is at home in none of them: then it is not covered.
 */
static bool find_places(const struct selector *old, const struct islands *islands, size_t count, int *places)
{
    for (size_t i = 0; i < old->islands.count; i++)
        for (size_t k = 0; k < old->islands.at[i].count; k++) {
            bool any = false;

            for (size_t n = 0; n < count; n++) {
                *places = islands_covering(&islands[n], old->islands.at[i].patterns[k]);
                any |= *places++ >= 0;
            }
            if (!any)
                return false;
        }
    return true;
}

/* What one pattern's nodes send to another's: looked at as selector_matches() looks at names. */
static bool covers_pair(const int *from, const int *to, size_t count, bool one_way)
{
    for (size_t n = 0; n < count; n++)
        if (speaks_about(one_way, from[n], to[n]))
            return true;
    return false;
}

/* Names that stand together in a cut mostly stand together in a fix: what was found for one holds for the next. */
static bool is_repeated(const int *places, size_t k, size_t count)
{
    return k > 0 && memcmp(places + k * count, places + (k - 1) * count, count * sizeof(*places)) == 0;
}

/* The same for all of two islands, whose patterns' places stand one after the other. */
static bool covers_islands(const int *from, size_t from_count, const int *to, size_t to_count, size_t count,
                           bool one_way)
{
    for (size_t k = 0; k < from_count; k++) {
        if (is_repeated(from, k, count))
            continue;
        for (size_t l = 0; l < to_count; l++)
            if (!is_repeated(to, l, count) && !covers_pair(from + k * count, to + l * count, count, one_way))
                return false;
    }
    return true;
}

static bool places_cover(const struct selector *old, const int *places, size_t count, bool one_way)
{
    const struct islands *is = &old->islands;
    const int *from = places, *to;

    for (size_t i = 0; i < is->count; from += is->at[i++].count * count) {
        to = places;
        for (size_t j = 0; j < is->count; to += is->at[j++].count * count)
            if (speaks_about(old->one_way, (int)i, (int)j) &&
                !covers_islands(from, is->at[i].count, to, is->at[j].count, count, one_way))
                return false;
    }
    return true;
}

bool selector_is_covered(const struct selector *old, const struct islands *islands, size_t count, bool one_way)
{
    size_t patterns = 0;
    int *places;
    bool covered;

    for (size_t i = 0; i < old->islands.count; i++)
        patterns += old->islands.at[i].count;
    /* Found once for each pattern, not for each pair: large cuts have many pairs. */
    places = mem_new(patterns * count * sizeof(*places));
    covered = find_places(old, islands, count, places) && places_cover(old, places, count, one_way);
    free(places);
    return covered;
}

bool selector_may_meet(const struct selector *selector, const struct islands *islands)
{
    size_t met = 0; /* of its islands, at least two must be */

    for (size_t i = 0; i < selector->islands.count; i++)
        met += islands_may_meet(islands, &selector->islands.at[i]);
    return met >= 2;
}
