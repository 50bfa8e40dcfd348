/* SPDX-License-Identifier: MIT */
#ifndef UNIT_REFUSAL_LINE_H
#define UNIT_REFUSAL_LINE_H

#include "base/refusal.h"

/* As it is printed; until the next call. */
static inline const char *line_of(const struct refusal *refusal)
{
    static char line[REFUSAL_LINE_BYTES];

    refusal_print(refusal, line, sizeof(line));
    return line;
}

#endif
