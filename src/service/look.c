/* SPDX-License-Identifier: MIT */
#include "service/look.h"

#include <string.h>

#include "cable/cable.h"
#include "model/events.h"
#include "model/registry.h"
#include "model/rules.h"
#include "service/service.h"

bool look_observes(const struct node *node, const struct rules *rules)
{
    return node_is_hidden(node) || rules_is_observer(rules, node_name(node));
}

static void add_nodes(struct cluster *cluster, const struct node *nodes, enum node_standing standing,
                      const struct rules *rules)
{
    for (; nodes; nodes = nodes->next)
        if (!node_is_ours(nodes))
            cluster_add_node(cluster, &(struct cluster_node){.name = node_name(nodes),
                                                             .standing = standing,
                                                             .observes = look_observes(nodes, rules)});
}

/* Refusing leaves living connections alone: there is nothing to notice. */
static bool is_noticed(enum partition partition)
{
    return partition != PARTITION_NONE && partition != PARTITION_REFUSE;
}

static bool is_cut(const struct rule *rule)
{
    return rule->fault.kind == FAULT_partition &&
           is_noticed(PARTITION_HOLD + (enum partition)rule->fault.value[PARAM_mode]);
}

/* Of a raw cable only the acceptor is known: any cut that names it may be about this cable. */
static bool may_be_cut(const struct rules *rules, const char *acceptor)
{
    for (const struct rule *rule = rules_first(rules); rule; rule = rule->next)
        if (is_cut(rule) && islands_find(&rule->selector.islands, acceptor) >= 0)
            return true;
    return false;
}

static enum link_state state_of(enum cable_phase phase)
{
    switch (phase) {
    case CABLE_up:
        return LINK_UP;
    case CABLE_deserted:
    case CABLE_closing:
        return LINK_PARTED;
    case CABLE_raw:
        return LINK_RAW;
    case CABLE_naming:
    case CABLE_held:
    case CABLE_dialling:
    case CABLE_shaking:
        break;
    }
    return LINK_CONNECTING;
}

/* The name under which the registry knows it: its handshake may not have told, but an earlier one has. */
static const char *known_name(const struct registry *registry, const char *name)
{
    const struct node *node = strchr(name, '@') ? NULL : registry_find(registry, name, strlen(name));

    return node ? node_name(node) : name;
}

struct cluster_link look_at_link(const struct service *service, const struct cable_view *view)
{
    struct cluster_link link = {
        .cable = view->id,
        .state = state_of(view->phase),
        .dialer = view->dialer.name,
        .acceptor = known_name(service->registry, view->acceptor.name),
        .secret = view->phase == CABLE_deserted,
        .dialer_left = view->dialer.has_left,
        .acceptor_left = view->acceptor.has_left,
    };

    link.cut = link.state == LINK_RAW ? may_be_cut(service->rules, link.acceptor)
                                      : is_noticed(view->to_acceptor.cut) || is_noticed(view->to_dialer.cut);
    return link;
}

/* No sum (FNV-1a instead): the frames of a connection that ends would be missing in it, and as many events make up for
 * them. */
static void note_activity(struct cluster *cluster, uint64_t number)
{
    cluster->activity = (cluster->activity ^ number) * UINT64_C(0x100000001b3);
}

static void add_link(const struct service *service, const struct cable_view *view, struct cluster *cluster)
{
    struct cluster_link link = look_at_link(service, view);

    note_activity(cluster, view->to_acceptor.came);
    note_activity(cluster, view->to_acceptor.passed);
    note_activity(cluster, view->to_dialer.came);
    note_activity(cluster, view->to_dialer.passed);
    cluster_add_link(cluster, &link);
}

/* Who never registered, and only dialled: what happened lately tells that it was here. */
static void add_former_dialers(struct cluster *cluster, const struct events *events)
{
    const struct event *event;

    for (uint64_t id = 0; (event = events_next(events, id)); id = event->id)
        if (event->kind == EVENT_cable_up || event->kind == EVENT_cable_held || event->kind == EVENT_cable_down)
            cluster_add_node(cluster, &(struct cluster_node){.name = event->from, .standing = NODE_REMEMBERED});
}

/* Are nodes that there are in different islands of it? Of islands that may overlap that need not be different nodes. */
static bool parts_anybody(const struct rule *rule, const struct cluster *cluster)
{
    int first = -1;

    for (size_t i = 0; i < cluster->nodes_count; i++) {
        int island = islands_find(&rule->selector.islands, cluster->nodes[i].name);

        if (island >= 0 && (rule->selector.overlap || (first >= 0 && island != first)))
            return true;
        if (island >= 0)
            first = island;
    }
    return false;
}

static void look_at_cuts(const struct rules *rules, struct cluster *cluster)
{
    for (const struct rule *rule = rules_first(rules); rule && !cluster->cut; rule = rule->next) {
        if (rule->fault.kind != FAULT_partition)
            continue;
        if (is_cut(rule))
            cluster->cut = parts_anybody(rule, cluster);
        else
            cluster->refuses = true;
    }
}

void look(const struct service *service, struct cluster *ret)
{
    *ret = (struct cluster){.relayed = service->relayed, .events = service->events};
    note_activity(ret, events_last(service->events));
    note_activity(ret, cables_last_id(service->cables)); /* one may have come and gone without an event */
    add_nodes(ret, registry_nodes(service->registry), NODE_REGISTERED, service->rules);
    add_nodes(ret, registry_remembered(service->registry), NODE_REMEMBERED, service->rules);
    add_former_dialers(ret, service->events);
    for (const struct cable *cable = cables_first(service->cables); cable; cable = cable_next(cable)) {
        struct cable_view view = cable_look(cable);

        add_link(service, &view, ret);
    }
    cluster_finish(ret);
    look_at_cuts(service->rules, ret);
}
