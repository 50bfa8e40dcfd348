/* SPDX-License-Identifier: MIT */
#include "cable/target.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "model/registry.h"

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

void target_refresh(struct target *target, const struct registry *registry)
{
    const struct node *node = registry_find(registry, target->name, strlen(target->name));

    if (node)
        address_set_port(&target->address, node->told.port);
}
