/* SPDX-License-Identifier: MIT */
#include "control/status.h"

#include <string.h>
#include <unistd.h>

#include "cable/cable.h"
#include "control/api.h"
#include "epmd/gate.h"
#include "loop/loop.h"
#include "model/counters.h"
#include "model/pattern.h"
#include "model/profile.h"
#include "model/registry.h"
#include "model/rules.h"
#include "request/answers.h"
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

static bool is_meant(const char *pattern, const char *name)
{
    return !pattern || (name && pattern_matches(pattern, name));
}

json_t *nodes_document(const struct api *api, const char *name)
{
    json_t *nodes = json_array();

    for (const struct node *node = registry_nodes(api->service->registry); node; node = node->next)
        if (is_meant(name, node_name(node)))
            json_array_append_new(nodes, node_document(node, api->service->rules));
    return nodes;
}

json_t *cables_document(const struct api *api, const char *name, const char *state)
{
    json_t *cables = json_array();

    for (const struct cable *cable = cables_first(api->service->cables); cable; cable = cable_next(cable)) {
        struct cable_view view = cable_look(cable);

        if ((is_meant(name, view.dialer.name) || is_meant(name, view.acceptor.name)) &&
            (!state || strcmp(state, cable_phase_name(view.phase)) == 0))
            json_array_append_new(cables, cable_document(cable));
    }
    return cables;
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

json_t *links_document(const struct api *api, const char *name)
{
    json_t *links = json_array();
    struct cluster cluster;

    look(api->service, &cluster);
    for (size_t i = 0; i < cluster.links_count; i++) {
        const struct cluster_link *link = &cluster.links[i];

        if (is_meant(name, link->dialer) || is_meant(name, link->acceptor))
            json_array_append_new(links, json_pack("{s:s*, s:s, s:s, s:b, s:I}", "from", link->dialer, "to",
                                                   link->acceptor, "state", link_state_name(link), "cut", link->cut,
                                                   "cable", (json_int_t)link->cable));
    }
    cluster_done(&cluster);
    return links;
}

json_t *rules_document(const struct api *api)
{
    const struct service *service = api->service;

    cables_note_effects(service->cables);
    return rules_to_document(service->rules, 0, loop_clock_us(service->loop));
}

static void add_hint(void *data, const char *text)
{
    json_array_append_new(data, json_string(text));
}

json_t *status_document(const struct api *api)
{
    const struct service *service = api->service;
    json_t *nodes = nodes_document(api, NULL), *cables = cables_document(api, NULL, NULL), *hinted = json_array();

    hints(service, add_hint, hinted);
    return json_pack("{s:s, s:i, s:i, s:I, s:b, s:b, s:I, s:I, s:o, s:o, s:o, s:o, s:o}", "version", api->version,
                     "pid", (int)getpid(), "port", api->port, "uptime_ms",
                     (json_int_t)(loop_now_ms(service->loop) - api->started_ms), "relay", service->relayed, "batch",
                     api->batch, "seed", (json_int_t)api->seed, "gates", (json_int_t)gates_count(api->gates), "nodes",
                     nodes, "cables", cables, "rules", rules_document(api), "counters",
                     counters_document(service->counters), "hints", hinted);
}
