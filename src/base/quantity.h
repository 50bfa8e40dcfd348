/* SPDX-License-Identifier: MIT */
/*
 * A number and its unit, as people write them: what durations, rates and sizes have in common. Each has its own table
 * of units, the largest first and the one that is 1 last.
 */
#ifndef BASE_QUANTITY_H
#define BASE_QUANTITY_H

#include <stddef.h>
#include <stdint.h>

struct unit {
    const char *name; /* empty: a number alone will do; never printed */
    uint64_t is;      /* in the smallest one */
};

struct units {
    const struct unit *at;
    size_t count;
    int decimals_max; /* digits that may stand behind the point; 0: no point */
    uint64_t most;    /* whatever is more is refused */
};

/* Nothing else before, between or behind. Returns 0, or -EINVAL with *ret untouched; also when it is no whole number.
 */
int quantity_parse(const char *text, const struct units *units, uint64_t *ret);

/* Without rounding and without a point: in the largest unit of which it is a whole number. 32 bytes are enough. */
void quantity_print(uint64_t value, const struct units *units, char *to, size_t size);

#endif
