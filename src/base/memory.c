/* SPDX-License-Identifier: MIT */
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"

static void *or_die(void *block)
{
    if (!block) {
        log_error("out of memory");
        abort();
    }
    return block;
}

void *mem_new(size_t size)
{
    return or_die(calloc(1, size ? size : 1));
}

void *mem_resize(void *block, size_t size)
{
    return or_die(realloc(block, size ? size : 1));
}

char *mem_string(const void *bytes, size_t len)
{
    char *copy = mem_new(len + 1);

    if (len > 0) /* memcpy wants valid pointers even for nothing */
        memcpy(copy, bytes, len);
    return copy;
}
