/* SPDX-License-Identifier: MIT */
#include "base/suggest.h"

#include <stdint.h>
#include <string.h>

#define WORD_MAX 32

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* How many letters to add, drop, change or swap with their neighbour (Damerau-Levenshtein, optimal alignment). */
static size_t distance(const char *a, const char *b)
{
    size_t rows = strlen(a), columns = strlen(b);
    size_t d[WORD_MAX + 1][WORD_MAX + 1];

    if (rows > WORD_MAX || columns > WORD_MAX)
        return SIZE_MAX;
    for (size_t i = 0; i <= rows; i++)
        d[i][0] = i;
    for (size_t j = 0; j <= columns; j++)
        d[0][j] = j;
    for (size_t i = 1; i <= rows; i++)
        for (size_t j = 1; j <= columns; j++) {
            d[i][j] = least(d[i - 1][j], d[i][j - 1]) + 1;
            d[i][j] = least(d[i][j], d[i - 1][j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
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
