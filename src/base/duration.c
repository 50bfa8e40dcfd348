/* SPDX-License-Identifier: MIT */
#include "base/duration.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const struct unit {
    const char *name;
    uint64_t us;
} units[] = {
    {"h", 3600000000}, {"m", 60000000}, {"s", 1000000}, {"ms", 1000}, {"us", 1},
};

#define UNITS (sizeof(units) / sizeof(units[0]))

static const struct unit *unit_named(const char *name)
{
    for (size_t i = 0; i < UNITS; i++)
        if (strcmp(units[i].name, name) == 0)
            return &units[i];
    return NULL;
}

int duration_parse(const char *text, uint64_t *ret_us)
{
    uint64_t whole = 0, decimals = 0, scale = 1;
    const char *at = text;
    const struct unit *unit;

    for (; isdigit((unsigned char)*at); at++) {
        whole = whole * 10 + (uint64_t)(*at - '0');
        if (whole > DURATION_MAX_US)
            return -EINVAL;
    }
    if (at == text)
        return -EINVAL;
    if (*at == '.') {
        const char *point = at++;

        for (; isdigit((unsigned char)*at); at++) {
            if (scale >= 1000000)
                return -EINVAL;
            decimals = decimals * 10 + (uint64_t)(*at - '0');
            scale *= 10;
        }
        if (at == point + 1)
            return -EINVAL;
    }

    unit = unit_named(at);
    if (!unit || whole > DURATION_MAX_US / unit->us)
        return -EINVAL;
    whole = whole * unit->us + decimals * unit->us / scale;
    if (whole > DURATION_MAX_US)
        return -EINVAL;
    *ret_us = whole;
    return 0;
}

void duration_print(uint64_t us, char *to, size_t size)
{
    const struct unit *unit = &units[UNITS - 1];

    for (size_t i = 0; i < UNITS; i++)
        if (us >= units[i].us) {
            unit = &units[i];
            break;
        }

    uint64_t whole = us / unit->us, tenth = us % unit->us * 10 / unit->us;

    if (tenth > 0 && whole < 100)
        snprintf(to, size, "%" PRIu64 ".%" PRIu64 "%s", whole, tenth, unit->name);
    else
        snprintf(to, size, "%" PRIu64 "%s", whole, unit->name);
}
