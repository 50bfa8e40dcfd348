/* SPDX-License-Identifier: MIT */
#include "base/rate.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define DECIMALS_SCALE_MAX 1000000000 /* nine decimals: single bits of the largest unit */

static const struct unit {
    const char *name;
    uint64_t bits;
} units[] = {
    {"gbit", 1000000000},
    {"mbit", 1000000},
    {"kbit", 1000},
    {"bit", 1},
};

#define UNITS (sizeof(units) / sizeof(units[0]))

static const struct unit *unit_named(const char *name)
{
    for (size_t i = 0; i < UNITS; i++)
        if (strcmp(units[i].name, name) == 0)
            return &units[i];
    return NULL;
}

int rate_parse(const char *text, uint64_t *ret_bits_per_s)
{
    uint64_t whole = 0, decimals = 0, scale = 1;
    const char *at = text;
    const struct unit *unit;

    for (; isdigit((unsigned char)*at); at++) {
        whole = whole * 10 + (uint64_t)(*at - '0');
        if (whole > RATE_MAX_BITS)
            return -EINVAL;
    }
    if (at == text)
        return -EINVAL;
    if (*at == '.') {
        const char *point = at++;

        for (; isdigit((unsigned char)*at); at++) {
            if (scale >= DECIMALS_SCALE_MAX)
                return -EINVAL;
            decimals = decimals * 10 + (uint64_t)(*at - '0');
            scale *= 10;
        }
        if (at == point + 1)
            return -EINVAL;
    }

    unit = unit_named(at);
    if (!unit || whole > RATE_MAX_BITS / unit->bits || decimals * unit->bits % scale != 0)
        return -EINVAL;
    whole = whole * unit->bits + decimals * unit->bits / scale;
    if (whole == 0 || whole > RATE_MAX_BITS)
        return -EINVAL;
    *ret_bits_per_s = whole;
    return 0;
}

/* At least 1, and exact with three decimals. The last unit fits whatever comes. */
static bool fits(const struct unit *unit, uint64_t bits)
{
    return unit->bits == 1 || (bits >= unit->bits && bits % (unit->bits / 1000) == 0);
}

void rate_print(uint64_t bits_per_s, char *to, size_t size)
{
    const struct unit *unit = units;

    while (!fits(unit, bits_per_s))
        unit++;

    uint64_t whole = bits_per_s / unit->bits, decimals = bits_per_s % unit->bits;
    int digits = 3;

    if (decimals == 0) {
        snprintf(to, size, "%" PRIu64 "%s", whole, unit->name);
        return;
    }
    for (decimals /= unit->bits / 1000; decimals % 10 == 0; decimals /= 10)
        digits--;
    snprintf(to, size, "%" PRIu64 ".%0*" PRIu64 "%s", whole, digits, decimals, unit->name);
}
