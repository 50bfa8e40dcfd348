/* SPDX-License-Identifier: MIT */
#include "endpoint/verbs.h"

#include <stdio.h>
#include <string.h>

#include "control/pieces.h"
#include "endpoint/arguments.h"
#include "endpoint/saying.h"
#include "model/events.h"
#include "model/islands.h"
#include "model/registry.h"
#include "model/rules.h"
#include "request/answers.h"
#include "request/terms.h"
#include "service/look.h"
#include "service/service.h"

#define TIMEOUT_BYTES 256

/* ---- what they do ---- */

/* Of what was done there may be more to tell (which rules there are now): that is left. Returns whether it was done. */
static bool is_done(struct call *call, json_t *answer)
{
    if (call->answer.pieces)
        call->answer.pieces->free(call->answer.pieces);
    call->answer.pieces = NULL;
    json_decref(answer);
    return call->answer.status == HTTP_OK;
}

static enum outcome say_ok(struct call *call, json_t *answer)
{
    if (!is_done(call, answer))
        return REFUSED;
    terms_add_atom(&call->said, "ok");
    return SAID;
}

static void say_ok_with(struct call *call, const json_t *document)
{
    saying_tuple(&call->said, 2);
    terms_add_atom(&call->said, "ok");
    terms_add_for_erlang(&call->said, document);
}

static void move(const json_t *from, const char *name, json_t *to)
{
    json_t *value = json_object_get(from, name);

    if (value)
        json_object_set(to, name, value);
}

/* {ok, Cut}: what its rules have in common. */
static enum outcome say_cut(struct call *call, json_t *answer)
{
    json_t *rules = json_object_get(answer, "rules"), *ids = json_array(), *islands = json_array(), *rule;
    json_t *cut = json_pack("{s:O?, s:o, s:o}", "id", json_object_get(json_array_get(rules, 0), "id"), "ids", ids,
                            "islands", islands);
    size_t i;

    json_array_foreach(rules, i, rule) {
        json_array_append(ids, json_object_get(rule, "id"));
        json_array_extend(islands, json_object_get(rule, "islands"));
    }
    move(answer, "notes", cut);
    move(answer, "advice", cut);
    move(answer, "seed", cut);
    if (answer)
        say_ok_with(call, cut);
    json_decref(cut);
    json_decref(answer);
    return answer ? SAID : REFUSED;
}

/* Of a verb that makes rules. Over HTTP it is the connection that they go with; here it is that process. */
static json_t *options_of(struct call *call, const json_t *options)
{
    json_t *document = argument_options(options, true, &call->answer.refusal);

    if (document && call->owner)
        json_object_set_new(document, "owner", json_string("connection"));
    return document;
}

/* A function that has a mode of its own takes no other; `redial` is all there is to choose. */
static bool has_other_mode(struct call *call, const json_t *options)
{
    if (!call->function->word || !json_object_get(options, "mode"))
        return false;
    call->answer.status = HTTP_BAD_REQUEST;
    refuse(&call->answer.refusal, "mode", "%s has one of its own; cut/2 takes any", call->function->name);
    return true;
}

/* Cuts in the function's mode; none: in that of the options. */
static json_t *post_cut(struct call *call, json_t *document)
{
    if (call->function->word && !json_object_get(document, "mode"))
        json_object_set_new(document, "mode", json_string(call->function->word));
    return call_ask(call, "POST", "/v1/cut", document);
}

enum outcome verb_cut(struct call *call)
{
    json_t *document;

    if (has_other_mode(call, call->args[1]))
        return REFUSED;
    document = options_of(call, call->args[1]);
    if (!document || json_object_set_new(document, "islands", argument_islands(call->args[0])) < 0) {
        json_decref(document);
        return call_wrong(call);
    }
    return say_cut(call, post_cut(call, document));
}

static json_t *two_islands(struct call *call)
{
    json_t *a = argument_island(call->args[0]), *b = argument_island(call->args[1]);

    return json_pack("[o, o]", a, b); /* NULL, and nothing is left, when one of them is */
}

enum outcome verb_block(struct call *call)
{
    json_t *islands = two_islands(call);

    if (!islands)
        return BADARG;
    return say_ok(call, post_cut(call, json_pack("{s:o, s:b}", "islands", islands, "strict", 1)));
}

enum outcome verb_allow(struct call *call)
{
    json_t *islands = two_islands(call);

    return islands ? say_ok(call, call_ask(call, "POST", "/v1/fix", json_pack("{s:o}", "islands", islands))) : BADARG;
}

enum outcome verb_fix(struct call *call)
{
    json_t *document = json_object();

