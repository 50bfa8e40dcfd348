/* SPDX-License-Identifier: MIT */
#include "control/metrics.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "base/utf8.h"
#include "cable/cable.h"
#include "control/api.h"
#include "epmd/gate.h"
#include "loop/loop.h"
#include "model/counters.h"
#include "model/events.h"
#include "model/registry.h"
#include "model/rules.h"
#include "model/traffic.h"
#include "service/look.h"
#include "service/service.h"

/* An ordered pair of nodes; the names are those of a cable, or of the account of the ended ones. */
struct pair {
    const char *from, *to;
    uint64_t sent_bytes, kept_bytes;
};

/* What one answer is made of, gathered in one walk over the cables. */
struct page {
    const struct api *api;
    const struct service *service;
    struct text *to;
    uint64_t cables[CABLE_PHASES_COUNT];
    uint64_t held_cables, sent_bytes, kept_bytes;
    struct pair *pairs; /* sorted by names, each pair once */
    size_t pairs_count;
};

/* ---- gathering ---- */

static void add_lane(struct page *page, const struct cable_view *cable, const struct lane_view *lane, const char *from,
                     const char *to)
{
    page->sent_bytes += lane->bytes;
    page->kept_bytes += lane->waiting_bytes;
    if (cable_phase_is_living(cable->phase))
        page->pairs[page->pairs_count++] = (struct pair){
            .from = from ? from : "", .to = to ? to : "", .sent_bytes = lane->bytes, .kept_bytes = lane->waiting_bytes};
}

static void add_cable(struct page *page, const struct cable_view *cable)
{
    page->cables[cable->phase]++;
    page->held_cables += cable->to_acceptor.is_held || cable->to_dialer.is_held;
    add_lane(page, cable, &cable->to_acceptor, cable->dialer.name, cable->acceptor.name);
    add_lane(page, cable, &cable->to_dialer, cable->acceptor.name, cable->dialer.name);
}

static int by_names(const void *left, const void *right)
{
    const struct pair *a = left, *b = right;
    int order = strcmp(a->from, b->from);

    return order ? order : strcmp(a->to, b->to);
}

/* There may be several cables between two nodes, and some have ended: a pair is one line. */
static void sum_up(struct page *page)
{
    size_t count = 0;

    qsort(page->pairs, page->pairs_count, sizeof(page->pairs[0]), by_names);
    for (size_t i = 0; i < page->pairs_count; i++) {
        struct pair *last = count > 0 ? &page->pairs[count - 1] : NULL;

        if (last && by_names(last, &page->pairs[i]) == 0) {
            last->sent_bytes += page->pairs[i].sent_bytes;
            last->kept_bytes += page->pairs[i].kept_bytes;
        } else {
            page->pairs[count++] = page->pairs[i];
        }
    }
    page->pairs_count = count;
}

static void gather(struct page *page)
{
    const struct traffic *ended = cables_ended(page->service->cables);
    const struct cable *cable;
    size_t most = traffic_count(ended) + 1; /* none at all is no array */

    for (cable = cables_first(page->service->cables); cable; cable = cable_next(cable))
        most += 2;
    page->pairs = mem_new(most * sizeof(page->pairs[0]));
    page->sent_bytes = traffic_total_bytes(ended);
    for (const struct traffic_pair *pair = traffic_first(ended); pair; pair = pair->next)
        page->pairs[page->pairs_count++] = (struct pair){.from = pair->from, .to = pair->to, .sent_bytes = pair->bytes};
    for (cable = cables_first(page->service->cables); cable; cable = cable_next(cable)) {
        struct cable_view view = cable_look(cable);

        add_cable(page, &view);
    }
    sum_up(page);
}

/* ---- lines ---- */

static void add_head(struct text *to, const char *name, const char *suffix, const char *type, const char *help)
{
    text_addf(to, "# HELP epmdpxy_%s%s %s\n# TYPE epmdpxy_%s%s %s\n", name, suffix, help, name, suffix, type);
}

/* The names that get here are UTF-8, each exactly as it is; one that were not would spoil all lines. */
static void add_label(struct text *to, const char *label, const char *value)
{
    static const char special[] = "\\\"\n";
    struct text shown = {0};
    const char *at;

    if (utf8_length(value, strlen(value)) < 0)
        text_add_escaped(&shown, value);
    else
        text_add(&shown, value, strlen(value));
    text_add(&shown, "", 1);
    text_addf(to, "%s=\"", label);
    for (at = shown.data; at[strcspn(at, special)]; at++) {
        size_t len = strcspn(at, special);

        text_add(to, at, len);
        at += len;
        text_addf(to, "\\%c", *at == '\n' ? 'n' : *at);
    }
    text_addf(to, "%s\"", at);
    text_done(&shown);
}

static void add_value(struct text *to, uint64_t value)
{
    text_addf(to, " %llu\n", (unsigned long long)value);
}

static void add_labelled(const struct page *page, const char *name, const char *label, const char *of, uint64_t value)
{
    text_addf(page->to, "epmdpxy_%s{", name);
    add_label(page->to, label, of);
    text_addf(page->to, "}");
    add_value(page->to, value);
}

/* ---- the metrics, in the order of the table ---- */

static void add_build_info(const struct page *page, const char *name)
{
    add_labelled(page, name, "version", page->api->version, 1);
}

static void add_uptime(const struct page *page, const char *name)
{
    uint64_t up_ms = loop_now_ms(page->service->loop) - page->api->started_ms;

    text_addf(page->to, "epmdpxy_%s %llu.%03u\n", name, (unsigned long long)(up_ms / 1000), (unsigned)(up_ms % 1000));
}

