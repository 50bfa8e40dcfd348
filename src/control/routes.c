/* SPDX-License-Identifier: MIT */
#include "control/routes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"
#include "base/refusal.h"
#include "control/advice.h"
#include "control/orders.h"
#include "control/shapes.h"
#include "control/waits.h"
#include "model/pattern.h"
#include "model/registry.h"
#include "model/rules.h"
#include "cable/cable.h"
#include "loop/loop.h"
#include "loop/relay.h"

static uint64_t now_us(const struct api *api)
{
    return loop_clock_us(api->relay->loop);
}

static json_int_t held_cables(const struct relay *relay)
{
    json_int_t count = 0;

    for (const struct cable *cable = cables_first(relay->cables); cable; cable = cable_next(cable)) {
        struct cable_view view = cable_look(cable);

        count += view.to_acceptor.is_held || view.to_dialer.is_held;
    }
    return count;
}

/* ---- what there is ---- */

static json_t *get_status(struct api *api, const struct api_request *request, struct api_error *error)
{
    (void)request;
    (void)error;
    return shape_status(api);
}

static json_t *get_rules(struct api *api, const struct api_request *request, struct api_error *error)
{
    (void)request;
    (void)error;
    return json_pack("{s:o}", "rules", shape_rules(api->relay->rules, 0, now_us(api)));
}

static json_t *get_kinds(struct api *api, const struct api_request *request, struct api_error *error)
{
    (void)api;
    (void)request;
    (void)error;
    return json_pack("{s:o}", "kinds", shape_kinds());
}

static json_t *get_leases(struct api *api, const struct api_request *request, struct api_error *error)
{
    (void)request;
    (void)error;
    return json_pack("{s:o}", "leases", shape_leases(api->relay->rules, now_us(api)));
}

/* A whole number in a text, all of it. */
static int number_of(const char *text, uint64_t *ret)
{
    char *end;

    errno = 0;
    *ret = strtoull(text, &end, 10);
    return errno || end == text || *end || text[0] < '0' || text[0] > '9' ? -EINVAL : 0;
}

static json_t *get_events(struct api *api, const struct api_request *request, struct api_error *error)
{
    const char *text = request->query(request->data, "after");
    uint64_t after = 0;

    if (text && number_of(text, &after) < 0) {
        api_refuse(error, 400, "after: must be the number of an event, such as 17");
        return NULL;
    }
    return json_pack("{s:o, s:I}", "events", shape_events(api, after), "last",
                     (json_int_t)events_last(api->relay->events));
}

/* ---- rules ---- */

/* Two globs may both match a node: told as far as there are such nodes. */
static bool splits_nodes(const struct relay *relay, const struct islands *islands, struct api_error *error)
{
    for (const struct node *node = registry_nodes(relay->registry); node; node = node->next) {
        int first = islands_find(islands, node_name(node));
        int second = first < 0 ? -1 : islands_find_after(islands, node_name(node), first);

        if (second >= 0) {
            api_refuse(error, 400, "islands: a node in two islands: '%.200s' matches islands %d and %d",
                       node_name(node), first + 1, second + 1);
            return false;
        }
    }
    return true;
}

static bool split_nodes(const struct relay *relay, const struct requests *requests, struct api_error *error)
{
    for (size_t i = 0; i < requests->count; i++)
        if (!requests->at[i].selector.overlap && requests->at[i].selector.islands.count > 1 &&
            !splits_nodes(relay, &requests->at[i].selector.islands, error))
            return false;
    return true;
}

/* Adds the rules and tells about them; the requests are the caller's to end. */
static json_t *add_rules(struct api *api, struct requests *requests, uint64_t for_us, struct api_error *error)
{
    struct relay *relay = api->relay;
    json_t *notes, *reply, *advice;
    uint32_t first;

    if (requests->count == 0) {
        api_refuse(error, 400, "rules: an empty list");
        return NULL;
    }
    if (!split_nodes(relay, requests, error))
        return NULL;
    notes = advice_notes(api, requests);
    if (rules_add(relay->rules, requests->at, requests->count, &first) < 0) {
        api_refuse(error, 409, "the rule book is full (%d rules); remove some first (fix, fault rm, fault clear)",
                   RULES_MAX);
        json_decref(notes);
        return NULL;
    }
    advice = advice_once(api, &requests->at[0].fault, for_us);
    reply = json_pack("{s:o, s:I, s:o, s:o*}", "rules", shape_rules(relay->rules, first, now_us(api)), "held_cables",
                      held_cables(relay), "notes", notes, "advice", advice);
    return reply;
}

static json_t *post_rules(struct api *api, const struct api_request *request, struct api_error *error)
{
    json_t *body = orders_parse(request->body, request->len, error), *reply = NULL;
    struct requests requests;
    struct order order;

    if (!body)
        return NULL;
    if (order_read(body, ORDER_TAKES_RULE | 1U << ORDER_rules, &order, error) == 0) {
        if (order_rules(&order, api->relay->rules, now_us(api), &requests, error) == 0) {
            reply = add_rules(api, &requests, order.for_us, error);
            requests_done(&requests);
        }
        order_done(&order);
    }
    json_decref(body);
    return reply;
}

