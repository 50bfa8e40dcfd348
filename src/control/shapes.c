/* SPDX-License-Identifier: MIT */
#include "control/shapes.h"

#include <unistd.h>

#include "model/counters.h"
#include "model/registry.h"
#include "model/rules.h"
#include "request/answers.h"
#include "cable/cable.h"
#include "epmd/gate.h"
#include "loop/loop.h"
#include "loop/relay.h"

static json_t *shape_node(const struct node *node)
{
    return json_pack("{s:s, s:s?, s:i, s:i, s:I}", "name", node->name, "full_name", node->full_name, "port",
                     node->told.port, "type", node->told.type, "creation", (json_int_t)node->creation);
}

/* Which faults meet on the lane, by the names of their kinds. */
static json_t *shape_profile(const struct profile *profile)
{
    const struct shape *shape = &profile->shape;
    const struct {
        bool is;
        const char *name;
    } parts[] = {
        {profile->freeze, "freeze"},
        {profile->mute, "mute"},
        {shape->latencies_count > 0, "latency"},
        {shape->rate_bits > 0, "bandwidth"},
        {shape->slow_close_us > 0, "slow_close"},
        {shape->limited, "limit_data"},
        {shape->slice_bytes > 0, "slicer"},
        {profile->stages_held || profile->stages_closed, "handshake"},
        {profile->flags_cleared > 0, "downgrade"},
    };
    json_t *list = json_array();

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        if (parts[i].is)
            json_array_append_new(list, json_string(parts[i].name));
    return list;
}

static json_t *shape_lane(const struct lane_view *lane, const char *from, const char *to)
{
    return json_pack("{s:s?, s:s?, s:b, s:s*, s:o, s:I, s:I, s:I, s:I}", "from", from, "to", to, "held", lane->is_held,
                     "cut", lane->cut ? partition_name(lane->cut) : NULL, "faults", shape_profile(lane->profile),
                     "bytes", (json_int_t)lane->bytes, "frames", (json_int_t)lane->frames, "ticks",
                     (json_int_t)lane->ticks, "kept_bytes", (json_int_t)lane->waiting_bytes);
}

static json_t *shape_cable(const struct cable *cable)
{
    struct cable_view view = cable_look(cable);

    return json_pack("{s:I, s:s, s:I, s:{s:s?, s:b}, s:{s:s, s:b}, s:[o, o]}", "id", (json_int_t)view.id, "state",
                     cable_phase_name(view.phase), "age_ms", (json_int_t)view.age_ms, "dialer", "name",
                     view.dialer.name, "hidden", view.dialer.is_hidden, "acceptor", "name", view.acceptor.name,
                     "hidden", view.acceptor.is_hidden, "lanes",
                     shape_lane(&view.to_acceptor, view.dialer.name, view.acceptor.name),
                     shape_lane(&view.to_dialer, view.acceptor.name, view.dialer.name));
}

static json_t *shape_island(const struct island *island)
{
    json_t *list = json_array();

    for (size_t k = 0; k < island->count; k++)
        json_array_append_new(list, json_string(island->patterns[k]));
    return list;
}

static json_t *shape_islands(const struct islands *islands)
{
    json_t *list = json_array();

    for (size_t i = 0; i < islands->count; i++)
        json_array_append_new(list, shape_island(&islands->at[i]));
    return list;
}

static json_t *shape_params(const struct fault *fault)
{
    const struct fault_row *row = fault_row(fault->kind);
    json_t *object = json_object();
    char text[256];

    for (size_t i = 0; i < row->params_count; i++) {
        fault_print(fault, &row->params[i], text, sizeof(text));
        json_object_set_new(object, row->params[i].name, json_string(text));
    }
    return object;
}

static void add_selector(json_t *object, const struct rule *rule)
{
    const struct selector *selector = &rule->selector;
    const struct island *at = selector->islands.at;

    if (!fault_row(rule->fault.kind)->between_nodes) {
        json_object_set_new(object, "nodes", shape_island(&at[0]));
    } else if (!selector->overlap) {
        json_object_set_new(object, "islands", shape_islands(&selector->islands));
        json_object_set_new(object, "one_way", json_boolean(selector->one_way));
    } else if (selector->one_way) {
        json_object_set_new(object, "from", shape_island(&at[0]));
        json_object_set_new(object, "to", shape_island(&at[1]));
    } else {
        json_object_set_new(object, "between", shape_islands(&selector->islands));
    }
    if (selector->dialler != DIALLER_ANY)
        json_object_set_new(object, "dialled_by", json_string(selector->dialler == DIALLER_FROM ? "from" : "to"));
}

