/* SPDX-License-Identifier: MIT */
/*
 * Faults of every kind, with random parameters.
 */
#include <stdio.h>

#include "oracle.h"
#include "request/rules_request.h"
#include "sets.h"
#include "verbs_inside.h"

static const char *const kinds[] = {"partition", "latency", "bandwidth", "slow_close", "limit_data",
                                    "slicer",    "freeze",  "mute",      "handshake",  "downgrade",
                                    "hide",      "slow",    "silent",    "unlisted"};
static const char *const modes[] = {"", "hold", "sever", "drop", "close", "reset", "refuse"};
static const char *const stages[] = {"name", "status", "challenge", "reply", "ack"};
static const char *const flags[] = {"published", "unicode_io", "fragments", "spawn,alias", "send_sender,published"};
static const char *const distributions[] = {"uniform", "normal", "pareto"};

static void put_us(json_t *params, const char *name, uint64_t us)
{
    char text[32];

    snprintf(text, sizeof(text), "%lluus", (unsigned long long)us);
    json_object_set_new(params, name, json_string(text));
}

static void put_size(json_t *params, const char *name, uint64_t bytes)
{
    char text[32];

    snprintf(text, sizeof(text), "%llu", (unsigned long long)bytes);
    json_object_set_new(params, name, json_string(text));
}

static void put_latency(json_t *params, struct book_rule *rule)
{
    uint64_t delay_us = draw_between(1, chance(200) ? 3000000 : 100000), jitter_us = chance(400) ? draw(delay_us) : 0;
    unsigned distribution = (unsigned)draw(3);

    put_us(params, "delay", delay_us);
    rule->least_us = delay_us;
    if (!jitter_us)
        return;
    put_us(params, "jitter", jitter_us);
    json_object_set_new(params, "distribution", json_string(distributions[distribution]));
    if (chance(300))
        json_object_set_new(params, "correlation", json_string("0.25"));
    rule->least_us = distribution == 0 ? delay_us - jitter_us : 0;
}

static void put_slicer(json_t *params)
{
    uint64_t average = draw_between(1, 5000);

    put_size(params, "average_size", average);
    put_size(params, "size_variation", draw(average));
    put_us(params, "delay", chance(500) ? 0 : draw(2000));
}

static void put_params(json_t *params, struct book_rule *rule)
{
    char rate[32];

    switch (rule->kind) {
    case BOOK_partition:
        rule->mode = (enum book_mode)draw_between(MODE_hold, MODE_refuse);
        json_object_set_new(params, "mode", json_string(modes[rule->mode]));
        return;
    case BOOK_latency:
        put_latency(params, rule);
        return;
    case BOOK_bandwidth:
        snprintf(rate, sizeof(rate), "%ukbit", (unsigned)draw_between(8, 20000));
        json_object_set_new(params, "rate", json_string(rate));
        return;
    case BOOK_slow_close:
    case BOOK_slow:
        put_us(params, "delay", draw_between(1, 5000000));
        return;
    case BOOK_limit_data:
        put_size(params, "bytes", draw(chance(500) ? 100 : 200000));
        return;
    case BOOK_slicer:
        put_slicer(params);
        return;
    case BOOK_freeze:
        put_us(params, "every", draw_between(100000, 500000));
        return;
    case BOOK_handshake:
        json_object_set_new(params, "stage", json_string(stages[draw(5)]));
        json_object_set_new(params, "action", json_string(chance(500) ? "hold" : "close"));
        return;
    case BOOK_downgrade:
        json_object_set_new(params, "clear", json_string(flags[draw(5)]));
        return;
    case BOOK_mute:
    case BOOK_hide:
    case BOOK_silent:
    case BOOK_unlisted:
        return;
    }
}

static bool is_full_name(const json_t *names)
{
    json_t *array = json_array();
    bool hosts;

    json_array_append(array, (json_t *)names);
    hosts = sets_name_hosts(array);
    json_decref(array);
    return hosts;
}

/* From some to some, between two sets (which may overlap), or between islands. */
static void put_whom(json_t *document, struct book_rule *rule)
{
    struct set first = set_draw(set_all()), second = set_draw(set_all());
    bool one_way = rule->kind != BOOK_downgrade && chance(600);
    json_t *pair;

    rule->sets[0] = first.actors;
    rule->sets[1] = second.actors;
    rule->plain[0] = first.plain;
    rule->plain[1] = second.plain;
    rule->count = 2;
    rule->overlap = true;
    rule->one_way = one_way;
    rule->hosts = is_full_name(first.names) || is_full_name(second.names);
    if (one_way) {
        json_object_set_new(document, "from", first.names);
        json_object_set_new(document, "to", second.names);
    } else {
        pair = json_array();
        json_array_append_new(pair, first.names);
        json_array_append_new(pair, second.names);
        json_object_set_new(document, "between", pair);
    }
    if (rule->kind == BOOK_downgrade || !chance(200))
        return;
    rule->dialled_by = chance(500) ? BY_from : BY_to;
    json_object_set_new(document, "dialled_by", json_string(rule->dialled_by == BY_from ? "from" : "to"));
}

static void put_names(json_t *document, struct book_rule *rule)
{
    struct set set = set_draw(set_all());

    rule->sets[0] = set.actors;
    rule->plain[0] = set.plain;
    rule->count = 1;
    rule->hosts = is_full_name(set.names);
    json_object_set_new(document, "nodes", set.names);
}

void verbs_add_fault(void)
{
    struct book_rule rule = {.kind = (enum book_kind)draw(BOOK_unlisted + 1), .since_us = now_us()};
    json_t *document = json_object(), *params = json_object();
    struct rules_request request;
    size_t talking;
    struct rules_answer answer;
    struct refusal refusal;

    json_object_set_new(document, "fault", json_string(kinds[rule.kind]));
    put_params(params, &rule);
    json_object_set_new(document, "params", params);
    if (rule.kind >= BOOK_hide)
        put_names(document, &rule);
    else
        put_whom(document, &rule);
    verbs_put_lifetime(document, &rule);
    talking = oracle_talking(&rule);
    if (rules_request_from_document(verbs_sent("fault", document), &request, &refusal) < 0 ||
        service_add_rules(&verbs.house->service, &request, &verbs.owner, &answer, &refusal) < 0)
        verbs_refused("fault", &refusal);
    rule.id = answer.first;
    oracle_rule_added(verbs.house, &rule, talking);
    book_add(&rule);
    oracle_rules_changed();
    rules_answer_done(&answer);
    rules_request_done(&request);
    json_decref(document);
}
