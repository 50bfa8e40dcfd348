/* SPDX-License-Identifier: MIT */
#include "control/status.h"

#include <unistd.h>

#include "cable/cable.h"
#include "control/api.h"
#include "epmd/gate.h"
#include "loop/loop.h"
#include "model/counters.h"
#include "model/profile.h"
#include "model/registry.h"
#include "model/rules.h"
#include "request/answers.h"
#include "service/service.h"

static json_t *node_document(const struct node *node, const struct rules *rules)
{
    return json_pack("{s:s, s:s?, s:b, s:b, s:i, s:i, s:I}", "name", node->name, "full_name", node->full_name, "hidden",
                     node_is_hidden(node), "observer",
                     node_is_hidden(node) || rules_is_observer(rules, node_name(node)), "port", node->told.port, "type",
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

static json_t *cable_document(const struct cable *cable)
{
    struct cable_view view = cable_look(cable);

    return json_pack("{s:I, s:s, s:I, s:{s:s?, s:b}, s:{s:s, s:b}, s:[o, o]}", "id", (json_int_t)view.id, "state",
                     cable_phase_name(view.phase), "age_ms", (json_int_t)view.age_ms, "dialer", "name",
                     view.dialer.name, "hidden", view.dialer.is_hidden, "acceptor", "name", view.acceptor.name,
                     "hidden", view.acceptor.is_hidden, "lanes",
                     lane_document(&view.to_acceptor, view.dialer.name, view.acceptor.name),
                     lane_document(&view.to_dialer, view.acceptor.name, view.dialer.name));
}

static json_t *counters_document(const struct counters *counters)
{
    json_t *object = json_object();

    for (enum counter i = 0; i < COUNTERS_COUNT; i++)
        json_object_set_new(object, counter_name(i), json_integer((json_int_t)counters->value[i]));
    return object;
}

json_t *status_document(const struct api *api)
{
    const struct service *service = api->service;
    json_t *nodes = json_array(), *cables = json_array();

    for (const struct node *node = registry_nodes(service->registry); node; node = node->next)
        json_array_append_new(nodes, node_document(node, service->rules));
    for (const struct cable *cable = cables_first(service->cables); cable; cable = cable_next(cable))
        json_array_append_new(cables, cable_document(cable));
    return json_pack("{s:s, s:i, s:i, s:I, s:b, s:b, s:I, s:I, s:o, s:o, s:o, s:o}", "version", api->version, "pid",
                     (int)getpid(), "port", api->port, "uptime_ms",
                     (json_int_t)(loop_now_ms(service->loop) - api->started_ms), "relay", service->relayed, "batch",
                     api->batch, "seed", (json_int_t)api->seed, "gates", (json_int_t)gates_count(api->gates), "nodes",
                     nodes, "cables", cables, "rules",
                     rules_to_document(service->rules, 0, loop_clock_us(service->loop)), "counters",
                     counters_document(service->counters));
}
