/* SPDX-License-Identifier: MIT */
#ifndef BASE_SUGGEST_H
#define BASE_SUGGEST_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The closest of `count` words to what was typed, or NULL when none is close enough to be meant. `stride` is the
 * distance in bytes from one `const char *` to the next, so that the words may be the first fields of a table's rows.
 */
const char *suggest(const char *typed, const void *words, size_t count, size_t stride);

/*
 * Is what was typed that name of a node, but for a slip? Names that differ in a number are names of two nodes, so their
 * digits must be the same; up to a third of the letters may be others, and their case does not count.
 */
bool suggest_is_slip(const char *typed, const char *name);

#endif