/* The names that a topology is about: the registered ones, or those that "of" names. */
static size_t names_of(const struct relay *relay, const struct order *order, const char ***ret)
{
    const char **names = NULL;
    size_t count = 0;

    for (const struct node *node = registry_nodes(relay->registry); node; node = node->next)
        if (!ORDER_HAS(order, of) || islands_find(&order->of, node_name(node)) >= 0) {
            names = mem_resize(names, (count + 1) * sizeof(*names));
            names[count++] = node_name(node);
        }
    *ret = names;
    return count;
}

static int cut_topology(const struct api *api, struct order *order, struct requests *requests, struct api_error *error)
{
    struct topology_request wanted = {.topology = order->topology, .node = order->node, .seed = order->seed};
    const char **names;
    struct topology_cuts cuts;
    struct refusal refusal;
    int status;

    if (ORDER_HAS(order, islands) || ORDER_HAS(order, one_way)) {
        api_refuse(error, 400,
                   ORDER_HAS(order, islands) ? "islands: a topology makes its own"
                                             : "one_way: goes with islands; a topology cuts both ways");
        return -EINVAL;
    }
    if (ORDER_HAS(order, of) && island_check_names(&order->of.at[0], "of", &refusal) < 0)
        return api_refused(error, &refusal);
    wanted.count = names_of(api->relay, order, &names);
    wanted.names = names;
    status = topology_cuts(&wanted, &cuts, &refusal);
    free(names);
    if (status < 0)
        return api_refused(error, &refusal);
    for (size_t i = 0; i < cuts.count && status == 0; i++)
        status = order_cut(order, &cuts.at[i], api->relay->rules, now_us(api), requests, error);
    topology_cuts_done(&cuts);
    return status;
}

static int cut_islands(const struct api *api, struct order *order, struct requests *requests, struct api_error *error)
{
    static const enum order_field others[] = {ORDER_node, ORDER_of, ORDER_seed};

    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        if (order->given & 1U << others[i]) {
            api_refuse(error, 400, "%s: goes with a topology",
                       others[i] == ORDER_node ? "node"
                       : others[i] == ORDER_of ? "of"
                                               : "seed");
            return -EINVAL;
        }
    return order_cut(order, &order->islands, api->relay->rules, now_us(api), requests, error);
}

static json_t *post_cut(struct api *api, const struct api_request *request, struct api_error *error)
{
    json_t *body = orders_parse(request->body, request->len, error), *reply = NULL;
    struct requests requests = {.count = 0};
    struct order order;
    const unsigned takes = 1U << ORDER_islands | 1U << ORDER_one_way | 1U << ORDER_mode | 1U << ORDER_for |
                           1U << ORDER_lease | 1U << ORDER_topology | 1U << ORDER_node | 1U << ORDER_of |
                           1U << ORDER_seed;
    int status;

    if (!body)
        return NULL;
    if (order_read(body, takes, &order, error) == 0) {
        if (!ORDER_HAS(&order, seed)) /* so that people can ask for the same cut again */
            order.seed = random_below(api->relay->random, 65536);
        status = ORDER_HAS(&order, topology) ? cut_topology(api, &order, &requests, error)
                                             : cut_islands(api, &order, &requests, error);
        if (status == 0)
            reply = add_rules(api, &requests, order.for_us, error);
        if (reply && ORDER_HAS(&order, topology) && topology_uses_chance(order.topology))
            json_object_set_new(reply, "seed", json_integer((json_int_t)order.seed));
        requests_done(&requests);
        order_done(&order);
    }
    json_decref(body);
    return reply;
}

static json_t *post_fix(struct api *api, const struct api_request *request, struct api_error *error)
{
    struct relay *relay = api->relay;
    json_t *body = orders_parse(request->body, request->len, error), *reply = NULL;
    struct refusal refusal;
    struct order order;
    bool all;

    if (!body)
        return NULL;
    if (order_read(body, 1U << ORDER_islands, &order, error) == 0) {
        all = !ORDER_HAS(&order, islands);
        if (!all && islands_check(&order.islands, &refusal) < 0)
            api_refused(error, &refusal);
        else if (!all && !splits_nodes(relay, &order.islands, error))
            ;
        else if (rules_fix(relay->rules, all ? NULL : &order.islands) < 0)
            api_refuse(error, 409, "a rule cannot take more than %d fixes; fix everything, without islands",
                       RULES_HEALED_MAX);
        else
            reply = json_pack("{s:o, s:I}", "rules", shape_rules(relay->rules, 0, now_us(api)), "held_cables",
                              held_cables(relay));
        order_done(&order);
    }
    json_decref(body);
    return reply;
}

static json_t *delete_rules(struct api *api, const struct api_request *request, struct api_error *error)
{
    (void)request;
    (void)error;
    rules_clear(api->relay->rules);
    return get_rules(api, request, error);
}

