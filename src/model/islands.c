/* SPDX-License-Identifier: MIT */
#include "model/islands.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/refusal.h"
#include "model/pattern.h"
#include "model/prefixes.h"

#define SETTLED_FROM 16 /* patterns; fewer are tried one after the other as fast */

void islands_add(struct islands *islands)
{
    islands->at = mem_resize(islands->at, (islands->count + 1) * sizeof(*islands->at));
    islands->at[islands->count++] = (struct island){0};
}

void islands_add_pattern(struct islands *islands, const char *pattern, size_t len)
{
    struct island *island = &islands->at[islands->count - 1];

    island->patterns = mem_resize(island->patterns, (island->count + 1) * sizeof(*island->patterns));
    island->patterns[island->count++] = mem_string(pattern, len);
    island->hosts |= memchr(pattern, '@', len) != NULL;
}

void islands_add_copy(struct islands *islands, const struct island *island)
{
    islands_add(islands);
    for (size_t k = 0; k < island->count; k++)
        islands_add_pattern(islands, island->patterns[k], strlen(island->patterns[k]));
}

struct islands islands_share(struct islands *islands)
{
    if (!islands->users) {
        islands->users = mem_new(sizeof(*islands->users));
        *islands->users = 1;
    }
    ++*islands->users;
    return *islands;
}

/* Are there others that share it? */
static bool leave(const struct islands *islands)
{
    return islands->users && --*islands->users > 0;
}

void islands_done(struct islands *islands)
{
    if (leave(islands)) {
        *islands = (struct islands){0};
        return;
    }
    for (size_t i = 0; i < islands->count; i++) {
        for (size_t k = 0; k < islands->at[i].count; k++)
            free(islands->at[i].patterns[k]);
        free(islands->at[i].patterns);
        prefixes_free(islands->at[i].prefixes);
    }
    free(islands->at);
    free(islands->users);
    *islands = (struct islands){0};
}

void islands_settle(struct islands *islands)
{
    for (size_t i = 0; i < islands->count; i++) {
        struct island *island = &islands->at[i];

        if (!island->prefixes && island->count >= SETTLED_FROM)
            island->prefixes = prefixes_new(island->patterns, island->count);
    }
}

int island_check_names(const struct island *island, const char *field, struct refusal *refusal)
{
    if (island->count == 0)
        return refuse(refusal, field, "an island without nodes");
    if (island->count > ISLANDS_PATTERNS_MAX)
        return refuse(refusal, field, "more than %d names", ISLANDS_PATTERNS_MAX);
    for (size_t k = 0; k < island->count; k++) {
        const char *fault = pattern_fault(island->patterns[k]);

        if (fault) {
            refuse(refusal, NULL, "%s ('%.100s')", fault, island->patterns[k]);
            return refusal_within(refusal, "%s[%zu]", field, k);
        }
    }
    return 0;
}

int islands_check_names(const struct islands *islands, const char *field, struct refusal *refusal)
{
    size_t patterns = 0;
    char path[64];

    for (size_t i = 0; i < islands->count; i++) {
        snprintf(path, sizeof(path), "%s[%zu]", field, i);
        if (island_check_names(&islands->at[i], path, refusal) < 0)
            return -EINVAL;
        patterns += islands->at[i].count;
        if (patterns > ISLANDS_PATTERNS_MAX)
            return refuse(refusal, field, "more than %d names", ISLANDS_PATTERNS_MAX);
    }
    return 0;
}

struct islands islands_copy(const struct islands *islands)
{
    struct islands copy = {0};

    for (size_t i = 0; i < islands->count; i++)
        islands_add_copy(&copy, &islands->at[i]);
    return copy;
}

/* The patterns of all islands in a row, and whose each is. */
struct row {
    char **patterns;
    size_t *islands;
    size_t count;
};

static struct row row_of(const struct islands *islands)
{
    struct row row = {0};
    size_t count = 0;

    for (size_t i = 0; i < islands->count; i++)
        count += islands->at[i].count;
    row.patterns = mem_new(count * sizeof(*row.patterns));
    row.islands = mem_new(count * sizeof(*row.islands));
    for (size_t i = 0; i < islands->count; i++) {
        for (size_t k = 0; k < islands->at[i].count; k++) {
            row.patterns[row.count] = islands->at[i].patterns[k];
            row.islands[row.count++] = i;
        }
    }
    return row;
}

