/* SPDX-License-Identifier: MIT */
/*
 * From an order's fields to rules.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/refusal.h"
#include "control/orders.h"

#define refuse(...) (api_refuse(error, 400, __VA_ARGS__), -EINVAL)

/* Several words, for a parameter that is a set of them. */
static int read_words(const char *name, const json_t *value, char *to, size_t size, struct api_error *error)
{
    size_t i, len = 0;
    json_t *word;

    to[0] = 0;
    json_array_foreach(value, i, word) {
        if (!json_is_string(word))
            return refuse("params.%.100s[%zu]: must be a string, not %s", name, i, order_kind_of(word));
        len += (size_t)snprintf(to + len, size - len, "%s%s", i ? "," : "", json_string_value(word));
        if (len >= size)
            return refuse("params.%.100s: too many words", name);
    }
    return 0;
}

static bool is_set(const struct fault *fault, const char *name)
{
    const struct fault_row *row = fault_row(fault->kind);

    for (size_t i = 0; i < row->params_count; i++)
        if (strcmp(row->params[i].name, name) == 0)
            return row->params[i].type == PARAM_FLAGS;
    return false;
}

static int set_param(struct fault *fault, const char *name, const json_t *value, struct api_error *error)
{
    struct refusal refusal;
    char text[512] = "";

    if (json_is_array(value) && is_set(fault, name)) {
        if (read_words(name, value, text, sizeof(text), error) < 0)
            return -EINVAL;
    } else if (json_is_string(value)) {
        if (json_string_length(value) >= sizeof(text))
            return refuse("params.%.100s: a text that is too long", name);
        strcpy(text, json_string_value(value));
    } else if (json_is_integer(value)) {
        snprintf(text, sizeof(text), "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    } else if (json_is_real(value)) {
        snprintf(text, sizeof(text), "%g", json_real_value(value));
    } else {
        return refuse("params.%.100s: must be a string or a number, not %s", name, order_kind_of(value));
    }
    if (fault_set(fault, name, text, &refusal) < 0) {
        refusal_within(&refusal, "params");
        return api_refused(error, &refusal);
    }
    return 0;
}

static int read_fault(const struct order *order, struct fault *ret, struct api_error *error)
{
    struct refusal refusal;
    const char *name;
    json_t *value;

    if (!order->fault)
        return refuse("fault: which kind? see GET /v1/kinds");
    if (fault_named(order->fault, ret, &refusal) < 0)
        return api_refused(error, &refusal);
    json_object_foreach((json_t *)order->params, name, value)
        if (set_param(ret, name, value, error) < 0)
            return -EINVAL;
    if (fault_check(ret, &refusal) < 0) {
        refusal_within(&refusal, "params");
        return api_refused(error, &refusal);
    }
    return 0;
}

static struct islands two_islands(const struct islands *from, const struct islands *to)
{
    const struct islands *const both[] = {from, to};
    struct islands islands = {0};

    for (size_t i = 0; i < 2; i++) {
        islands_add(&islands);
        for (size_t k = 0; k < both[i]->at[0].count; k++)
            islands_add_pattern(&islands, both[i]->at[0].patterns[k], strlen(both[i]->at[0].patterns[k]));
    }
    return islands;
}

static struct islands everybody(size_t count)
{
    struct islands islands = {0};

    for (size_t i = 0; i < count; i++) {
        islands_add(&islands);
        islands_add_pattern(&islands, "*", 1);
    }
    return islands;
}

/* Does the way in which the order says whom it is about suit the fault, and is it only one? */
static int check_whom(const struct order *order, const struct fault *fault, struct api_error *error)
{
    static const enum order_field pairs[] = {ORDER_islands, ORDER_from,    ORDER_to,
                                             ORDER_between, ORDER_one_way, ORDER_dialled_by};
    const struct fault_row *row = fault_row(fault->kind);
    bool both = ORDER_HAS(order, from) && ORDER_HAS(order, to);

    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]) && !row->between_nodes; i++)
        if (order->given & 1U << pairs[i])
            return refuse("%s: %s is about names: give nodes (--node)", order_field_name(pairs[i]), row->name);
    if (row->between_nodes && ORDER_HAS(order, nodes))
        return refuse("nodes: %s is about what nodes send to each other: give from and to, between, or islands",
                      row->name);
    if (!both && (ORDER_HAS(order, from) || ORDER_HAS(order, to)))
        return refuse("%s: goes with %s", ORDER_HAS(order, from) ? "from" : "to",
                      ORDER_HAS(order, from) ? "to" : "from");
    if (!!ORDER_HAS(order, islands) + !!ORDER_HAS(order, between) + both > 1)
        return refuse("%s: give one of islands, between, or from and to",
                      ORDER_HAS(order, between) ? "between" : "from");
    if (ORDER_HAS(order, one_way) && !ORDER_HAS(order, islands))
        return refuse("one_way: goes with islands; from and to are one way anyway");
    if (ORDER_HAS(order, dialled_by) && !both && !ORDER_HAS(order, between) && !ORDER_HAS(order, islands))
        return refuse("dialled_by: goes with from and to, between, or two islands");
    return 0;
}

