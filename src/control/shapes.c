/* SPDX-License-Identifier: MIT */
#include "control/shapes.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "model/counters.h"
#include "model/registry.h"
#include "net/cable.h"
#include "net/gate.h"
#include "net/loop.h"
#include "net/relay.h"

#define refuse(...) (api_refuse(error, 400, __VA_ARGS__), -EINVAL)

/* ---- out ---- */

static json_t *shape_node(const struct node *node)
{
    return json_pack("{s:s, s:s?, s:i, s:i, s:I}", "name", node->name, "full_name", node->full_name, "port",
                     node->told.port, "type", node->told.type, "creation", (json_int_t)node->creation);
}

static json_t *shape_lane(const struct lane *lane, const char *from, const char *to)
{
    return json_pack("{s:s?, s:s?, s:b, s:I, s:I, s:I, s:I}", "from", from, "to", to, "held", lane->profile.hold,
                     "bytes", (json_int_t)lane->bytes, "frames", (json_int_t)lane->frames.frames, "ticks",
                     (json_int_t)lane->frames.ticks, "kept_bytes", (json_int_t)lane_waiting(lane));
}

static json_t *shape_cable(const struct cable *cable)
{
    struct cable_view view = cable_look(cable);

    return json_pack("{s:I, s:s, s:I, s:{s:s?, s:b}, s:{s:s, s:b}, s:[o, o]}", "id", (json_int_t)view.id, "state",
                     view.state, "age_ms", (json_int_t)view.age_ms, "dialer", "name", view.dialer, "hidden",
                     view.dialer_hidden, "acceptor", "name", view.acceptor, "hidden", view.acceptor_hidden, "lanes",
                     shape_lane(view.to_acceptor, view.dialer, view.acceptor),
                     shape_lane(view.to_dialer, view.acceptor, view.dialer));
}

static json_t *shape_islands(const struct islands *islands)
{
    json_t *list = json_array();

    for (size_t i = 0; i < islands->count; i++) {
        json_t *island = json_array();

        for (size_t k = 0; k < islands->at[i].count; k++)
            json_array_append_new(island, json_string(islands->at[i].patterns[k]));
        json_array_append_new(list, island);
    }
    return list;
}

json_t *shape_rule(const struct rule *rule)
{
    const char *mode = rule->fault == FAULT_PARTITION ? "hold" : NULL;

    return json_pack("{s:I, s:s, s:s*, s:o, s:b}", "id", (json_int_t)rule->id, "fault", fault_name(rule->fault), "mode",
                     mode, "islands", shape_islands(&rule->islands), "one_way", rule->one_way);
}

json_t *shape_rules(const struct rules *rules)
{
    json_t *list = json_array();

    for (const struct rule *rule = rules_first(rules); rule; rule = rule->next)
        json_array_append_new(list, shape_rule(rule));
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
    return json_pack("{s:s, s:i, s:i, s:I, s:b, s:b, s:I, s:o, s:o, s:o, s:o}", "version", api->version, "pid",
                     (int)getpid(), "port", relay->options->port, "uptime_ms",
                     (json_int_t)(loop_now_ms(relay->loop) - api->started_ms), "relay", relay->options->relay, "batch",
                     relay->options->batch, "gates", (json_int_t)gates_count(relay->gates), "nodes", nodes, "cables",
                     cables, "rules", shape_rules(relay->rules), "counters", shape_counters(relay->counters));
}

/* ---- in ---- */

static const char *kind_of(const json_t *value)
{
    static const char *const names[] = {
        [JSON_OBJECT] = "an object", [JSON_ARRAY] = "an array", [JSON_STRING] = "a string", [JSON_INTEGER] = "a number",
        [JSON_REAL] = "a number",    [JSON_TRUE] = "a boolean", [JSON_FALSE] = "a boolean", [JSON_NULL] = "null",
    };

    return names[json_typeof(value)];
}

static int read_island(const json_t *json, size_t number, struct islands *islands, struct api_error *error)
{
    size_t i;
    json_t *name;

    if (!json_is_array(json))
        return refuse("islands[%zu]: must be an array of names, not %s", number, kind_of(json));
    islands_add(islands);
    json_array_foreach(json, i, name) {
        if (!json_is_string(name))
            return refuse("islands[%zu][%zu]: must be a string, not %s", number, i, kind_of(name));
        /* No NUL is in it: the parser refuses those. */
        islands_add_pattern(islands, json_string_value(name), json_string_length(name));
    }
    return 0;
}

static int read_islands(const json_t *json, struct islands *islands, struct api_error *error)
{
    size_t i;
    json_t *island;

    if (!json_is_array(json))
        return refuse("islands: must be an array of arrays of names, not %s", kind_of(json));
    json_array_foreach(json, i, island)
        if (read_island(island, i, islands, error) < 0)
            return -EINVAL;
    if (islands_check(islands, error->text, sizeof(error->text)) < 0) {
        error->status = 400;
        return -EINVAL;
    }
    return 0;
}

static int read_fields(json_t *body, bool may_one_way, struct shape_cut *ret, struct api_error *error)
{
    const char *key;
    json_t *value;

    if (!json_is_object(body))
        return refuse("the body must be an object, not %s", kind_of(body));
    json_object_foreach(body, key, value) {
        if (strcmp(key, "islands") == 0) {
            if (read_islands(value, &ret->islands, error) < 0)
                return -EINVAL;
        } else if (may_one_way && strcmp(key, "one_way") == 0) {
            if (!json_is_boolean(value))
                return refuse("one_way: must be true or false, not %s", kind_of(value));
            ret->one_way = json_is_true(value);
        } else {
            return refuse("%.100s: no such field; there %s", key,
                          may_one_way ? "are islands and one_way" : "is islands");
        }
    }
    return 0;
}

int shape_read_cut(const char *body, size_t len, bool may_one_way, struct shape_cut *ret, struct api_error *error)
{
    json_error_t where;
    json_t *json;
    int status;

    *ret = (struct shape_cut){0};
    if (len == 0)
        return 0;
    json = json_loadb(body, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &where);
    if (!json)
        return refuse("the body is not JSON: %s, at line %d, column %d", where.text, where.line, where.column);
    status = read_fields(json, may_one_way, ret, error);
    json_decref(json);
    if (status < 0)
        islands_done(&ret->islands);
    return status;
}
