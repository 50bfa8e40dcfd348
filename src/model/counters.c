/* SPDX-License-Identifier: MIT */
#include "model/counters.h"

static const char *const names[] = {
#define X(name, help) #name,
    COUNTERS_TABLE(X)
#undef X
};

const char *counter_name(enum counter counter)
{
    return names[counter];
}
