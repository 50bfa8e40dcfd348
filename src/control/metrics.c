/* SPDX-License-Identifier: MIT */
#include "control/metrics.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "base/utf8.h"
#include "cable/cable.h"
#include "control/api.h"
#include "control/pieces.h"
#include "epmd/gate.h"
#include "loop/loop.h"
#include "model/counters.h"
#include "model/events.h"
#include "model/registry.h"
#include "model/rules.h"
#include "model/traffic.h"
#include "service/look.h"
#include "service/service.h"

/* The page while it is made: from the table's first row to its last one, then the counters. */
struct page {
    struct pieces pieces;
    const struct api *api;
    const struct service *service;
    struct piece piece;
    struct text *to;

    /* What the cables tell, each at its moment: */
    uint64_t cable; /* the last one that was looked at */
    bool gathered;
    uint64_t cables[CABLE_PHASES_COUNT];
    uint64_t held_cables, kept_bytes;

    size_t row;                /* of the table */
    size_t lines;              /* that pairs have had in this row; in a piece that is over: */
    char *last_from, *last_to; /* the names of the last one */
};

/* ---- gathering ---- */

static void add_cable(struct page *page, const struct cable_view *cable)
{
    page->cables[cable->phase]++;
    page->held_cables += cable->to_acceptor.is_held || cable->to_dialer.is_held;
    page->kept_bytes += cable->to_acceptor.waiting_bytes + cable->to_dialer.waiting_bytes;
}

static void gather(struct page *page)
{
    const struct cable *cable = cables_after(page->service->cables, page->cable);

    for (; cable; cable = cable_next(cable)) {
        struct cable_view view = cable_look(cable);

        page->cable = view.id;
        add_cable(page, &view);
        if (!piece_has_room(&page->piece))
            return;
    }
    page->gathered = true;
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
        count += !node_is_ours(node) && look_observes(node, page->service->rules);
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
    return cables_sent_bytes(page->service->cables);
}

static uint64_t count_kept_bytes(const struct page *page)
{
    return page->kept_bytes;
}

static void add_pair(const struct page *page, const char *name, const struct traffic_pair *pair, uint64_t value)
{
    text_addf(page->to, "epmdpxy_%s{", name);
    add_label(page->to, "from", pair->from);
    text_addf(page->to, ",");
    add_label(page->to, "to", pair->to);
    text_addf(page->to, "}");
    add_value(page->to, value);
}

static uint64_t sent_bytes(const struct traffic_pair *pair)
{
    uint64_t bytes = pair->bytes;

    for (const struct flow *flow = pair->flows; flow; flow = flow->next)
        bytes += cables_look_at_flow(flow).bytes;
    return bytes;
}

static uint64_t kept_bytes(const struct traffic_pair *pair)
{
    uint64_t bytes = 0;

    for (const struct flow *flow = pair->flows; flow; flow = flow->next)
        bytes += cables_look_at_flow(flow).waiting_bytes;
    return bytes;
}

static uint64_t count_left_out(const struct page *page)
{
    size_t count = traffic_count(cables_traffic(page->service->cables));

    return count > METRICS_PAIRS_MAX ? count - METRICS_PAIRS_MAX : 0;
}

/* ---- the table ---- */

