/* SPDX-License-Identifier: MIT */
#include "model/prefixes.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "model/pattern.h"

struct prefix {
    const char *pattern;
    size_t len;    /* of what stands before its first glob */
    size_t before; /* the nearest one before it with which it begins, or PREFIXES_END */
    size_t index;  /* its place in the patterns that were given */
};

struct prefixes {
    size_t count;
    struct prefix at[]; /* sorted by what stands before the first globs */
};

static size_t beginning(const char *pattern)
{
    return strcspn(pattern, "*?[");
}

static int by_beginning(const void *left, const void *right)
{
    const struct prefix *a = left, *b = right;
    int order = memcmp(a->pattern, b->pattern, a->len < b->len ? a->len : b->len);

    return order ? order : (a->len > b->len) - (a->len < b->len);
}

static bool begins(const struct prefix *prefix, const char *text)
{
    return strncmp(text, prefix->pattern, prefix->len) == 0;
}

/* Whatever begins this one and stands before the one before it begins that as well: so one arrow each is enough. */
static void find_before(struct prefixes *prefixes, size_t i)
{
    size_t before = i == 0 ? PREFIXES_END : i - 1;

    while (before != PREFIXES_END && !begins(&prefixes->at[before], prefixes->at[i].pattern))
        before = prefixes->at[before].before;
    prefixes->at[i].before = before;
}

struct prefixes *prefixes_new(char *const *patterns, size_t count)
{
    struct prefixes *prefixes = mem_new(sizeof(*prefixes) + count * sizeof(prefixes->at[0]));

    prefixes->count = count;
    for (size_t i = 0; i < count; i++)
        prefixes->at[i] = (struct prefix){.pattern = patterns[i], .len = beginning(patterns[i]), .index = i};
    qsort(prefixes->at, count, sizeof(prefixes->at[0]), by_beginning);
    for (size_t i = 0; i < count; i++)
        find_before(prefixes, i);
    return prefixes;
}

void prefixes_free(struct prefixes *prefixes)
{
    free(prefixes);
}

/* Of those that do not stand behind the text the last one: all that begin the text begin it too, or are it. */
size_t prefixes_first(const struct prefixes *prefixes, const char *text)
{
    struct prefix wanted = {.pattern = text, .len = beginning(text)};
    size_t low = 0, high = prefixes->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (by_beginning(&prefixes->at[middle], &wanted) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low == 0 ? PREFIXES_END : low - 1;
}

size_t prefixes_next(const struct prefixes *prefixes, size_t at)
{
    return prefixes->at[at].before;
}

size_t prefixes_index(const struct prefixes *prefixes, size_t at)
{
    return prefixes->at[at].index;
}

bool prefixes_match(const struct prefixes *prefixes, const char *name)
{
    for (size_t at = prefixes_first(prefixes, name); at != PREFIXES_END; at = prefixes_next(prefixes, at))
        if (pattern_matches(prefixes->at[at].pattern, name))
            return true;
    return false;
}

/* A pattern that covers another one begins like it, or is "*": that begins everything. */
bool prefixes_cover(const struct prefixes *prefixes, const char *narrow)
{
    for (size_t at = prefixes_first(prefixes, narrow); at != PREFIXES_END; at = prefixes_next(prefixes, at))
        if (pattern_covers(prefixes->at[at].pattern, narrow))
            return true;
    return false;
}

/* What two patterns can both mean begins like each of them: so one of them begins like the other. */
bool prefixes_may_overlap(const struct prefixes *prefixes, const char *pattern)
{
    struct prefix wanted = {.pattern = pattern, .len = beginning(pattern)};
    size_t first = prefixes_first(prefixes, pattern);

    for (size_t at = first; at != PREFIXES_END; at = prefixes_next(prefixes, at))
        if (pattern_may_overlap(prefixes->at[at].pattern, pattern))
            return true;
    for (size_t at = first == PREFIXES_END ? 0 : first + 1;
         at < prefixes->count && prefixes->at[at].len >= wanted.len && begins(&wanted, prefixes->at[at].pattern); at++)
        if (pattern_may_overlap(prefixes->at[at].pattern, pattern))
            return true;
    return false;
}
