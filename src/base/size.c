/* SPDX-License-Identifier: MIT */
#include "base/size.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const struct unit {
    const char *name;
    uint64_t bytes;
} units[] = {
    {"GiB", 1 << 30}, {"GB", 1000000000}, {"MiB", 1 << 20}, {"MB", 1000000}, {"KiB", 1 << 10}, {"kB", 1000}, {"B", 1},
};

#define UNITS (sizeof(units) / sizeof(units[0]))

/* The bytes of one, or 0: there is no such unit. */
static uint64_t unit_bytes(const char *name)
{
    if (*name == 0)
        return 1;
    for (size_t i = 0; i < UNITS; i++)
        if (strcmp(units[i].name, name) == 0)
            return units[i].bytes;
    return 0;
}

int size_parse(const char *text, uint64_t *ret_bytes)
{
    uint64_t whole = 0, unit;
    const char *at = text;

    for (; isdigit((unsigned char)*at); at++) {
        whole = whole * 10 + (uint64_t)(*at - '0');
        if (whole > SIZE_MAX_BYTES)
            return -EINVAL;
    }
    if (at == text)
        return -EINVAL;

    unit = unit_bytes(at);
    if (unit == 0 || whole > SIZE_MAX_BYTES / unit)
        return -EINVAL;
    *ret_bytes = whole * unit;
    return 0;
}

void size_print(uint64_t bytes, char *to, size_t size)
{
    const struct unit *unit = units;

    if (bytes == 0) /* a whole number of every unit */
        unit = &units[UNITS - 1];
    while (bytes % unit->bytes != 0)
        unit++;
    snprintf(to, size, "%" PRIu64 "%s", bytes / unit->bytes, unit->name);
}
