/* SPDX-License-Identifier: MIT */
#include "base/suggest.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

#define WORD_MAX 32 /* of what is left when two words' common ends are taken away */

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static bool same(char a, char b)
{
    return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/*
 * How many letters, whatever their case, to add, drop, change or swap with their neighbour (Damerau-Levenshtein,
 * optimal alignment).
 */
static size_t distance(const char *a, const char *b)
{
    size_t rows = strlen(a), columns = strlen(b);
    size_t d[WORD_MAX + 1][WORD_MAX + 1];

    for (; rows > 0 && columns > 0 && same(*a, *b); rows--, columns--, a++, b++)
        ;
    while (rows > 0 && columns > 0 && same(a[rows - 1], b[columns - 1])) {
        rows--;
        columns--;
    }
    if (rows > WORD_MAX || columns > WORD_MAX)
        return SIZE_MAX;
    for (size_t i = 0; i <= rows; i++)
        d[i][0] = i;
    for (size_t j = 0; j <= columns; j++)
        d[0][j] = j;
    for (size_t i = 1; i <= rows; i++)
        for (size_t j = 1; j <= columns; j++) {
            d[i][j] = least(d[i - 1][j], d[i][j - 1]) + 1;
            d[i][j] = least(d[i][j], d[i - 1][j - 1] + !same(a[i - 1], b[j - 1]));
            if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1]))
                d[i][j] = least(d[i][j], d[i - 2][j - 2] + 1);
        }
    return d[rows][columns];
}

const char *suggest(const char *typed, const void *words, size_t count, size_t stride)
{
    const char *best = NULL;
    size_t best_distance = strlen(typed) / 3 + 2; /* further away it is another word */

    for (size_t i = 0; i < count; i++) {
        const char *word;
        size_t far;

        memcpy(&word, (const char *)words + i * stride, sizeof(word));
        far = distance(typed, word);
        if (far < best_distance) {
            best = word;
            best_distance = far;
        }
    }
    return best;
}

static const char *next_digit(const char *at)
{
    while (*at && !isdigit((unsigned char)*at))
        at++;
    return at;
}

static bool same_digits(const char *a, const char *b)
{
    for (a = next_digit(a), b = next_digit(b); *a == *b; a = next_digit(a + 1), b = next_digit(b + 1))
        if (!*a)
            return true;
    return false;
}

bool suggest_is_slip(const char *typed, const char *name)
{
    size_t most = strcspn(typed, "@") / 3, len = strlen(typed), other = strlen(name);

    return len <= other + most && other <= len + most && same_digits(typed, name) && distance(typed, name) <= most;
}
