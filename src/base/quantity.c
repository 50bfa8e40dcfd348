/* SPDX-License-Identifier: MIT */
#include "base/quantity.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Reads digits, as long as the number is at most that. Returns behind them, or NULL. */
static const char *read_digits(const char *text, uint64_t most, uint64_t *ret)
{
    uint64_t value = 0;

    if (!isdigit((unsigned char)*text))
        return NULL;
    for (; isdigit((unsigned char)*text); text++) {
        uint64_t digit = (uint64_t)(*text - '0');

        if (value > (most - digit) / 10)
            return NULL;
        value = value * 10 + digit;
    }
    *ret = value;
    return text;
}

static uint64_t power_of_ten(size_t digits)
{
    uint64_t power = 1;

    while (digits-- > 0)
        power *= 10;
    return power;
}

static const struct unit *unit_named(const struct units *units, const char *name)
{
    for (size_t i = 0; i < units->count; i++)
        if (strcmp(units->at[i].name, name) == 0)
            return &units->at[i];
    return NULL;
}

int quantity_parse(const char *text, const struct units *units, uint64_t *ret)
{
    uint64_t whole, decimals = 0, scale = 1;
    const char *at = read_digits(text, units->most, &whole);
    const struct unit *unit;

    if (at && *at == '.' && units->decimals_max > 0) {
        const char *behind_point = at + 1;

        at = read_digits(behind_point, power_of_ten((size_t)units->decimals_max), &decimals);
        if (!at || at - behind_point > units->decimals_max)
            return -EINVAL;
        scale = power_of_ten((size_t)(at - behind_point));
    }
    unit = at ? unit_named(units, at) : NULL;
    if (!unit || whole > units->most / unit->is || decimals * unit->is % scale != 0)
        return -EINVAL;
    whole = whole * unit->is + decimals * unit->is / scale;
    if (whole > units->most)
        return -EINVAL;
    *ret = whole;
    return 0;
}

void quantity_print(uint64_t value, const struct units *units, char *to, size_t size)
{
    const struct unit *unit = units->at, *last = &units->at[units->count - 1];

    while (unit < last && (!*unit->name || value == 0 || value % unit->is != 0))
        unit++;
    snprintf(to, size, "%" PRIu64 "%s", value / unit->is, unit->name);
}