/* Whom the rule is about: one of the ways to say it, or nobody in particular: everybody. */
static int read_selector(const struct order *order, const struct fault *fault, struct selector *ret,
                         struct api_error *error)
{
    bool pairs = fault_row(fault->kind)->between_nodes;

    if (check_whom(order, fault, error) < 0)
        return -EINVAL;
    *ret = (struct selector){.one_way = order->one_way, .dialler = order->dialler};
    if (ORDER_HAS(order, from)) {
        ret->islands = two_islands(&order->from, &order->to);
        ret->one_way = true;
    } else if (ORDER_HAS(order, between)) {
        ret->islands = islands_copy(&order->between);
    } else if (ORDER_HAS(order, nodes)) {
        ret->islands = islands_copy(&order->nodes);
    } else if (ORDER_HAS(order, islands)) {
        ret->islands = islands_copy(&order->islands);
    } else {
        ret->islands = everybody(pairs ? 2 : 1);
    }
    ret->overlap = pairs && !ORDER_HAS(order, islands);
    return 0;
}

static int read_end(const struct order *order, const struct rules *rules, uint64_t now_us, struct rule_request *ret,
                    struct api_error *error)
{
    if (order->lease && !rules_lease(rules, order->lease))
        return refuse("lease: there is none named '%.100s'; begin it first (POST /v1/leases, epmdpxy lease)",
                      order->lease);
    ret->ends_us = ORDER_HAS(order, for) ? now_us + order->for_us : RULES_NEVER;
    ret->lease = order->lease;
    return 0;
}

static int add_request(const struct rule_request *request, struct requests *ret, struct api_error *error)
{
    struct refusal refusal;

    ret->at = mem_resize(ret->at, (ret->count + 1) * sizeof(*ret->at));
    ret->at[ret->count++] = *request;
    return selector_check(&request->selector, &request->fault, &refusal) < 0 ? api_refused(error, &refusal) : 0;
}

static int add_rule(const struct order *order, const struct rules *rules, uint64_t now_us, struct requests *ret,
                    struct api_error *error)
{
    struct rule_request request = {.lease = NULL};

    if (read_fault(order, &request.fault, error) < 0 || read_end(order, rules, now_us, &request, error) < 0 ||
        read_selector(order, &request.fault, &request.selector, error) < 0)
        return -EINVAL;
    return add_request(&request, ret, error);
}

static int add_rules(const json_t *list, const struct rules *rules, uint64_t now_us, struct requests *ret,
                     struct api_error *error)
{
    size_t i;
    json_t *json;

    if (json_array_size(list) > RULES_MAX)
        return refuse("rules: more than %d", RULES_MAX);
    json_array_foreach(list, i, json) {
        struct order order;
        int status = order_read(json, ORDER_TAKES_RULE, &order, error);

        if (status == 0) {
            status = add_rule(&order, rules, now_us, ret, error);
            order_done(&order);
        }
        if (status < 0) {
            char why[sizeof(error->text)];

            memcpy(why, error->text, sizeof(why));
            return refuse("rules[%zu]%s%.900s", i, json_is_object(json) ? "." : ": ", why);
        }
    }
    return 0;
}

int order_rules(const struct order *order, const struct rules *rules, uint64_t now_us, struct requests *ret,
                struct api_error *error)
{
    int status;

    *ret = (struct requests){0};
    if (!ORDER_HAS(order, rules))
        status = add_rule(order, rules, now_us, ret, error);
    else if (order->given != 1U << ORDER_rules)
        status = refuse("rules: stands alone; its elements have the other fields");
    else
        status = add_rules(order->rules, rules, now_us, ret, error);
    if (status < 0)
        requests_done(ret);
    return status;
}

int order_cut(const struct order *order, struct islands *islands, const struct rules *rules, uint64_t now_us,
              struct requests *ret, struct api_error *error)
{
    struct rule_request request = {.selector = {.islands = *islands, .one_way = order->one_way}};
    struct refusal refusal;
    int status;

    *islands = (struct islands){0};
    status = fault_named("partition", &request.fault, &refusal);
    if (status == 0 && order->mode)
        status = fault_set(&request.fault, "mode", order->mode, &refusal);
    if (status < 0)
        api_refused(error, &refusal);
    else
        status = read_end(order, rules, now_us, &request, error);
    if (status < 0) {
        islands_done(&request.selector.islands);
        return status;
    }
    return add_request(&request, ret, error);
}

void requests_done(struct requests *requests)
{
    for (size_t i = 0; i < requests->count; i++)
        islands_done(&requests->at[i].selector.islands);
    free(requests->at);
    *requests = (struct requests){0};
}
