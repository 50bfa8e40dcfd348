/* SPDX-License-Identifier: MIT */
/*
 * JSON as our structs: what a request's body asks for. One table has all fields; a resource says which of them it
 * takes. Errors name the field as a path: islands[0][2], rules[3].params.delay.
 */
#ifndef CONTROL_ORDERS_H
#define CONTROL_ORDERS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "control/api.h"
#include "model/rules.h"
#include "model/topology.h"

/* Name, and what it takes. */
#define ORDER_FIELDS(X)                                              \
    X(islands, "an array of arrays of names")                        \
    X(from, "an array of names")                                     \
    X(to, "an array of names")                                       \
    X(between, "an array of two arrays of names")                    \
    X(nodes, "an array of names")                                    \
    X(one_way, "true or false")                                      \
    X(dialled_by, "\"from\" or \"to\"")                              \
    X(fault, "the name of a kind of fault, see GET /v1/kinds")       \
    X(params, "an object with the fault's parameters")               \
    X(mode, "the mode of a cut: hold, drop, close, reset or refuse") \
    X(for, "a duration, such as \"30s\"")                            \
    X(lease, "the name of a lease, see POST /v1/leases")             \
    X(topology, "the name of a topology, see epmdpxy cut --help")    \
    X(node, "a name")                                                \
    X(of, "an array of names")                                       \
    X(seed, "a whole number from 0 on")                              \
    X(name, "a name for a lease")                                    \
    X(rules, "an array of rules")

enum order_field {
#define X(name, help) ORDER_##name,
    ORDER_FIELDS(X)
#undef X
        ORDER_FIELDS_COUNT
};

const char *order_field_name(enum order_field field);

/* "an array": what the JSON is, for errors. */
const char *order_kind_of(const json_t *json);

#define ORDER_HAS(order, field) ((order)->given & 1U << ORDER_##field)

/* Texts belong to the JSON that was read. */
struct order {
    unsigned given; /* a bit a field that was there */
    struct islands islands, from, to, between, nodes, of;
    bool one_way;
    enum dialler dialler;
    const char *fault, *mode, *lease, *node, *name;
    const json_t *params, *rules;
    uint64_t for_us, seed;
    enum topology topology;
};

/* Returns the body as JSON, an object; an empty body is {}. The caller's to release; NULL and *error when it is none.
 */
json_t *orders_parse(const char *body, size_t len, struct api_error *error);

/*
 * Reads the fields of a JSON object; `takes` is a set of 1 << ORDER_x. Returns 0 and *ret, to be ended by order_done(),
 * or -EINVAL and *error.
 */
int order_read(const json_t *json, unsigned takes, struct order *ret, struct api_error *error);
void order_done(struct order *order);

/* What a rule of POST /v1/rules may have, beside "rules". */
#define ORDER_TAKES_RULE                                                                                        \
    (1U << ORDER_fault | 1U << ORDER_params | 1U << ORDER_islands | 1U << ORDER_from | 1U << ORDER_to |         \
     1U << ORDER_between | 1U << ORDER_nodes | 1U << ORDER_one_way | 1U << ORDER_dialled_by | 1U << ORDER_for | \
     1U << ORDER_lease)

/* What rules_add() takes, checked; to be ended by requests_done(), whatever became of them. */
struct requests {
    struct rule_request *at;
    size_t count;
};

/*
 * The rules that an order for POST /v1/rules describes: one, or those of "rules". Returns 0, or -EINVAL and *error. The
 * texts in *ret belong to the JSON that was read.
 */
int order_rules(const struct order *order, const struct rules *rules, uint64_t now_us, struct requests *ret,
                struct api_error *error);

/*
 * The partition between these islands that an order for POST /v1/cut describes; `islands` is taken over, also when this
 * fails. Adds to *ret.
 */
int order_cut(const struct order *order, struct islands *islands, const struct rules *rules, uint64_t now_us,
              struct requests *ret, struct api_error *error);
void requests_done(struct requests *requests);

#endif
