/* SPDX-License-Identifier: MIT */
#ifndef TEST_ISLANDS_OF_H
#define TEST_ISLANDS_OF_H

#include <string.h>

#include "model/islands.h"

/* "a,b c" -> two islands. */
static struct islands islands_of(const char *text)
{
    struct islands islands = {0};

    islands_add(&islands);
    for (;;) {
        size_t len = strcspn(text, ", ");

        islands_add_pattern(&islands, text, len);
        text += len;
        if (!*text)
            return islands;
        if (*text++ == ' ')
            islands_add(&islands);
    }
}

#endif
