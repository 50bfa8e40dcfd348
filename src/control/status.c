/* SPDX-License-Identifier: MIT */
#include "control/status.h"

#include <string.h>
#include <unistd.h>

#include "cable/cable.h"
#include "cable/pipes.h"
#include "control/api.h"
#include "control/lists.h"
#include "epmd/gate.h"
#include "loop/loop.h"
#include "model/counters.h"
#include "model/events.h"
#include "model/pattern.h"
#include "model/profile.h"
#include "model/registry.h"
#include "model/rules.h"
#include "request/answers.h"
#include "request/events_request.h"
#include "service/hints.h"
#include "service/look.h"
#include "service/service.h"

static json_t *node_document(const struct node *node, const struct rules *rules)
{
    return json_pack("{s:s, s:s?, s:b, s:b, s:i, s:i, s:I}", "name", node->name, "full_name", node->full_name, "hidden",
                     node_is_hidden(node), "observer", look_observes(node, rules), "port", node->told.port, "type",
                     node->told.type, "creation", (json_int_t)node->creation);
}

/* Which faults meet on the lane, by the names of their kinds; a cut is told apart. */
static json_t *faults_document(const struct profile *profile)
{
    json_t *list = json_array();

    for (enum fault_kind kind = FAULT_partition + 1; kind < FAULTS_COUNT; kind++)
        if (profile_has(profile, kind))
            json_array_append_new(list, json_string(fault_row(kind)->name));
    return list;
}

static json_t *lane_document(const struct lane_view *lane, const char *from, const char *to)
{
    return json_pack("{s:s?, s:s?, s:b, s:s*, s:o, s:I, s:I, s:I, s:I}", "from", from, "to", to, "held", lane->is_held,
                     "cut", lane->cut ? partition_name(lane->cut) : NULL, "faults", faults_document(lane->profile),
                     "bytes", (json_int_t)lane->bytes, "frames", (json_int_t)lane->frames, "ticks",
                     (json_int_t)lane->ticks, "kept_bytes", (json_int_t)lane->waiting_bytes);
}

static json_t *cable_document(const struct cable_view *view)
{
    return json_pack("{s:I, s:s, s:I, s:{s:s?, s:b}, s:{s:s, s:b}, s:[o, o]}", "id", (json_int_t)view->id, "state",
                     cable_phase_name(view->phase), "age_ms", (json_int_t)view->age_ms, "dialer", "name",
                     view->dialer.name, "hidden", view->dialer.is_hidden, "acceptor", "name", view->acceptor.name,
                     "hidden", view->acceptor.is_hidden, "lanes",
                     lane_document(&view->to_acceptor, view->dialer.name, view->acceptor.name),
                     lane_document(&view->to_dialer, view->acceptor.name, view->dialer.name));
}

static json_t *counters_document(const struct counters *counters)
{
    json_t *object = json_object();

    for (enum counter i = 0; i < COUNTERS_COUNT; i++)
        json_object_set_new(object, counter_name(i), json_integer((json_int_t)counters->value[i]));
    return object;
}

static bool is_meant(const char *pattern, const char *name)
{
    return !pattern || (name && pattern_matches(pattern, name));
}

/* ---- rows ---- */

static bool add_nodes(struct rows *rows)
{
    const struct service *service = rows->wanted.api->service;
    const struct node *node = registry_before(service->registry, rows->at);

    for (; node; node = node->next) {
        rows->at = node->number;
        if (!node_is_ours(node) && is_meant(rows->wanted.node, node_name(node)))
            rows_add(rows, node_document(node, service->rules));
        if (!rows_have_room(rows))
            return true;
    }
    return false;
}

static bool is_cable_meant(const struct wanted *wanted, const struct cable_view *view)
{
    return (is_meant(wanted->node, view->dialer.name) || is_meant(wanted->node, view->acceptor.name)) &&
           (!wanted->state || strcmp(wanted->state, cable_phase_name(view->phase)) == 0);
}

/* One row a cable: all of it, or what it is to the cluster. */
static bool add_of_cables(struct rows *rows, void (*add)(struct rows *rows, const struct cable_view *view))
{
    const struct cable *cable = cables_after(rows->wanted.api->service->cables, rows->at);

    for (; cable; cable = cable_next(cable)) {
        struct cable_view view = cable_look(cable);

        if (view.id > rows->last)
            break;
        rows->at = view.id;
        add(rows, &view);
        if (!rows_have_room(rows))
            return true;
    }
    return false;
}

static void add_cable(struct rows *rows, const struct cable_view *view)
{
    if (is_cable_meant(&rows->wanted, view))
        rows_add(rows, cable_document(view));
}

