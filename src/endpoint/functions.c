/* SPDX-License-Identifier: MIT */
#include "endpoint/functions.h"

#include <errno.h>

#include "control/pieces.h"
#include "control/routes.h"
#include "endpoint/arguments.h"
#include "endpoint/saying.h"
#include "endpoint/verbs.h"
#include "model/events.h"
#include "model/rules.h"
#include "request/answers.h"
#include "request/terms.h"
#include "service/service.h"
#include "wire/term.h"

/* ---- the table ---- */

static function_fn do_functions; /* of this table */

static const struct function functions[] = {
    {"cut_cables", 2, verb_block, NULL, true, "A, B", "blocks all traffic between two islands, in silence: ok"},
    {"fix_cables", 2, verb_allow, NULL, true, "A, B", "lets it pass again: ok"},
    {"block_traffic_between", 2, verb_block, "sever", true, "A, B", "severs: ok"},
    {"allow_traffic_between", 2, verb_allow, NULL, true, "A, B", "fixes: ok"},
    {"cut", 1, verb_cut, NULL, false, "Islands", "nodes of different islands no longer hear each other: {ok, Cut}"},
    {"cut", 2, verb_cut, NULL, false, "Islands, #{mode, one_way, for, lease, owner, wait}", "the same"},
    {"sever", 1, verb_cut, "sever", false, "Islands", "connections between them end now: {ok, Cut}; asks no node"},
    {"sever", 2, verb_cut, "sever", false, "Islands, #{redial, one_way, for, lease, owner, wait}", "the same"},
    {"partition", 1, verb_partition, "sever", false, "Nodes", "severs these from all others: {ok, Cut}"},
    {"isolate", 1, verb_topology_of_node, "isolate", false, "Node", "severs one node from all others: {ok, Cut}"},
    {"isolate", 2, verb_topology_of_node, "isolate", false, "Node, #{among, redial, for, lease, owner}", "the same"},
    {"halves", 0, verb_topology, "halves", false, "", "severs the first half from the second: {ok, Cut}"},
    {"halves", 1, verb_topology, "halves", false, "#{among, redial, for, lease, owner}", "the same"},
    {"random_halves", 0, verb_topology, "random-halves", false, "", "the same by chance: {ok, #{seed, ...}}"},
    {"random_halves", 1, verb_topology, "random-halves", false, "#{among, seed, redial, for, lease, owner}",
     "the same"},
    {"majorities_ring", 0, verb_topology, "majorities-ring", false, "", "each sees a majority, no two the same"},
    {"majorities_ring", 1, verb_topology, "majorities-ring", false, "#{among, seed, redial, for, lease, owner}",
     "the same"},
    {"bridge", 1, verb_topology_of_node, "bridge", false, "Node", "two halves that only it can talk to both of"},
    {"bridge", 2, verb_topology_of_node, "bridge", false, "Node, #{among, redial, for, lease, owner}", "the same"},
    {"fix", 0, verb_fix, NULL, false, "", "removes every cut: ok"},
    {"fix", 1, verb_fix, NULL, false, "Islands", "only between these islands: ok"},
    {"heal", 0, verb_fix, NULL, false, "", "as fix/0: the nodes connect when they next send"},
    {"heal", 1, verb_fix, NULL, false, "Islands", "as fix/1"},
    {"fault", 3, verb_fault, NULL, false,
     "Kind, Params, #{from, to, between, nodes, dialled_by, for, lease, owner, wait}", "adds a fault: {ok, Rule}"},
    {"remove", 1, verb_remove, NULL, false, "Id | Cut | Rule", "removes a rule, or all of a cut: ok"},
    {"clear", 0, verb_clear, NULL, false, "", "removes every rule: ok"},
    {"rules", 0, verb_rules, "rules", false, "", "{ok, [Rule]}"},
    {"effect", 1, verb_effect, NULL, false, "Id | Cut | Rule", "what it has done: {ok, #{bitten, cables, dials, ...}}"},
    {"kinds", 0, verb_kinds, "kinds", false, "", "the kinds of fault: {ok, [Kind]}"},
    {"observer", 1, verb_observer, NULL, false, "Nodes", "they take no part in the experiment: ok"},
    {"lease", 2, verb_lease, NULL, false, "Name, For", "begins a lease, or renews it: ok; its rules end with it"},
    {"await", 1, verb_await, NULL, false, "Condition", "until it holds on the wires, 30 s: ok"},
    {"await", 2, verb_await, NULL, false, "Condition, Timeout", "milliseconds, or infinity: one hour"},
    {"status", 0, verb_status, NULL, false, "", "{ok, #{nodes, cables, rules, counters, ...}}"},
    {"events", 1, verb_events, "events", false, "After", "what has happened since that number: {ok, [Event]}"},
    {"mark", 0, verb_mark, NULL, true, "", "the number of the newest event"},
    {"functions", 0, do_functions, NULL, true, "", "these: [#{name, arity, args, help}]"},
};

#define FUNCTIONS (sizeof(functions) / sizeof(functions[0]))

static enum outcome do_functions(struct call *call)
{
    json_t *list = json_array();

    for (size_t i = 0; i < FUNCTIONS; i++)
        json_array_append_new(list,
                              json_pack("{s:s, s:i, s:s, s:s}", "name", functions[i].name, "arity", functions[i].arity,
                                        "args", functions[i].args, "help", functions[i].help));
    terms_add_for_erlang(&call->said, list);
    json_decref(list);
    return SAID;
}