/* What stands behind the last slash. */
static const char *tail_of(const struct api_request *request)
{
    return strrchr(request->path, '/') + 1;
}

static json_t *delete_rule(struct api *api, const struct api_request *request, struct api_error *error)
{
    uint64_t id;

    if (number_of(tail_of(request), &id) < 0 || id > UINT32_MAX)
        api_refuse(error, 400, "'%.100s' is not the number of a rule, such as 17", tail_of(request));
    else if (!rules_remove(api->relay->rules, (uint32_t)id))
        api_refuse(error, 404, "there is no rule %llu; see epmdpxy fault list", (unsigned long long)id);
    else
        return get_rules(api, request, error);
    return NULL;
}

/* ---- leases ---- */

static bool is_lease_name(const char *name)
{
    if (!name || strlen(name) > LEASE_NAME_BYTES_MAX)
        return false;
    while ((unsigned char)*name > ' ' && *name != 0x7F && *name != '/')
        name++;
    return !*name;
}

static json_t *post_leases(struct api *api, const struct api_request *request, struct api_error *error)
{
    json_t *body = orders_parse(request->body, request->len, error), *reply = NULL;
    struct order order;

    if (!body)
        return NULL;
    if (order_read(body, 1U << ORDER_name | 1U << ORDER_for, &order, error) == 0) {
        if (!is_lease_name(order.name))
            api_refuse(error, 400, "name: a lease needs one, of at most %d bytes, without blanks and slashes",
                       LEASE_NAME_BYTES_MAX);
        else if (!ORDER_HAS(&order, for))
            api_refuse(error, 400, "for: how long, unless it is renewed? such as \"10s\"");
        else if (rules_renew_lease(api->relay->rules, order.name, now_us(api) + order.for_us) < 0)
            api_refuse(error, 409, "there are %d leases already; end one first", LEASES_MAX);
        else
            reply = get_leases(api, request, error);
        order_done(&order);
    }
    json_decref(body);
    return reply;
}

static json_t *delete_lease(struct api *api, const struct api_request *request, struct api_error *error)
{
    if (rules_end_lease(api->relay->rules, tail_of(request)))
        return get_leases(api, request, error);
    api_refuse(error, 404, "there is no lease named '%.100s'", tail_of(request));
    return NULL;
}

/* ---- the table ---- */

static const struct route {
    const char *method, *path; /* a path that ends with a slash takes one more word */
    json_t *(*answer)(struct api *api, const struct api_request *request, struct api_error *error);
    const char *queries[3]; /* "?name=", up to the NULL */
} routes[] = {
    {"GET", "/v1/status", get_status, {NULL}},
    {"GET", "/v1/kinds", get_kinds, {NULL}},
    {"GET", "/v1/events", get_events, {"after"}},
    {"POST", "/v1/cut", post_cut, {NULL}},
    {"POST", "/v1/fix", post_fix, {NULL}},
    {"GET", "/v1/rules", get_rules, {NULL}},
    {"POST", "/v1/rules", post_rules, {NULL}},
    {"DELETE", "/v1/rules", delete_rules, {NULL}},
    {"DELETE", "/v1/rules/", delete_rule, {NULL}},
    {"GET", "/v1/leases", get_leases, {NULL}},
    {"POST", "/v1/leases", post_leases, {NULL}},
    {"DELETE", "/v1/leases/", delete_lease, {NULL}},
    {"GET", "/v1/wait", NULL, {"condition", "timeout"}}, /* wait_new() */
};

static bool is_at(const struct route *route, const char *path)
{
    size_t len = strlen(route->path);

    if (route->path[len - 1] != '/')
        return strcmp(route->path, path) == 0;
    return strncmp(route->path, path, len) == 0 && path[len] && !strchr(path + len, '/');
}

static int refuse_queries(const struct route *route, const struct api_request *request, struct api_error *error)
{
    const char *other = request->other_query(request->data, route->queries);

    if (!other)
        return 0;
    if (route->queries[0])
        api_refuse(error, 400, "%.100s: no such query; there %s %s%s%s", other, route->queries[1] ? "are" : "is",
                   route->queries[0], route->queries[1] ? ", " : "", route->queries[1] ? route->queries[1] : "");
    else
        api_refuse(error, 400, "%.100s: %s takes no query", other, route->path);
    return -EINVAL;
}

json_t *routes_answer(struct api *api, const struct api_request *request, struct wait **ret_wait,
                      struct api_error *error)
{
    const struct route *there = NULL;

    *ret_wait = NULL;
    for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
        if (!is_at(&routes[i], request->path))
            continue;
        there = &routes[i];
        if (strcmp(there->method, request->method) != 0)
            continue;
        if (refuse_queries(there, request, error) < 0)
            return NULL;
        if (there->answer)
            return there->answer(api, request, error);
        *ret_wait = wait_new(api, request, error);
        return NULL;
    }
    if (there)
        api_refuse(error, 405, "%s does not take %.20s", there->path, request->method);
    else
        api_refuse(error, 404, "no such resource: %.200s; see GET /v1/status", request->path);
    return NULL;
}
