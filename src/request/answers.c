/* SPDX-License-Identifier: MIT */
#include "request/answers.h"

#include "model/events.h"
#include "model/rules.h"
#include "request/params.h"
#include "request/whom.h"

static json_t *ms_left(uint64_t ends_us, uint64_t now_us)
{
    return json_integer(ends_us > now_us ? (json_int_t)((ends_us - now_us) / 1000) : 0);
}

static json_t *number_or_none(uint64_t number)
{
    return number ? json_integer((json_int_t)number) : NULL;
}

static void add_time(json_t *document, const char *field, uint64_t time_ms)
{
    if (time_ms)
        json_object_set_new(document, field, json_integer((json_int_t)time_ms));
}

json_t *effect_to_document(const struct effect *effect)
{
    json_t *document = json_pack("{s:b}", "bitten", effect_has_bitten(effect));

#define X(name, bites, help) json_object_set_new(document, #name, json_integer((json_int_t)effect->name));
    EFFECT_COUNTS(X)
#undef X
    add_time(document, "given_up_ms", effect->given_up_ms);
    add_time(document, "first_ms", effect->first_ms);
    add_time(document, "last_ms", effect->last_ms);
    return document;
}

/* With whom a rule goes. */
static void add_lease(json_t *document, const struct lease *lease)
{
    if (lease->name)
        json_object_set_new(document, "lease", json_string(lease->name));
    else
        json_object_set_new(document, "owner", json_string(lease->node ? "process" : "connection"));
    if (lease->node)
        json_object_set_new(document, "owner_node", json_string(lease->node));
}

json_t *rule_to_document(const struct rule *rule, uint64_t now_us)
{
    json_t *object =
        json_pack("{s:I, s:s, s:o, s:o}", "id", (json_int_t)rule->id, "fault", fault_row(rule->fault.kind)->name,
                  "params", params_to_document(&rule->fault, false), "effect", effect_to_document(&rule->effect));
    json_t *fixed = json_array();

    whom_to_document(&rule->selector, &rule->fault, object);
    for (size_t i = 0; i < rule->healed_count; i++)
        json_array_append_new(fixed, islands_to_document(&rule->healed[i]));
    if (rule->healed_count > 0)
        json_object_set(object, "fixed", fixed);
    json_decref(fixed);
    if (rule->ends_us != RULES_NEVER)
        json_object_set_new(object, "ends_in_ms", ms_left(rule->ends_us, now_us));
    if (rule->lease)
        add_lease(object, rule->lease);
    return object;
}

json_t *rules_to_document(const struct rules *rules, uint32_t first, uint64_t now_us)
{
    json_t *list = json_array();

    for (const struct rule *rule = rules_first(rules); rule; rule = rule->next)
        if (rule->id >= first)
            json_array_append_new(list, rule_to_document(rule, now_us));
    return list;
}

json_t *leases_to_document(const struct rules *rules, uint64_t now_us)
{
    json_t *list = json_array();

    for (const struct lease *lease = rules_leases(rules); lease; lease = lease->next)
        json_array_append_new(
            list, json_pack("{s:s, s:o}", "name", lease->name, "ends_in_ms", ms_left(lease->ends_us, now_us)));
    return list;
}

json_t *event_to_document(const struct event *event)
{
    char text[EVENT_TEXT_MAX];

    event_print(event, text, sizeof(text));
    return json_pack("{s:I, s:I, s:s, s:o*, s:s*, s:s*, s:o*, s:o*, s:s*, s:s}", "id", (json_int_t)event->id, "time_ms",
                     (json_int_t)event->time_ms, "event", event_name(event->kind), "cable",
                     number_or_none(event->cable), "from", event->from, "to", event->to, "rule",
                     number_or_none(event->rule), "number", number_or_none(event->number), "why", event->why, "text",
                     text);
}
