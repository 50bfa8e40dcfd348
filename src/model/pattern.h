/* SPDX-License-Identifier: MIT */
/*
 * Names of nodes as people write them: "node1" is that node on any host, "node1@host" the node of that full name;
 * *, ? and [...] stand for what they stand for in file names: "rabbit*", "*@host2", "node[1-3]"; ? and what stands in
 * brackets for one character, whatever the locale.
 */
#ifndef MODEL_PATTERN_H
#define MODEL_PATTERN_H

#include <stdbool.h>

#define PATTERN_BYTES_MAX 1020

/* A name that is a pattern which means just that name: without globs, and without what patterns may not have. */
bool pattern_is_plain(const char *name);

/* NULL, or what is wrong with it in a few words. */
const char *pattern_fault(const char *pattern);

/* NULL, or what is in it that no glob is made of, in a few words: a '[' that stands for itself, [b-a]. */
const char *pattern_slip(const char *pattern);

/* A name without @ is one whose host is not known: no pattern with an @ matches it, as nobody guesses. */
bool pattern_matches(const char *pattern, const char *name);

/* Does every node that `narrow` can mean match `wide` as well? May say no when it is hard to tell. */
bool pattern_covers(const char *wide, const char *narrow);

/* Can the two mean the same node? Sure when one of them is a plain name; of two globs only equal ones are known to. */
bool pattern_overlaps(const char *a, const char *b);

/* The same, but yes when it is hard to tell. */
bool pattern_may_overlap(const char *a, const char *b);

#endif