static bool add_cables(struct rows *rows)
{
    return add_of_cables(rows, add_cable);
}

static const char *link_state_name(const struct cluster_link *link)
{
    switch (link->state) {
    case LINK_CONNECTING:
        return "connecting";
    case LINK_UP:
        return "up";
    case LINK_PARTED:
        return "parted";
    case LINK_RAW:
        break;
    }
    return "raw";
}

static void add_link(struct rows *rows, const struct cable_view *view)
{
    struct cluster_link link = look_at_link(rows->wanted.api->service, view);

    if (is_meant(rows->wanted.node, link.dialer) || is_meant(rows->wanted.node, link.acceptor))
        rows_add(rows, json_pack("{s:s*, s:s, s:s, s:b, s:I}", "from", link.dialer, "to", link.acceptor, "state",
                                 link_state_name(&link), "cut", link.cut, "cable", (json_int_t)link.cable));
}

static bool add_links(struct rows *rows)
{
    return add_of_cables(rows, add_link);
}

static bool add_rules(struct rows *rows)
{
    const struct service *service = rows->wanted.api->service;
    const struct rule *rule = rules_first(service->rules);

    if (rows->at == 0)
        rules_note(service->rules);
    while (rule && rule->id <= rows->at)
        rule = rule->next;
    for (; rule && rule->id <= rows->last; rule = rule->next) {
        rows->at = rule->id;
        rows_add(rows, rule_to_document(rule, loop_clock_us(service->loop)));
        if (!rows_have_room(rows))
            return true;
    }
    return false;
}

static bool add_events(struct rows *rows)
{
    const struct events *events = rows->wanted.api->service->events;
    const struct events_request meant = {.kinds = rows->wanted.kinds, .node = rows->wanted.node};
    const struct event *event;

    while ((event = events_next(events, rows->at)) && event->id <= rows->last) {
        rows->at = event->id;
        if (events_request_means(&meant, event))
            rows_add(rows, event_to_document(event));
        if (!rows_have_room(rows))
            return true;
    }
    return false;
}

static void add_hint(void *data, const char *text)
{
    rows_add(data, json_string(text));
}

/* There are few. */
static bool add_hints(struct rows *rows)
{
    hints(rows->wanted.api->service, add_hint, rows);
    return false;
}

/* ---- lists ---- */

void status_add_nodes(struct lists *lists)
{
    lists_add_rows(lists, "nodes", add_nodes, UINT64_MAX, 0); /* newest first */
}

void status_add_cables(struct lists *lists, const struct service *service)
{
    lists_add_rows(lists, "cables", add_cables, 0, cables_last_id(service->cables));
}

void status_add_links(struct lists *lists, const struct service *service)
{
    lists_add_rows(lists, "links", add_links, 0, cables_last_id(service->cables));
}

void status_add_rules(struct lists *lists, const struct service *service)
{
    const struct rule *first = rules_first(service->rules);

    lists_add_rows(lists, "rules", add_rules, 0, first ? first->prev->id : 0); /* the last one, see utlist.h */
}

void status_add_events(struct lists *lists, const struct service *service, uint64_t after)
{
    uint64_t last = events_last(service->events);

    lists_add_rows(lists, "events", add_events, after, last);
    lists_add_fields(lists, json_pack("{s:I}", "last", (json_int_t)last));
}

/* Our own is one among those that are registered: it may have been stopped (STOP_REQ). */
static bool is_a_node(const struct api *api)
{
    const struct node *node =
        api->node ? registry_find(api->service->registry, api->node, strcspn(api->node, "@")) : NULL;

    return node && node_is_ours(node);
}

void status_add_all(struct lists *lists, const struct api *api)
{
    const struct service *service = api->service;

    lists_add_fields(lists, json_pack("{s:s, s:i, s:i, s:I, s:b, s:b, s:b, s:I, s:I, s:I}", "version", api->version,
                                      "pid", (int)getpid(), "port", api->port, "uptime_ms",
                                      (json_int_t)(loop_now_ms(service->loop) - api->started_ms), "relay",
                                      service->relayed, "batch", api->batch, "splice", pipes_are_lent(api->pipes),
                                      "stay_awake_us", (json_int_t)loop_awake_us(service->loop), "seed",
                                      (json_int_t)api->seed, "gates", (json_int_t)gates_count(api->gates)));
    if (is_a_node(api))
        lists_add_fields(lists, json_pack("{s:s}", "node", api->node));
    status_add_nodes(lists);
    status_add_cables(lists, service);
    status_add_rules(lists, service);
    lists_add_fields(lists, json_pack("{s:o}", "counters", counters_document(service->counters)));
    lists_add_rows(lists, "hints", add_hints, 0, 0);
}
