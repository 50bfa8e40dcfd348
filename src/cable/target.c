/* SPDX-License-Identifier: MIT */
#include "cable/target.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "model/registry.h"
#include "cable/end.h"

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
        target->port = node->told.port;
}

int target_connect(struct target *target, struct end *end, struct loop *loop, watch_fn *fn, void *data)
{
    int status = -ENOENT;

    while (target->tries < 2) {
        struct address address = target->tries++ == 0 ? target->first : target->instead;

        address_set_port(&address, target->port);
        status = end_connect(end, loop, &address, fn, data);
        if (status == 0)
            break;
    }
    return status;
}