/* ---- answers ---- */

/* {refused, Status, Text}: the daemon's own words. */
static void add_refused(struct text *to, unsigned status, const struct refusal *refusal)
{
    char line[REFUSAL_LINE_BYTES];
    json_t *text;

    refusal_print(refusal, line, sizeof(line));
    text = json_string(line);
    saying_tuple(to, 3);
    terms_add_atom(to, "refused");
    saying_integer(to, (int)status);
    terms_add_for_erlang(to, text);
    json_decref(text);
}

void functions_refused(const struct refusal *refusal, struct text *to)
{
    saying_tuple(to, 2);
    terms_add_atom(to, "error");
    add_refused(to, routes_status_of(refusal), refusal);
}

static void say_refused(struct call *call)
{
    if (call->function->raises) {
        saying_tuple(&call->said, 2);
        terms_add_atom(&call->said, FUNCTIONS_MODULE);
    } else {
        saying_tuple(&call->said, 2);
        terms_add_atom(&call->said, "error");
    }
    if (json_array_size(call->unknown) > 0) {
        saying_tuple(&call->said, 2);
        terms_add_atom(&call->said, "unknown");
        terms_add_names(&call->said, call->unknown);
    } else {
        add_refused(&call->said, call->answer.status, &call->answer.refusal);
    }
}

/* ok; or {ok, Event}. */
static void add_held(const struct api *api, uint64_t id, struct text *to)
{
    const struct event *event = id ? events_next(api->service->events, id - 1) : NULL;
    json_t *document;

    if (!event || event->id != id) {
        terms_add_atom(to, "ok");
        return;
    }
    document = event_to_document(event);
    saying_tuple(to, 2);
    terms_add_atom(to, "ok");
    terms_add_for_erlang(to, document);
    json_decref(document);
}

void functions_waited(const struct api *api, enum condition_kind kind, const struct refusal *refusal, uint64_t event,
                      struct text *to)
{
    json_t *missing;

    if (!refusal) {
        add_held(api, event, to);
        return;
    }
    saying_tuple(to, 2);
    terms_add_atom(to, "error");
    if (refusal->status == -ETIMEDOUT) {
        missing = json_string(refusal->text);
        saying_tuple(to, 2);
        terms_add_atom(to, "timeout");
        terms_add_for_erlang(to, missing);
        json_decref(missing);
    } else if ((kind == CONDITION_noticed || kind == CONDITION_settled) && refusal->status == -ENOENT) {
        terms_add_atom(to, "nothing_cut");
    } else {
        add_refused(to, routes_status_of(refusal), refusal);
    }
}

void functions_drop(struct functions_answer *answer)
{
    if (answer->verdict == FUNCTIONS_WAITS)
        wait_request_done(&answer->wait);
    else
        answer->pieces->free(answer->pieces);
    text_done(&answer->term);
    answer->verdict = FUNCTIONS_RETURNS;
}

/* ---- calls ---- */

static const struct function *find(const struct term *module, const struct term *name, int arity)
{
    if (!term_is_atom(module, FUNCTIONS_MODULE))
        return NULL;
    for (size_t i = 0; i < FUNCTIONS; i++)
        if (functions[i].arity == arity && term_is_atom(name, functions[i].name))
            return &functions[i];
    return NULL;
}

static enum outcome run(struct call *call, const char *node, const struct term *args)
{
    for (int i = 0; i < call->function->arity; i++) {
        /* Options are a map, and the last argument. */
        call->args[i] = i + 1 == call->function->arity && term_tag(&args[i]) == TERM_MAP
                            ? argument_read_owned(&args[i], node, &call->pid, &call->answer.refusal)
                            : argument_read(&args[i], call->function->fn == verb_await);
        if (!call->args[i])
            return call_wrong(call);
    }
    call->owner = call->pid.len > 0 ? rules_begin_owner(node) : NULL;
    return call->function->fn(call);
}

static void conclude(struct call *call, enum outcome outcome, struct functions_answer *ret)
{
    switch (outcome) {
    case SAID:
        break;
    case BADARG:
        ret->verdict = FUNCTIONS_RAISES;
        terms_add_atom(&call->said, "badarg");
        break;
    case REFUSED:
        ret->verdict = call->function->raises ? FUNCTIONS_RAISES : FUNCTIONS_RETURNS;
        say_refused(call);
        break;
    case WAITS:
        ret->verdict = FUNCTIONS_WAITS;
        ret->wait = call->answer.wait;
        break;
    case LASTS:
        ret->verdict = FUNCTIONS_LASTS;
        ret->pieces = call->answer.pieces;
        break;
    }
    ret->term = call->said;
}

void functions_call(const struct api *api, const char *node, const struct term *module, const struct term *function,
                    const struct term *args, int count, struct functions_answer *ret)
{
    struct call call = {.api = api, .function = find(module, function, count)};

    *ret = (struct functions_answer){.verdict = FUNCTIONS_RETURNS};
    if (!call.function) {
        ret->verdict = FUNCTIONS_UNDEF;
        return;
    }
    ret->name = call.function->name;
    conclude(&call, run(&call, node, args), ret);
    for (int i = 0; i < FUNCTIONS_ARITY_MAX; i++)
        json_decref(call.args[i]);
    json_decref(call.unknown);
    ret->pid = call.pid;
    ret->owner = call.owner;
}