static const struct metric {
    const char *name, *type, *help;
    uint64_t (*value)(const struct page *page);               /* one line without labels; or, when that is NULL, */
    void (*lines)(const struct page *page, const char *name); /* all lines; or, when that is NULL too, */
    uint64_t (*of_pair)(const struct traffic_pair *pair);     /* a line for each pair of nodes */
} metrics[] = {
    {"build_info", "gauge", "1, and which version this is", NULL, add_build_info, NULL},
    {"uptime_seconds", "gauge", "since the daemon has started", NULL, add_uptime, NULL},
    {"nodes", "gauge", "registered nodes", count_nodes, NULL, NULL},
    {"observers", "gauge", "those of them that are no part of the experiment", count_observers, NULL, NULL},
    {"gates", "gauge", "ports that are open in the place of nodes' own", count_gates, NULL, NULL},
    {"cables", "gauge", "relayed connections, by state", NULL, add_cables, NULL},
    {"held_cables", "gauge", "cables that a fault holds back, in either direction", count_held_cables, NULL, NULL},
    {"rules", "gauge", "rules in force, by kind of fault", NULL, add_rules, NULL},
    {"leases", "gauge", "leases on which rules may depend", count_leases, NULL, NULL},
    {"events_total", "counter", "events, of which GET /v1/events remembers the newest", count_events, NULL, NULL},
    {"sent_bytes_total", "counter", "what nodes have sent over cables, handshakes included", count_sent_bytes, NULL,
     NULL},
    {"kept_bytes", "gauge", "what was sent and waits here, in the memory of the daemon", count_kept_bytes, NULL, NULL},
    {"lane_sent_bytes_total", "counter", "what one node has sent to another", NULL, NULL, sent_bytes},
    {"lane_kept_bytes", "gauge", "what one node has sent to another and waits here", NULL, NULL, kept_bytes},
    {"pairs_left_out", "gauge", "pairs of nodes that have no line here: there are too many", count_left_out, NULL,
     NULL},
};

#define METRICS (sizeof(metrics) / sizeof(metrics[0]))

static void remember_pair(struct page *page, const struct traffic_pair *pair)
{
    free(page->last_from);
    free(page->last_to);
    page->last_from = pair ? mem_string(pair->from, strlen(pair->from)) : NULL;
    page->last_to = pair ? mem_string(pair->to, strlen(pair->to)) : NULL;
}

/* Returns whether all have had their line. */
static bool add_pairs(struct page *page, const struct metric *metric)
{
    const struct traffic *traffic = cables_traffic(page->service->cables);
    const struct traffic_pair *pair = traffic_after(traffic, page->last_from, page->last_to);

    for (; pair && page->lines < METRICS_PAIRS_MAX; pair = traffic_after(traffic, pair->from, pair->to)) {
        add_pair(page, metric->name, pair, metric->of_pair(pair));
        page->lines++;
        if (!piece_has_room(&page->piece)) {
            remember_pair(page, pair);
            return false;
        }
    }
    remember_pair(page, NULL);
    return true;
}

/* Returns whether all of it is there. */
static bool add_metric(struct page *page, const struct metric *metric)
{
    if (page->lines == 0)
        add_head(page->to, metric->name, "", metric->type, metric->help);
    if (metric->of_pair)
        return add_pairs(page, metric);
    if (metric->value) {
        text_addf(page->to, "epmdpxy_%s", metric->name);
        add_value(page->to, metric->value(page));
    } else {
        metric->lines(page, metric->name);
    }
    return true;
}

static void add_counters(struct text *to, const struct counters *counters)
{
    for (enum counter i = 0; i < COUNTERS_COUNT; i++) {
        add_head(to, counter_name(i), "_total", "counter", counter_help(i));
        text_addf(to, "epmdpxy_%s_total", counter_name(i));
        add_value(to, counters->value[i]);
    }
}

static bool make(struct pieces *pieces, struct text *to)
{
    struct page *page = (struct page *)pieces;

    page->to = to;
    page->piece = piece_begin(page->service->loop, to);
    if (!page->gathered)
        gather(page);
    while (page->gathered && page->row < METRICS && piece_has_room(&page->piece))
        if (add_metric(page, &metrics[page->row])) {
            page->row++;
            page->lines = 0;
        }
    if (page->row < METRICS)
        return true;
    add_counters(to, page->service->counters);
    return false;
}

static void free_page(struct pieces *pieces)
{
    struct page *page = (struct page *)pieces;

    remember_pair(page, NULL);
    free(page);
}

struct pieces *metrics_pieces(const struct api *api)
{
    struct page *page = mem_new(sizeof(*page));

    *page = (struct page){
        .pieces = {.type = METRICS_TYPE, .make = make, .free = free_page}, .api = api, .service = api->service};
    return &page->pieces;
}
