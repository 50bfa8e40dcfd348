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
}

void islands_add_copy(struct islands *islands, const struct island *island)
{
    islands_add(islands);
    for (size_t k = 0; k < island->count; k++)
        islands_add_pattern(islands, island->patterns[k], strlen(island->patterns[k]));
}

void islands_done(struct islands *islands)
{
    for (size_t i = 0; i < islands->count; i++) {
        for (size_t k = 0; k < islands->at[i].count; k++)
            free(islands->at[i].patterns[k]);
        free(islands->at[i].patterns);
        prefixes_free(islands->at[i].prefixes);
    }
    free(islands->at);
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

static int check_pair(const struct islands *islands, size_t i, size_t j, struct refusal *refusal)
{
    const struct island *a = &islands->at[i], *b = &islands->at[j];

    for (size_t k = 0; k < a->count; k++)
        for (size_t l = 0; l < b->count; l++)
            if (pattern_overlaps(a->patterns[k], b->patterns[l]))
                return refuse(refusal, "islands",
                              "a node in two islands: '%.100s' (island %zu) and '%.100s' (island %zu)", a->patterns[k],
                              i + 1, b->patterns[l], j + 1);
    return 0;
}

int islands_check(const struct islands *islands, struct refusal *refusal)
{
    if (islands->count < 2)
        return refuse(refusal, "islands", "two or more are needed");
    if (islands->count > ISLANDS_MAX)
        return refuse(refusal, "islands", "more than %d", ISLANDS_MAX);
    if (islands_check_names(islands, "islands", refusal) < 0)
        return -EINVAL;
    for (size_t i = 0; i < islands->count; i++)
        for (size_t j = i + 1; j < islands->count; j++)
            if (check_pair(islands, i, j, refusal) < 0)
                return -EINVAL;
    return 0;
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
    for (size_t i = (size_t)(after + 1); i < islands->count; i++)
        if (island_holds(&islands->at[i], name))
            return (int)i;
    return -1;
}

int islands_find(const struct islands *islands, const char *name)
{
    return islands_find_after(islands, name, -1);
}

/* How an island stands to all the nodes that a pattern can mean. */
static bool island_covers(const struct island *island, const char *narrow)
{
    for (size_t k = 0; k < island->count; k++)
        if (pattern_covers(island->patterns[k], narrow))
            return true;
    return false;
}

static bool island_may_overlap(const struct island *island, const char *narrow)
{
    for (size_t k = 0; k < island->count; k++)
        if (pattern_may_overlap(island->patterns[k], narrow))
            return true;
    return false;
}

int islands_covering(const struct islands *islands, const char *narrow)
{
    for (size_t i = 0; i < islands->count; i++) {
        if (island_covers(&islands->at[i], narrow))
            return (int)i;
        if (island_may_overlap(&islands->at[i], narrow)) /* some of its nodes belong here, others do not */
            return -1;
    }
    return -1;
}