static int check_one(const struct row *row, const struct prefixes *prefixes, size_t mine, struct refusal *refusal)
{
    for (size_t at = prefixes_first(prefixes, row->patterns[mine]); at != PREFIXES_END;
         at = prefixes_next(prefixes, at)) {
        size_t other = prefixes_index(prefixes, at), first = mine < other ? mine : other, second = mine + other - first;

        if (row->islands[mine] != row->islands[other] && pattern_overlaps(row->patterns[mine], row->patterns[other]))
            return refuse(refusal, "islands", "a node in two islands: '%.100s' (island %zu) and '%.100s' (island %zu)",
                          row->patterns[first], row->islands[first] + 1, row->patterns[second],
                          row->islands[second] + 1);
    }
    return 0;
}

/* There may be thousands of names, so not each is held against each other one. */
static int check_apart(const struct islands *islands, struct refusal *refusal)
{
    struct row row = row_of(islands);
    struct prefixes *prefixes = prefixes_new(row.patterns, row.count);
    int status = 0;

    for (size_t i = 0; i < row.count && status == 0; i++)
        status = check_one(&row, prefixes, i, refusal);
    prefixes_free(prefixes);
    free(row.patterns);
    free(row.islands);
    return status;
}

int islands_check(const struct islands *islands, struct refusal *refusal)
{
    if (islands->count < 2)
        return refuse(refusal, "islands", "two or more are needed");
    if (islands->count > ISLANDS_MAX)
        return refuse(refusal, "islands", "more than %d", ISLANDS_MAX);
    if (islands_check_names(islands, "islands", refusal) < 0)
        return -EINVAL;
    return check_apart(islands, refusal);
}

bool island_holds(const struct island *island, const char *name)
{
    if (island->prefixes)
        return prefixes_match(island->prefixes, name);
    for (size_t k = 0; k < island->count; k++)
        if (pattern_matches(island->patterns[k], name))
            return true;
    return false;
}

int islands_find_after(const struct islands *islands, const char *name, int after)
{
    for (size_t i = (size_t)after + 1; i < islands->count; i++)
        if (island_holds(&islands->at[i], name))
            return (int)i;
    return -1;
}

int islands_find(const struct islands *islands, const char *name)
{
    return islands_find_after(islands, name, -1);
}

static bool island_names(const struct island *island, const char *name)
{
    for (size_t k = 0; k < island->count; k++)
        if (pattern_matches(island->patterns[k], name) && pattern_is_plain(island->patterns[k]))
            return true;
    return false;
}

int islands_naming(const struct islands *islands, const char *name)
{
    for (size_t i = 0; i < islands->count; i++)
        if (island_names(&islands->at[i], name))
            return (int)i;
    return -1;
}

static bool may_overlap_any(const struct island *island, const char *pattern)
{
    if (island->prefixes)
        return prefixes_may_overlap(island->prefixes, pattern);
    for (size_t k = 0; k < island->count; k++)
        if (pattern_may_overlap(island->patterns[k], pattern))
            return true;
    return false;
}

/* Those of the one that is not settled, or has fewer, are held against the other. */
static bool may_overlap(const struct island *a, const struct island *b)
{
    bool swap = !a->prefixes || (b->prefixes && b->count > a->count);
    const struct island *asked = swap ? b : a, *asking = swap ? a : b;

    for (size_t k = 0; k < asking->count; k++)
        if (may_overlap_any(asked, asking->patterns[k]))
            return true;
    return false;
}

bool islands_may_meet(const struct islands *islands, const struct island *island)
{
    for (size_t i = 0; i < islands->count; i++)
        if (may_overlap(&islands->at[i], island))
            return true;
    return false;
}

/*
 * How an island stands to all the nodes that a pattern can mean. A plain name is asked for as a node's is: that is fast
 * in many patterns, and large cuts are of such names. Without a host it can mean others as well as a pattern with one.
 */
static bool island_covers(const struct island *island, const char *narrow, bool plain)
{
    if (plain)
        return island_holds(island, narrow);
    if (island->prefixes)
        return prefixes_cover(island->prefixes, narrow);
    for (size_t k = 0; k < island->count; k++)
        if (pattern_covers(island->patterns[k], narrow))
            return true;
    return false;
}

static bool island_may_overlap(const struct island *island, const char *narrow, bool plain)
{
    if (plain && (strchr(narrow, '@') || !island->hosts))
        return island_holds(island, narrow);
    return may_overlap_any(island, narrow);
}

int islands_covering(const struct islands *islands, const char *narrow)
{
    bool plain = pattern_is_plain(narrow);

    for (size_t i = 0; i < islands->count; i++) {
        if (island_covers(&islands->at[i], narrow, plain))
            return (int)i;
        if (island_may_overlap(&islands->at[i], narrow, plain)) /* some of its nodes belong here, others do not */
            return -1;
    }
    return -1;
}