    if (call->args[0] && json_object_set_new(document, "islands", argument_islands(call->args[0])) < 0) {
        json_decref(document);
        return BADARG;
    }
    return say_ok(call, call_ask(call, "POST", "/v1/fix", document));
}

/* One that takes a node has it as its first argument. */
static enum outcome cut_by_topology(struct call *call, json_t *node, const json_t *options)
{
    json_t *document;

    if (has_other_mode(call, options))
        return REFUSED;
    document = options_of(call, options);
    if (!document || (node && !json_is_string(node))) {
        json_decref(document);
        return call_wrong(call);
    }
    json_object_set_new(document, "topology", json_string(call->function->word));
    if (node)
        json_object_set(document, "node", node);
    if (!json_object_get(document, "mode"))
        json_object_set_new(document, "mode", json_string("sever"));
    return say_cut(call, call_ask(call, "POST", "/v1/cut", document));
}

enum outcome verb_topology(struct call *call)
{
    return cut_by_topology(call, NULL, call->args[0]);
}

enum outcome verb_topology_of_node(struct call *call)
{
    return cut_by_topology(call, call->args[0], call->args[1]);
}

static bool is_in(const json_t *island, const char *name)
{
    const json_t *each;
    size_t i;

    json_array_foreach(island, i, each) {
        const char *given = json_string_value(each);
        size_t len = given ? strcspn(given, "@") : 0;

        if (given && strncmp(given, name, len) == 0 && (name[len] == '@' || !name[len]))
            return true;
    }
    return false;
}

/* These nodes from all others that are registered. */
enum outcome verb_partition(struct call *call)
{
    json_t *island = argument_island(call->args[0]), *others = json_array();
    const struct service *service = call->api->service;
    bool many;

    if (!island) {
        json_decref(others);
        return BADARG;
    }
    many = json_array_size(island) > ISLANDS_PATTERNS_MAX; /* the API says so: they are not looked for */
    for (const struct node *node = registry_nodes(service->registry); node && !many; node = node->next)
        if (!node_is_ours(node) && !look_observes(node, service->rules) && !is_in(island, node_name(node)))
            json_array_append_new(others, json_string(node_name(node)));
    return say_cut(call, post_cut(call, json_pack("{s:[o, o], s:b}", "islands", island, others, "strict", 1)));
}

enum outcome verb_fault(struct call *call)
{
    json_t *document = options_of(call, call->args[2]), *params = argument_params(call->args[1]), *answer, *rule;

    if (!document || !params || !json_is_string(call->args[0])) {
        json_decref(document);
        json_decref(params);
        return call_wrong(call);
    }
    json_object_set(document, "fault", call->args[0]);
    json_object_set_new(document, "params", params);
    answer = call_ask(call, "POST", "/v1/rules", document);
    if (!answer)
        return REFUSED;
    rule = json_array_get(json_object_get(answer, "rules"), 0);
    move(answer, "notes", rule);
    move(answer, "advice", rule);
    say_ok_with(call, rule);
    json_decref(answer);
    return SAID;
}

/* All of a cut at once, and no answer of the API's for each of its rules: that lists all the others. */
enum outcome verb_remove(struct call *call)
{
    json_t *ids = argument_ids(call->args[0], &call->answer.refusal);
    uint32_t numbers[RULES_MAX];

    if (!ids)
        return call_wrong(call);
    rules_remove_those(call->api->service->rules, numbers, argument_numbers(ids, numbers));
    json_decref(ids);
    terms_add_atom(&call->said, "ok");
    return SAID;
}

enum outcome verb_clear(struct call *call)
{
    return say_ok(call, call_ask(call, "DELETE", "/v1/rules", NULL));
}

static bool has(const json_t *ids, uint32_t id)
{
    const json_t *each;
    size_t i;

    json_array_foreach(ids, i, each)
        if (json_integer_value(each) == id)
            return true;
    return false;
}

/* {error, {ended, Ids}}: rules that are no more. */
static void say_ended(struct call *call, const json_t *ids)
{
    saying_tuple(&call->said, 2);
    terms_add_atom(&call->said, "error");
    saying_tuple(&call->said, 2);
    terms_add_atom(&call->said, "ended");
    terms_add_for_erlang(&call->said, ids);
}

/* What several rules have done: counts add up, of times the first or the last one counts. */
static void add_effect(json_t *sum, const json_t *effect)
{
    const char *name;
    json_t *value;

    json_object_foreach((json_t *)effect, name, value) {
        const json_t *other = json_object_get(sum, name);
        json_int_t a = json_integer_value(value), b = json_integer_value(other);

        if (!other || json_is_true(value))
            json_object_set(sum, name, value);
        else if (strcmp(name, "first_ms") == 0)
            json_object_set_new(sum, name, json_integer(a < b ? a : b));
        else if (strcmp(name, "last_ms") == 0 || strcmp(name, "given_up_ms") == 0)
            json_object_set_new(sum, name, json_integer(a > b ? a : b));
        else if (json_is_integer(value))
            json_object_set_new(sum, name, json_integer(a + b));
    }
}