static uint64_t count_nodes(const struct page *page)
{
    return registry_count(page->service->registry);
}

static uint64_t count_observers(const struct page *page)
{
    uint64_t count = 0;

    for (const struct node *node = registry_nodes(page->service->registry); node; node = node->next)
        count += look_observes(node, page->service->rules);
    return count;
}

static uint64_t count_gates(const struct page *page)
{
    return page->api->gates ? gates_count(page->api->gates) : 0; /* tests do without a port mapper */
}

static void add_cables(const struct page *page, const char *name)
{
    for (enum cable_phase phase = 0; phase < CABLE_PHASES_COUNT; phase++)
        add_labelled(page, name, "state", cable_phase_name(phase), page->cables[phase]);
}

static uint64_t count_held_cables(const struct page *page)
{
    return page->held_cables;
}

static void add_rules(const struct page *page, const char *name)
{
    uint64_t counts[FAULTS_COUNT] = {0};

    for (const struct rule *rule = rules_first(page->service->rules); rule; rule = rule->next)
        counts[rule->fault.kind]++;
    for (enum fault_kind kind = 0; kind < FAULTS_COUNT; kind++)
        add_labelled(page, name, "fault", fault_row(kind)->name, counts[kind]);
}

static uint64_t count_leases(const struct page *page)
{
    uint64_t count = 0;

    for (const struct lease *lease = rules_leases(page->service->rules); lease; lease = lease->next)
        count++;
    return count;
}

static uint64_t count_events(const struct page *page)
{
    return events_last(page->service->events);
}

static uint64_t count_sent_bytes(const struct page *page)
{
    return page->sent_bytes;
}

static uint64_t count_kept_bytes(const struct page *page)
{
    return page->kept_bytes;
}

static size_t shown_pairs(const struct page *page)
{
    return page->pairs_count < METRICS_PAIRS_MAX ? page->pairs_count : METRICS_PAIRS_MAX;
}

static void add_pair(const struct page *page, const char *name, const struct pair *pair, uint64_t value)
{
    text_addf(page->to, "epmdpxy_%s{", name);
    add_label(page->to, "from", pair->from);
    text_addf(page->to, ",");
    add_label(page->to, "to", pair->to);
    text_addf(page->to, "}");
    add_value(page->to, value);
}

static void add_pairs_sent(const struct page *page, const char *name)
{
    for (size_t i = 0; i < shown_pairs(page); i++)
        add_pair(page, name, &page->pairs[i], page->pairs[i].sent_bytes);
}

static void add_pairs_kept(const struct page *page, const char *name)
{
    for (size_t i = 0; i < shown_pairs(page); i++)
        add_pair(page, name, &page->pairs[i], page->pairs[i].kept_bytes);
}

static uint64_t count_left_out(const struct page *page)
{
    return page->pairs_count - shown_pairs(page);
}

/* ---- the table ---- */

static const struct metric {
    const char *name, *type, *help;
    uint64_t (*value)(const struct page *page);               /* one line without labels; or, when that is NULL, */
    void (*lines)(const struct page *page, const char *name); /* all lines */
} metrics[] = {
    {"build_info", "gauge", "1, and which version this is", NULL, add_build_info},
    {"uptime_seconds", "gauge", "since the daemon has started", NULL, add_uptime},
    {"nodes", "gauge", "registered nodes", count_nodes, NULL},
    {"observers", "gauge", "those of them that are no part of the experiment", count_observers, NULL},
    {"gates", "gauge", "ports that are open in the place of nodes' own", count_gates, NULL},
    {"cables", "gauge", "relayed connections, by state", NULL, add_cables},
    {"held_cables", "gauge", "cables that a fault holds back, in either direction", count_held_cables, NULL},
    {"rules", "gauge", "rules in force, by kind of fault", NULL, add_rules},
    {"leases", "gauge", "leases on which rules may depend", count_leases, NULL},
    {"events_total", "counter", "events, of which GET /v1/events remembers the newest", count_events, NULL},
    {"sent_bytes_total", "counter", "what nodes have sent over cables, handshakes included", count_sent_bytes, NULL},
    {"kept_bytes", "gauge", "what was sent and waits here, in the memory of the daemon", count_kept_bytes, NULL},
    {"lane_sent_bytes_total", "counter", "what one node has sent to another", NULL, add_pairs_sent},
    {"lane_kept_bytes", "gauge", "what one node has sent to another and waits here", NULL, add_pairs_kept},
    {"pairs_left_out", "gauge", "pairs of nodes that have no line here: there are too many", count_left_out, NULL},
};

static void add_metric(const struct page *page, const struct metric *metric)
{
    add_head(page->to, metric->name, "", metric->type, metric->help);
    if (metric->value) {
        text_addf(page->to, "epmdpxy_%s", metric->name);
        add_value(page->to, metric->value(page));
    } else {
        metric->lines(page, metric->name);
    }
}

static void add_counters(struct text *to, const struct counters *counters)
{
    for (enum counter i = 0; i < COUNTERS_COUNT; i++) {
        add_head(to, counter_name(i), "_total", "counter", counter_help(i));
        text_addf(to, "epmdpxy_%s_total", counter_name(i));
        add_value(to, counters->value[i]);
    }
}

void metrics_add(const struct api *api, struct text *to)
{
    struct page page = {.api = api, .service = api->service, .to = to};

    gather(&page);
    for (size_t i = 0; i < sizeof(metrics) / sizeof(metrics[0]); i++)
        add_metric(&page, &metrics[i]);
    add_counters(to, api->service->counters);
    free(page.pairs);
}
