/* SPDX-License-Identifier: MIT */
#include "base/size.h"

#include "base/quantity.h"

static const struct unit units[] = {
    {"", 1},         {"GiB", 1 << 30}, {"GB", 1000000000}, {"MiB", 1 << 20},
    {"MB", 1000000}, {"KiB", 1 << 10}, {"kB", 1000},       {"B", 1},
};

static const struct units sizes = {units, sizeof(units) / sizeof(units[0]), 0, SIZE_MAX_BYTES};

int size_parse(const char *text, uint64_t *ret_bytes)
{
    return quantity_parse(text, &sizes, ret_bytes);
}

void size_print(uint64_t bytes, char *to, size_t size)
{
    quantity_print(bytes, &sizes, to, size);
}
