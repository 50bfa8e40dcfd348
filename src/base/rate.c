/* SPDX-License-Identifier: MIT */
#include "base/rate.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/quantity.h"

static const struct unit units[] = {
    {"gbit", 1000000000},
    {"mbit", 1000000},
    {"kbit", 1000},
    {"bit", 1},
};

/* Nine decimals: single bits of the largest unit. */
static const struct units rates = {units, sizeof(units) / sizeof(units[0]), 9, RATE_MAX_BITS};

int rate_parse(const char *text, uint64_t *ret_bits_per_s)
{
    uint64_t bits;

    if (quantity_parse(text, &rates, &bits) < 0 || bits == 0)
        return -EINVAL;
    *ret_bits_per_s = bits;
    return 0;
}

/* At least 1, and exact with three decimals. The last unit fits whatever comes. */
static bool fits(const struct unit *unit, uint64_t bits)
{
    return unit->is == 1 || (bits >= unit->is && bits % (unit->is / 1000) == 0);
}

void rate_print(uint64_t bits_per_s, char *to, size_t size)
{
    const struct unit *unit = units;

    while (!fits(unit, bits_per_s))
        unit++;

    uint64_t whole = bits_per_s / unit->is, decimals = bits_per_s % unit->is;
    int digits = 3;

    if (decimals == 0) {
        snprintf(to, size, "%" PRIu64 "%s", whole, unit->name);
        return;
    }
    for (decimals /= unit->is / 1000; decimals % 10 == 0; decimals /= 10)
        digits--;
    snprintf(to, size, "%" PRIu64 ".%0*" PRIu64 "%s", whole, digits, decimals, unit->name);
}
