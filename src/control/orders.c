/* SPDX-License-Identifier: MIT */
#include "control/orders.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/duration.h"
#include "base/memory.h"

#define refuse(...) (api_refuse(error, 400, __VA_ARGS__), -EINVAL)

static const struct field {
    const char *name, *help;
} fields[] = {
#define X(name, help) {#name, help},
    ORDER_FIELDS(X)
#undef X
};

const char *order_kind_of(const json_t *value)
{
    static const char *const names[] = {
        [JSON_OBJECT] = "an object", [JSON_ARRAY] = "an array", [JSON_STRING] = "a string", [JSON_INTEGER] = "a number",
        [JSON_REAL] = "a number",    [JSON_TRUE] = "a boolean", [JSON_FALSE] = "a boolean", [JSON_NULL] = "null",
    };

    return names[json_typeof(value)];
}

const char *order_field_name(enum order_field field)
{
    return fields[field].name;
}

/* ---- the fields ---- */

static int read_names(const json_t *json, const char *path, struct islands *islands, struct api_error *error)
{
    size_t i;
    json_t *name;

    if (!json_is_array(json))
        return refuse("%s: must be an array of names, not %s", path, order_kind_of(json));
    islands_add(islands);
    json_array_foreach(json, i, name) {
        if (!json_is_string(name))
            return refuse("%s[%zu]: must be a string, not %s", path, i, order_kind_of(name));
        /* No NUL is in it: the parser refuses those. */
        islands_add_pattern(islands, json_string_value(name), json_string_length(name));
    }
    return 0;
}

static int read_islands(const json_t *json, const char *field, struct islands *islands, struct api_error *error)
{
    char path[64];
    size_t i;
    json_t *island;

    if (!json_is_array(json))
        return refuse("%s: must be an array of arrays of names, not %s", field, order_kind_of(json));
    json_array_foreach(json, i, island) {
        snprintf(path, sizeof(path), "%s[%zu]", field, i);
        if (read_names(island, path, islands, error) < 0)
            return -EINVAL;
    }
    return 0;
}

static int read_text(const json_t *json, enum order_field field, const char **ret, struct api_error *error)
{
    if (!json_is_string(json) || json_string_length(json) == 0)
        return refuse("%s: must be %s, not %s", fields[field].name, fields[field].help,
                      json_is_string(json) ? "empty" : order_kind_of(json));
    *ret = json_string_value(json);
    return 0;
}

static int read_dialler(const json_t *json, enum dialler *ret, struct api_error *error)
{
    const char *word = json_string_value(json);

    if (!word || (strcmp(word, "from") != 0 && strcmp(word, "to") != 0))
        return refuse("dialled_by: must be %s", fields[ORDER_dialled_by].help);
    *ret = word[0] == 'f' ? DIALLER_FROM : DIALLER_TO;
    return 0;
}

static int read_for(const json_t *json, uint64_t *ret_us, struct api_error *error)
{
    if (!json_is_string(json) || duration_parse(json_string_value(json), ret_us) < 0 || *ret_us == 0)
        return refuse("for: must be " DURATION_HINT);
    return 0;
}

static int read_topology(const json_t *json, enum topology *ret, struct api_error *error)
{
    if (json_is_string(json) && topology_parse(json_string_value(json), ret) == 0)
        return 0;
    api_refuse(error, 400, "topology: there are");
    for (enum topology i = 0; i < TOPOLOGIES_COUNT; i++) {
        size_t len = strlen(error->text);

        snprintf(error->text + len, sizeof(error->text) - len, "%s %s", i == 0 ? "" : ",", topology_name(i));
    }
    return -EINVAL;
}

static int read_field(enum order_field field, const json_t *json, struct order *order, struct api_error *error)
{
    switch (field) {
    case ORDER_islands:
        return read_islands(json, "islands", &order->islands, error);
    case ORDER_between:
        return read_islands(json, "between", &order->between, error);
    case ORDER_from:
        return read_names(json, "from", &order->from, error);
    case ORDER_to:
        return read_names(json, "to", &order->to, error);
    case ORDER_nodes:
        return read_names(json, "nodes", &order->nodes, error);
    case ORDER_of:
        return read_names(json, "of", &order->of, error);
    case ORDER_one_way:
        order->one_way = json_is_true(json);
        return json_is_boolean(json) ? 0 : refuse("one_way: must be true or false, not %s", order_kind_of(json));
    case ORDER_dialled_by:
        return read_dialler(json, &order->dialler, error);
    case ORDER_fault:
        return read_text(json, field, &order->fault, error);
    case ORDER_mode:
        return read_text(json, field, &order->mode, error);
    case ORDER_lease:
        return read_text(json, field, &order->lease, error);
    case ORDER_node:
        return read_text(json, field, &order->node, error);
    case ORDER_name:
        return read_text(json, field, &order->name, error);
    case ORDER_for:
        return read_for(json, &order->for_us, error);
    case ORDER_topology:
        return read_topology(json, &order->topology, error);
    case ORDER_seed:
        order->seed = (uint64_t)json_integer_value(json);
        return json_is_integer(json) && json_integer_value(json) >= 0 ? 0
                                                                      : refuse("seed: must be %s", fields[field].help);
    case ORDER_params:
        order->params = json;
        return json_is_object(json) ? 0 : refuse("params: must be an object, not %s", order_kind_of(json));
    case ORDER_rules:
        order->rules = json;
        return json_is_array(json) ? 0 : refuse("rules: must be an array of rules, not %s", order_kind_of(json));
    case ORDER_FIELDS_COUNT:
        break;
    }
    abort();
}

static int refuse_field(const char *key, unsigned takes, struct api_error *error)
{
    api_refuse(error, 400, "%.100s: no such field; there %s", key, takes & (takes - 1) ? "are" : "is");
    for (size_t i = 0, shown = 0; i < ORDER_FIELDS_COUNT; i++) {
        size_t len = strlen(error->text);

        if (takes & 1U << i)
            snprintf(error->text + len, sizeof(error->text) - len, "%s %s", shown++ ? "," : "", fields[i].name);
    }
    return -EINVAL;
}

int order_read(const json_t *json, unsigned takes, struct order *ret, struct api_error *error)
{
    const char *key;
    json_t *value;

    *ret = (struct order){0};
    if (!json_is_object(json))
        return refuse("must be an object, not %s", order_kind_of(json));
    json_object_foreach((json_t *)json, key, value) {
        size_t field = 0;
        int status;

        while (field < ORDER_FIELDS_COUNT && strcmp(fields[field].name, key) != 0)
            field++;
        if (field == ORDER_FIELDS_COUNT || !(takes & 1U << field))
            status = refuse_field(key, takes, error);
        else
            status = read_field((enum order_field)field, value, ret, error);
        if (status < 0) {
            order_done(ret);
            return -EINVAL;
        }
        ret->given |= 1U << field;
    }
    return 0;
}

void order_done(struct order *order)
{
    islands_done(&order->islands);
    islands_done(&order->between);
    islands_done(&order->from);
    islands_done(&order->to);
    islands_done(&order->nodes);
    islands_done(&order->of);
}

json_t *orders_parse(const char *body, size_t len, struct api_error *error)
{
    json_error_t where;
    json_t *json;

    if (len == 0)
        return json_object();
    json = json_loadb(body, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &where);
    if (!json)
        api_refuse(error, 400, "the body is not JSON: %s, at line %d, column %d", where.text, where.line, where.column);
    else if (!json_is_object(json))
        api_refuse(error, 400, "the body must be an object, not %s", order_kind_of(json));
    if (json_is_object(json))
        return json;
    json_decref(json);
    return NULL;
}
