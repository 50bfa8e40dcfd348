/* SPDX-License-Identifier: MIT */
/*
 * Answers as lines for people.
 */
#include <string.h>
#include <time.h>

#include "base/refusal.h"
#include "base/duration.h"
#include "model/faults.h"
#include "request/answers.h"

static const char *text_of(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

static long long number_of(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

/* ---- rules ---- */

static void add_names(struct text *to, const json_t *island)
{
    const json_t *name;
    size_t i;

    json_array_foreach(island, i, name) {
        text_addf(to, "%s", i == 0 ? "" : ",");
        text_add_escaped(to, json_is_string(name) ? json_string_value(name) : "?");
    }
}

static void add_islands(struct text *to, const json_t *islands, const char *first, const char *others)
{
    const json_t *island;
    size_t i;

    json_array_foreach(islands, i, island) {
        text_addf(to, "%s", i == 0 ? "" : i == 1 ? first : others);
        add_names(to, island);
    }
}

void rule_add_whom(struct text *to, const json_t *rule)
{
    const json_t *nodes = json_object_get(rule, "nodes"), *from = json_object_get(rule, "from");
    bool one_way = json_is_true(json_object_get(rule, "one_way"));

    if (nodes) {
        add_names(to, nodes);
    } else if (from) {
        add_names(to, from);
        text_addf(to, " -> ");
        add_names(to, json_object_get(rule, "to"));
    } else {
        add_islands(to, json_object_get(rule, "between"), " <-> ", " <-> ");
        add_islands(to, json_object_get(rule, "islands"), one_way ? " -> " : " | ", " | ");
    }
}

/* What was left at its default goes without saying. */
static void add_params(struct text *to, const json_t *rule, const char *kind, const char *before)
{
    struct refusal refusal;
    struct fault fault;

    if (fault_named(kind, &fault, &refusal) < 0)
        return;
    for (size_t i = 0; i < fault_row(fault.kind)->params_count; i++) {
        const struct param_row *row = &fault_row(fault.kind)->params[i];
        const char *value = text_of(json_object_get(rule, "params"), row->name);

        if (value && (!row->fallback || strcmp(value, row->fallback) != 0)) {
            text_addf(to, "%s%s=", before, row->name);
            text_add_escaped(to, value);
            before = " ";
        }
    }
}

static void add_end(struct text *to, const json_t *rule)
{
    const json_t *ends = json_object_get(rule, "ends_in_ms"), *fixed = json_object_get(rule, "fixed"), *islands;
    const char *dialer = text_of(rule, "dialled_by"), *lease = text_of(rule, "lease"), *owner = text_of(rule, "owner");
    const char *node = text_of(rule, "owner_node");
    char left[32];
    size_t i;

    if (dialer)
        text_addf(to, "; dialled by %s", dialer);
    json_array_foreach(fixed, i, islands) {
        text_addf(to, "; but not ");
        add_islands(to, islands, " | ", " | ");
    }
    if (ends) {
        duration_print((uint64_t)json_integer_value(ends) * 1000, left, sizeof(left));
        text_addf(to, "; %s left", left);
    }
    if (lease) {
        text_addf(to, "; lease ");
        text_add_escaped(to, lease);
    }
    if (owner) {
        text_addf(to, "; goes with the ");
        text_add_escaped(to, owner);
        text_addf(to, node ? " that owns it, of " : " that made it");
        text_add_escaped(to, node ? node : "");
    }
}

void rule_add_line(struct text *to, const json_t *rule)
{
    const char *kind = text_of(rule, "fault");

    text_addf(to, "#%lld ", number_of(rule, "id"));
    if (!kind)
        kind = "?";
    if (strcmp(kind, "partition") == 0) {
        text_addf(to, "cut ");
        rule_add_whom(to, rule);
        add_params(to, rule, kind, "; ");
    } else {
        text_add_escaped(to, kind);
        add_params(to, rule, kind, " ");
        text_addf(to, ": ");
        rule_add_whom(to, rule);
    }
    add_end(to, rule);
    text_addf(to, "\n");
}

/* "3 cables", after whatever begins, or goes on with, what is told. */
static void add_count(struct text *to, long long count, const char *one, const char *begins, size_t *said)
{
    if (count == 0)
        return;
    text_addf(to, "%s ", (*said)++ ? " and" : begins);
    text_add_count(to, count, one);
}

static void add_bytes(struct text *to, const json_t *effect, const char *verb, const char *bytes, const char *frames)
{
    if (number_of(effect, bytes) == 0)
        return;
    text_addf(to, "; %s ", verb);
    text_add_count(to, number_of(effect, bytes), "byte");
    if (number_of(effect, frames) > 0) {
        text_addf(to, " (");
        text_add_count(to, number_of(effect, frames), "frame");
        text_addf(to, ")");
    }
}

static void add_act(struct text *to, const json_t *effect, const char *field, const char *verb, const char *one)
{
    if (number_of(effect, field) == 0)
        return;
    text_addf(to, "; %s ", verb);
    text_add_count(to, number_of(effect, field), one);
}

/* What both nodes of a connection had given up before the rule went. */
static void add_given_up(struct text *to, const json_t *rule, const json_t *effect)
{
    const json_t *ago = json_object_get(rule, "given_up_ago_ms");
    long long count = number_of(effect, "given_up");
    char time[32];

    if (count == 0)
        return;
    if (count == number_of(effect, "cables"))
        text_addf(to, "; both sides had noticed");
    else
        text_addf(to, "; both sides had noticed of %lld", count);
    if (ago) {
        duration_print((uint64_t)json_integer_value(ago) * 1000, time, sizeof(time));
        text_addf(to, " %s before", time);
    }
}

void rule_add_effect(struct text *to, const json_t *rule)
{
    const json_t *effect = json_object_get(rule, "effect");
    size_t said = 0;

    add_count(to, number_of(effect, "cables"), "cable", "touched", &said);
    add_count(to, number_of(effect, "dials"), "dial", "touched", &said);
    add_count(to, number_of(effect, "lookups"), "lookup", "touched", &said);
    if (said == 0)
        text_addf(to, "touched nothing");
    else if (json_is_false(json_object_get(effect, "bitten")))
        text_addf(to, ", and changed nothing");
    add_bytes(to, effect, "held", "held_bytes", "held_frames");
    add_bytes(to, effect, "dropped", "dropped_bytes", "dropped_frames");
    add_bytes(to, effect, "delayed", "delayed_bytes", "delayed_frames");
    add_act(to, effect, "held_handshakes", "held", "handshake");
    add_act(to, effect, "changed_handshakes", "changed", "handshake");
    add_act(to, effect, "hidden_ends", "hid", "hang-up");
    add_act(to, effect, "refused", "refused", "connection");
    add_act(to, effect, "closed", "closed", "connection");
    add_act(to, effect, "reset", "reset", "connection");
    add_given_up(to, rule, effect);
}

/* ---- all else ---- */

void lease_add_line(struct text *to, const json_t *lease)
{
    const char *name = text_of(lease, "name");
    char left[32];

    duration_print((uint64_t)number_of(lease, "ends_in_ms") * 1000, left, sizeof(left));
    text_add_escaped(to, name ? name : "?");
    text_addf(to, ": %s left\n", left);
}

void event_add_line(struct text *to, const json_t *event)
{
    const char *kind = text_of(event, "event"), *text = text_of(event, "text");
    long long time_ms = number_of(event, "time_ms");
    time_t time_s = (time_t)(time_ms / 1000);
    struct tm local;
    char time[32];

    localtime_r(&time_s, &local);
    strftime(time, sizeof(time), "%H:%M:%S", &local);
    text_addf(to, "%lld %s.%03lld %s ", number_of(event, "id"), time, time_ms % 1000, kind ? kind : "?");
    text_add_escaped(to, text ? text : "");
    text_addf(to, "\n");
}

void remarks_add_lines(struct text *to, const json_t *answer)
{
    const char *advice = text_of(answer, "advice");
    const json_t *note;
    size_t i;

    json_array_foreach(json_object_get(answer, "notes"), i, note) {
        text_addf(to, "note: ");
        text_add_escaped(to, json_is_string(note) ? json_string_value(note) : "?");
        text_addf(to, "\n");
    }
    if (advice)
        text_addf(to, "advice: %s\n", advice);
}
