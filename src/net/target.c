/* SPDX-License-Identifier: MIT */
#include "net/target.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

struct target target_copy(const struct target *target)
{
    struct target copy = *target;

    copy.name = mem_string(target->name, strlen(target->name));
    return copy;
}

void target_done(struct target *target)
{
    free(target->name);
    target->name = NULL;
}