static json_t *shape_ms_left(uint64_t ends_us, uint64_t now_us)
{
    return json_integer(ends_us > now_us ? (json_int_t)((ends_us - now_us) / 1000) : 0);
}

static json_t *shape_rule(const struct rule *rule, uint64_t now_us)
{
    json_t *object = json_pack("{s:I, s:s, s:o}", "id", (json_int_t)rule->id, "fault",
                               fault_row(rule->fault.kind)->name, "params", shape_params(&rule->fault));
    json_t *healed = json_array();

    add_selector(object, rule);
    for (size_t i = 0; i < rule->healed_count; i++)
        json_array_append_new(healed, shape_islands(&rule->healed[i]));
    if (rule->healed_count > 0)
        json_object_set(object, "fixed", healed);
    json_decref(healed);
    if (rule->ends_us != RULES_NEVER)
        json_object_set_new(object, "ends_in_ms", shape_ms_left(rule->ends_us, now_us));
    if (rule->lease)
        json_object_set_new(object, "lease", json_string(rule->lease->name));
    return object;
}

json_t *shape_rules(const struct rules *rules, uint32_t first, uint64_t now_us)
{
    json_t *list = json_array();

    for (const struct rule *rule = rules_first(rules); rule; rule = rule->next)
        if (rule->id >= first)
            json_array_append_new(list, shape_rule(rule, now_us));
    return list;
}

json_t *shape_leases(const struct rules *rules, uint64_t now_us)
{
    json_t *list = json_array();

    for (const struct lease *lease = rules_leases(rules); lease; lease = lease->next)
        json_array_append_new(
            list, json_pack("{s:s, s:o}", "name", lease->name, "ends_in_ms", shape_ms_left(lease->ends_us, now_us)));
    return list;
}

static json_t *shape_kind(const struct fault_row *row)
{
    json_t *params = json_array();

    for (size_t i = 0; i < row->params_count; i++) {
        const struct param_row *param = &row->params[i];
        char allowed[512];

        param_print_allowed(param, allowed, sizeof(allowed));
        json_array_append_new(params, json_pack("{s:s, s:s, s:s?, s:s}", "name", param->name, "takes", allowed,
                                                "default", param->fallback, "help", param->help));
    }
    return json_pack("{s:s, s:b, s:s, s:s, s:o}", "name", row->name, "between_nodes", row->between_nodes, "several",
                     row->fold, "help", row->help, "params", params);
}

json_t *shape_kinds(void)
{
    json_t *list = json_array();

    for (enum fault_kind kind = 0; kind < FAULTS_COUNT; kind++)
        json_array_append_new(list, shape_kind(fault_row(kind)));
    return list;
}

json_t *shape_events(const struct api *api, uint64_t after)
{
    const struct events *events = api->relay->events;
    json_t *list = json_array();

    for (const struct event *event; (event = events_next(events, after)); after = event->id)
        json_array_append_new(list, event_to_document(event));
    return list;
}

static json_t *shape_counters(const struct counters *counters)
{
    json_t *object = json_object();

    for (enum counter i = 0; i < COUNTERS_COUNT; i++)
        json_object_set_new(object, counter_name(i), json_integer((json_int_t)counters->value[i]));
    return object;
}

json_t *shape_status(const struct api *api)
{
    const struct relay *relay = api->relay;
    json_t *nodes = json_array(), *cables = json_array();

    for (const struct node *node = registry_nodes(relay->registry); node; node = node->next)
        json_array_append_new(nodes, shape_node(node));
    for (const struct cable *cable = cables_first(relay->cables); cable; cable = cable_next(cable))
        json_array_append_new(cables, shape_cable(cable));
    return json_pack(
        "{s:s, s:i, s:i, s:I, s:b, s:b, s:I, s:I, s:o, s:o, s:o, s:o}", "version", api->version, "pid", (int)getpid(),
        "port", relay->options->port, "uptime_ms", (json_int_t)(loop_now_ms(relay->loop) - api->started_ms), "relay",
        relay->options->relay, "batch", relay->options->batch, "seed", (json_int_t)relay->options->seed, "gates",
        (json_int_t)gates_count(relay->gates), "nodes", nodes, "cables", cables, "rules",
        shape_rules(relay->rules, 0, loop_clock_us(relay->loop)), "counters", shape_counters(relay->counters));
}
