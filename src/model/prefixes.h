/* SPDX-License-Identifier: MIT */
/*
 * Many patterns that are asked often: does any of them match this name? What stands before a pattern's first glob is
 * what the name begins with; so only patterns that begin like it are tried. Sorted by their beginnings, each knows the
 * nearest one before it that begins it:
 *
 *     a <-- ab* <-- ab[12] <-- abc*     b*
 *
 * "abd" belongs behind abc*; so that is tried, and what the arrows lead to.
 */
#ifndef MODEL_PREFIXES_H
#define MODEL_PREFIXES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PREFIXES_END SIZE_MAX

struct prefixes;

/* The patterns must outlive it; at least one. */
struct prefixes *prefixes_new(char *const *patterns, size_t count);
void prefixes_free(struct prefixes *prefixes); /* NULL is fine */

/* As pattern_matches() of any of them. */
bool prefixes_match(const struct prefixes *prefixes, const char *name);

/* As pattern_covers() and pattern_may_overlap() with any of them; the latter says no of globs that begin otherwise. */
bool prefixes_cover(const struct prefixes *prefixes, const char *narrow);
bool prefixes_may_overlap(const struct prefixes *prefixes, const char *pattern);

/*
 * All that begin as the name or pattern does, and few others: the places of what can mean the same node and does not
 * begin with more than this. Those that do find this one. Up to PREFIXES_END.
 */
size_t prefixes_first(const struct prefixes *prefixes, const char *text);
size_t prefixes_next(const struct prefixes *prefixes, size_t at);

/* Which of the patterns that were given stands at that place. */
size_t prefixes_index(const struct prefixes *prefixes, size_t at);

#endif
