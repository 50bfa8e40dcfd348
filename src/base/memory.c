/* SPDX-License-Identifier: MIT */
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "base/log.h"

#define SLACK_BYTES (1024 * 1024) /* is no reason to stir */

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

void mem_give_back(void)
{
#ifdef __GLIBC__
    if (mallinfo2().fordblks > SLACK_BYTES)
        malloc_trim(0);
#endif
}

char *mem_string(const void *bytes, size_t len)
{
    char *copy = mem_new(len + 1);

    if (len > 0) /* memcpy wants valid pointers even for nothing */
        memcpy(copy, bytes, len);
    return copy;
}
