/* SPDX-License-Identifier: MIT */
#include "epmd/registration.h"

#include <time.h>

#include "base/log.h"
#include "model/events.h"
#include "model/registry.h"
#include "loop/loop.h"
#include "epmd/gate.h"
#include "epmd/mapper.h"

/* Returns false when it was over without our having heard of it. */
static bool goes_on(const struct node *node)
{
    const struct owner *owner = node->owner;

    if (!owner->is_gone(owner->data))
        return true;
    owner->end(owner->data);
    return false;
}

struct node *registration_find(struct mapper *mapper, const void *name, size_t len)
{
    struct node *node = registry_find(mapper->registry, name, len);

    return node && goes_on(node) ? node : NULL;
}

bool registration_any(struct mapper *mapper)
{
    struct node *node, *next;

    for (node = registry_nodes(mapper->registry); node; node = next) {
        next = node->next;
        if (!node_is_ours(node) && goes_on(node))
            return true;
    }
    return false;
}

static void tell(struct mapper *mapper, enum event_kind kind, const struct node *node)
{
    if (node_is_ours(node))
        return;
    events_add(mapper->events, &(struct event){.time_ms = loop_wall_ms(), .kind = kind, .from = node_name(node)});
}

struct node *registration_begin(struct mapper *mapper, struct epmd_node *told, const struct owner *owner, int fd)
{
    struct node *node;

    told->port = gates_real_port(mapper->gates, told->name, told->name_len, told->port);
    node = registry_add(mapper->registry, told, owner, fd, (uint32_t)time(NULL));
    node->since_ms = loop_now_ms(mapper->loop);
    gates_return(mapper->gates, node);
    log_info("%s is registered, at port %u", node->name, told->port);
    tell(mapper, EVENT_node_up, node);
    return node;
}

void registration_end(struct mapper *mapper, struct node *node)
{
    tell(mapper, EVENT_node_down, node);
    gates_close(node);
    registry_remove(mapper->registry, node);
}
