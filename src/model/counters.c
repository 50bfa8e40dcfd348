/* SPDX-License-Identifier: MIT */
#include "model/counters.h"

static const struct {
    const char *name, *help;
} rows[] = {
#define X(name, help) {#name, help},
    COUNTERS_TABLE(X)
#undef X
};

const char *counter_name(enum counter counter)
{
    return rows[counter].name;
}

const char *counter_help(enum counter counter)
{
    return rows[counter].help;
}