enum outcome verb_effect(struct call *call)
{
    json_t *ids = argument_ids(call->args[0], &call->answer.refusal), *effect, *sum = json_object();
    const struct rules *rules = call->api->service->rules;
    size_t found = 0;

    if (!ids) {
        json_decref(sum);
        return call_wrong(call);
    }
    rules_note(rules);
    for (const struct rule *rule = rules_first(rules); rule; rule = rule->next) {
        if (!has(ids, rule->id))
            continue;
        found++;
        effect = effect_to_document(&rule->effect);
        add_effect(sum, effect);
        json_decref(effect);
    }
    if (found > 0)
        say_ok_with(call, sum);
    else
        say_ended(call, ids);
    json_decref(sum);
    json_decref(ids);
    return SAID;
}

/* {ok, Document}, or that part of it. */
static enum outcome say_part(struct call *call, const char *path)
{
    json_t *answer = call_ask(call, "GET", path, NULL);

    if (call->answer.pieces) {
        saying_tuple(&call->said, 2);
        terms_add_atom(&call->said, "ok");
        return LASTS;
    }
    if (!answer)
        return REFUSED;
    say_ok_with(call, json_object_get(answer, call->function->word));
    json_decref(answer);
    return SAID;
}

enum outcome verb_rules(struct call *call)
{
    return say_part(call, "/v1/rules");
}

enum outcome verb_kinds(struct call *call)
{
    return say_part(call, "/v1/kinds");
}

enum outcome verb_status(struct call *call)
{
    return say_part(call, "/v1/status");
}

enum outcome verb_events(struct call *call)
{
    char after[32];

    if (!json_is_integer(call->args[0]))
        return BADARG;
    snprintf(after, sizeof(after), "%lld", (long long)json_integer_value(call->args[0]));
    call->after = after;
    return say_part(call, "/v1/events");
}

enum outcome verb_mark(struct call *call)
{
    json_t *last = json_integer((json_int_t)events_last(call->api->service->events));

    terms_add_for_erlang(&call->said, last);
    json_decref(last);
    return SAID;
}

enum outcome verb_observer(struct call *call)
{
    json_t *names = argument_island(call->args[0]);

    return names ? say_ok(call, call_ask(call, "POST", "/v1/observers", json_pack("{s:o}", "nodes", names))) : BADARG;
}

enum outcome verb_lease(struct call *call)
{
    json_t *document = json_pack("{s:O}", "name", call->args[0]);

    json_object_set_new(document, "for", argument_duration(call->args[1]));
    return say_ok(call, call_ask(call, "POST", "/v1/leases", document));
}

/* ---- waiting ---- */

static const char *timeout_of(json_t *arg, char *room, size_t size)
{
    if (!arg)
        return NULL;
    if (json_is_integer(arg))
        snprintf(room, size, "%lldms", (long long)json_integer_value(arg));
    else
        snprintf(room, size, "%s", strcmp(json_string_value(arg), "infinity") == 0 ? "1h" : json_string_value(arg));
    return room;
}

/* {event, Kind, After}: taken off; the rest is a condition as any other. */
static const char *take_after(json_t *condition, char *room, size_t size)
{
    const char *name = json_string_value(json_array_get(condition, 0));
    size_t last = json_array_size(condition) - 1;
    const json_t *after = name ? json_array_get(condition, last) : NULL;

    if (!name || strcmp(name, "event") != 0 || !json_is_integer(after))
        return NULL;
    snprintf(room, size, "%lld", (long long)json_integer_value(after));
    json_array_remove(condition, last);
    return room;
}

enum outcome verb_await(struct call *call)
{
    struct text condition = {0};
    char timeout[TIMEOUT_BYTES], after[32];

    call->after = take_after(call->args[0], after, sizeof(after));

    if ((call->args[1] && !json_is_integer(call->args[1]) && !json_is_string(call->args[1])) ||
        !argument_add_condition(&condition, call->args[0], &call->answer.refusal)) {
        text_done(&condition);
        return call_wrong(call);
    }
    call->condition = condition.data;
    call->timeout = timeout_of(call->args[1], timeout, sizeof(timeout));
    call_ask(call, "GET", "/v1/wait", NULL);
    text_done(&condition);
    return call->answer.waits ? WAITS : REFUSED;
}
