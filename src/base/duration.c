/* SPDX-License-Identifier: MIT */
#include "base/duration.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/quantity.h"

static const struct unit units[] = {
    {"h", 3600000000}, {"m", 60000000}, {"s", 1000000}, {"ms", 1000}, {"us", 1},
};

#define UNITS (sizeof(units) / sizeof(units[0]))

static const struct units durations = {units, UNITS, 6, DURATION_MAX_US};

int duration_parse(const char *text, uint64_t *ret_us)
{
    static const struct units longer = {units, UNITS, 6, INT64_MAX};
    uint64_t us;

    if (quantity_parse(text, &durations, ret_us) == 0)
        return 0;
    return quantity_parse(text, &longer, &us) == 0 ? -ERANGE : -EINVAL;
}

void duration_print_exact(uint64_t us, char *to, size_t size)
{
    quantity_print(us, &durations, to, size);
}

void duration_print(uint64_t us, char *to, size_t size)
{
    const struct unit *unit = &units[UNITS - 1];

    for (size_t i = 0; i < UNITS; i++)
        if (us >= units[i].is) {
            unit = &units[i];
            break;
        }

    uint64_t whole = us / unit->is, tenth = us % unit->is * 10 / unit->is;

    if (tenth > 0 && whole < 100)
        snprintf(to, size, "%" PRIu64 ".%" PRIu64 "%s", whole, tenth, unit->name);
    else
        snprintf(to, size, "%" PRIu64 "%s", whole, unit->name);
}
