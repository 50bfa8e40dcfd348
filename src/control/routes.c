/* SPDX-License-Identifier: MIT */
#include "control/routes.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cable/cable.h"
#include "control/metrics.h"
#include "control/status.h"
#include "loop/loop.h"
#include "model/rules.h"
#include "request/answers.h"
#include "request/cut.h"
#include "request/document.h"
#include "request/events_request.h"
#include "request/fix.h"
#include "request/kinds.h"
#include "request/lease.h"
#include "request/observe.h"
#include "request/rules_request.h"
#include "service/service.h"

/* What a route is given: the body as a document where it takes one, and the word behind its path. */
struct asked {
    const struct api *api;
    const struct api_request *request;
    const json_t *document;
    const char *word;
    struct api_answer *answer; /* for a text in place of a document */
};

/* Returns the answer's document, or NULL and the refusal; or has filled the answer with a text. */
typedef json_t *route_fn(const struct asked *asked, struct refusal *refusal);

static uint64_t now_us(const struct asked *asked)
{
    return loop_clock_us(asked->api->service->loop);
}

/* ---- what there is ---- */

static json_t *get_status(const struct asked *asked, struct refusal *refusal)
{
    (void)refusal;
    return status_document(asked->api);
}

static const char *query_of(const struct asked *asked, const char *name)
{
    return asked->request->query(asked->request->data, name);
}

static json_t *get_nodes(const struct asked *asked, struct refusal *refusal)
{
    (void)refusal;
    return json_pack("{s:o}", "nodes", nodes_document(asked->api, query_of(asked, "node")));
}

static json_t *get_cables(const struct asked *asked, struct refusal *refusal)
{
    const char *state = query_of(asked, "state");

    if (state && !cable_phase_is(state)) {
        refuse(refusal, "state", "no cable is ever '%.100s'; see epmdpxy status --help", state);
        return NULL;
    }
    return json_pack("{s:o}", "cables", cables_document(asked->api, query_of(asked, "node"), state));
}

static json_t *get_links(const struct asked *asked, struct refusal *refusal)
{
    (void)refusal;
    return json_pack("{s:o}", "links", links_document(asked->api, query_of(asked, "node")));
}

static json_t *get_rules(const struct asked *asked, struct refusal *refusal)
{
    (void)refusal;
    return json_pack("{s:o}", "rules", rules_document(asked->api));
}

static json_t *get_kinds(const struct asked *asked, struct refusal *refusal)
{
    (void)asked;
    (void)refusal;
    return kinds_to_document(NULL);
}

static json_t *get_leases(const struct asked *asked, struct refusal *refusal)
{
    (void)refusal;
    return json_pack("{s:o}", "leases", leases_to_document(asked->api->service->rules, now_us(asked)));
}

static int events_request_of(const struct api_request *request, struct events_request *ret, struct refusal *refusal)
{
    const void *data = request->data;

    return events_request_from_texts(request->last_event_id, request->query(data, "after"),
                                     request->query(data, "kind"), request->query(data, "node"), ret, refusal);
}

static json_t *get_events(const struct asked *asked, struct refusal *refusal)
{
    struct events_request request;

    if (events_request_of(asked->request, &request, refusal) < 0)
        return NULL;
    return events_to_document(asked->api->service->events, &request);
}

static json_t *get_metrics(const struct asked *asked, struct refusal *refusal)
{
    (void)refusal;
    asked->answer->type = METRICS_TYPE;
    metrics_add(asked->api, &asked->answer->text);
    return NULL;
}

/* ---- rules ---- */

static json_t *notes_to_document(const struct rules_answer *answer)
{
    json_t *notes = json_array();

    for (size_t i = 0; i < answer->notes_count; i++)
        json_array_append_new(notes, json_string(answer->notes[i]));
    return notes;
}

static json_t *answer_to_document(const struct asked *asked, struct rules_answer *answer)
{
    json_t *document;

    document = json_pack("{s:o, s:I, s:o, s:s*}", "rules",
                         rules_to_document(asked->api->service->rules, answer->first, now_us(asked)), "held_cables",
                         (json_int_t)answer->held_cables, "notes", notes_to_document(answer), "advice", answer->advice);
    if (answer->seeded)
        json_object_set_new(document, "seed", json_integer((json_int_t)answer->seed));
    rules_answer_done(answer);
    return document;
}

/* May a rule go with the connection, if it wants to? */
static int check_owner(const struct asked *asked, const struct lifetime *lifetime, struct refusal *refusal)
{
    if (!lifetime->with_connection || asked->request->owner)
        return 0;
    return refuse(refusal, "owner", "%s", asked->request->owns_not);
}

static json_t *post_rules(const struct asked *asked, struct refusal *refusal)
{
    struct rules_request request;
    struct rules_answer answer;
    int status;

    if (rules_request_from_document(asked->document, &request, refusal) < 0)
        return NULL;
    status = 0;
    for (size_t i = 0; i < request.count && status == 0; i++)
        status = check_owner(asked, &request.at[i].lifetime, refusal);
    if (status == 0)
        status = service_add_rules(asked->api->service, &request, asked->request->owner, &answer, refusal);
    rules_request_done(&request);
    return status < 0 ? NULL : answer_to_document(asked, &answer);
}

static json_t *post_cut(const struct asked *asked, struct refusal *refusal)
{
    struct cut_request request;
    struct rules_answer answer;
    int status;

    if (cut_request_from_document(asked->document, &request, refusal) < 0)
        return NULL;
    status = check_owner(asked, &request.lifetime, refusal);
    if (status == 0)
        status = service_cut(asked->api->service, &request, asked->request->owner, &answer, refusal);
    cut_request_done(&request);
    return status < 0 ? NULL : answer_to_document(asked, &answer);
}

static json_t *post_fix(const struct asked *asked, struct refusal *refusal)
{
    struct service *service = asked->api->service;
    struct fix_request request;
    struct fix_answer answer;
    json_t *ended, *document;
    int status;

    if (fix_request_from_document(asked->document, &request, refusal) < 0)
        return NULL;
    status = service_fix(service, &request, &answer, refusal);
    fix_request_done(&request);
    if (status < 0)
        return NULL;
    ended = json_array();
    for (size_t i = 0; i < answer.ended_count; i++)
        json_array_append_new(ended, json_pack("{s:I, s:o}", "id", (json_int_t)answer.ended[i].id, "effect",
                                               effect_to_document(&answer.ended[i].effect)));
    document = json_pack("{s:o, s:I, s:o, s:o}", "rules", rules_document(asked->api), "held_cables",
                         (json_int_t)service_held_cables(service), "ended", ended, "notes",
                         notes_to_document(&answer.remarks));
    fix_answer_done(&answer);
    return document;
}

static json_t *delete_rules(const struct asked *asked, struct refusal *refusal)
{
    service_clear(asked->api->service);
    return get_rules(asked, refusal);
}

static json_t *delete_rule(const struct asked *asked, struct refusal *refusal)
{
    uint32_t id;

    if (rule_number_from_word(asked->word, &id, refusal) < 0 ||
        service_remove_rule(asked->api->service, id, refusal) < 0)
        return NULL;
    return get_rules(asked, refusal);
}

/* ---- leases ---- */

static json_t *post_leases(const struct asked *asked, struct refusal *refusal)
{
    struct lease_request request;
    int status;

    if (lease_request_from_document(asked->document, &request, refusal) < 0)
        return NULL;
    status = service_lease(asked->api->service, &request, refusal);
    lease_request_done(&request);
    return status < 0 ? NULL : get_leases(asked, refusal);
}

static json_t *delete_lease(const struct asked *asked, struct refusal *refusal)
{
    return service_end_lease(asked->api->service, asked->word, refusal) < 0 ? NULL : get_leases(asked, refusal);
}

/* ---- observers ---- */

static json_t *get_observers(const struct asked *asked, struct refusal *refusal)
{
    (void)refusal;
    return json_pack("{s:o}", "observers", observers_to_document(asked->api->service->rules));
}

static json_t *post_observers(const struct asked *asked, struct refusal *refusal)
{
    struct observe_request request;
    struct rules_answer answer;
    json_t *document;
    int status;

    if (observe_request_from_document(asked->document, &request, refusal) < 0)
        return NULL;
    status = service_observe(asked->api->service, &request, &answer, refusal);
    observe_request_done(&request);
    if (status < 0)
        return NULL;
    document = get_observers(asked, refusal);
    json_object_set_new(document, "notes", notes_to_document(&answer));
    rules_answer_done(&answer);
    return document;
}

static json_t *delete_observer(const struct asked *asked, struct refusal *refusal)
{
    return service_unobserve(asked->api->service, asked->word, refusal) < 0 ? NULL : get_observers(asked, refusal);
}

/* ---- the table ---- */

static route_fn get_resources; /* of this table */

static const struct route {
    const char *method, *path; /* a path that ends with a slash takes one more word */
    route_fn *answer;          /* NULL: it waits for a condition */
    bool takes_body;
    const char *queries[4]; /* "?name=", up to the NULL */
    const char *help;
} routes[] = {
    {"GET", "/metrics", get_metrics, false, {NULL}, "all of it as numbers, for Prometheus"},
    {"GET", "/v1", get_resources, false, {NULL}, "these resources"},
    {"GET", "/v1/status", get_status, false, {NULL}, "nodes, cables, rules and counters in one"},
    {"GET", "/v1/nodes", get_nodes, false, {"node"}, "registered nodes; ?node=NAME: those of that name or pattern"},
    {"GET", "/v1/cables", get_cables, false, {"node", "state"}, "relayed connections; of a node, in a state"},
    {"GET", "/v1/links", get_links, false, {"node"}, "who is connected with whom: a row each"},
    {"GET", "/v1/kinds", get_kinds, false, {NULL}, "the kinds of fault and their parameters"},
    {"GET",
     "/v1/events",
     get_events,
     false,
     {"after", "kind", "node"},
     "what happened lately; ?after=N: since event N; of kinds, of a node; text/event-stream: as it happens"},
    {"POST",
     "/v1/cut",
     post_cut,
     true,
     {NULL},
     "islands and one_way, or topology, node, of, seed; mode; for, lease, owner"},
    {"POST", "/v1/fix", post_fix, true, {NULL}, "islands, or nothing: all; answers what was ended, and its effect"},
    {"GET", "/v1/rules", get_rules, false, {NULL}, "all rules, and what each has touched"},
    {"POST", "/v1/rules", post_rules, true, {NULL}, "fault, params and whom; for, lease, owner; or rules: all or none"},
    {"DELETE", "/v1/rules", delete_rules, false, {NULL}, "remove all, cuts too"},
    {"DELETE", "/v1/rules/", delete_rule, false, {NULL}, "remove the one of that number"},
    {"GET", "/v1/leases", get_leases, false, {NULL}, "all leases"},
    {"POST", "/v1/leases", post_leases, true, {NULL}, "name, for: begin it, or go on with it"},
    {"DELETE", "/v1/leases/", delete_lease, false, {NULL}, "end the one of that name, and the rules that depend on it"},
    {"GET", "/v1/observers", get_observers, false, {NULL}, "the nodes that were declared observers"},
    {"POST", "/v1/observers", post_observers, true, {NULL}, "nodes: they are no part of the experiment"},
    {"DELETE", "/v1/observers/", delete_observer, false, {NULL}, "that name is an ordinary one again"},
    {"GET",
     "/v1/wait",
     NULL,
     false,
     {"condition", "timeout", "after"},
     "answers when the condition holds, or with 504; ?after=N: for an event behind event N"},
};

#define ROUTES (sizeof(routes) / sizeof(routes[0]))

/* What an errno of a refusal is over HTTP. */
static const struct {
    int error;
    unsigned status;
} statuses[] = {
    {-EINVAL, 400}, {-ENOENT, 404}, {-ENOSPC, 409}, {-EOPNOTSUPP, 409}, {-EBUSY, 503}, {-ETIMEDOUT, 504},
};

unsigned routes_status_of(const struct refusal *refusal)
{
    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
        if (statuses[i].error == refusal->status)
            return statuses[i].status;
    abort();
}

static json_t *get_resources(const struct asked *asked, struct refusal *refusal)
{
    json_t *list = json_array();
    (void)asked;
    (void)refusal;

    for (size_t i = 0; i < ROUTES; i++) {
        json_t *queries = json_array();

        for (const char *const *query = routes[i].queries; *query; query++)
            json_array_append_new(queries, json_string(*query));
        json_array_append_new(list, json_pack("{s:s, s:s, s:o, s:s}", "method", routes[i].method, "path",
                                              routes[i].path, "queries", queries, "help", routes[i].help));
    }
    return json_pack("{s:o}", "resources", list);
}

static bool is_at(const struct route *route, const char *path)
{
    size_t len = strlen(route->path);

    if (route->path[len - 1] != '/')
        return strcmp(route->path, path) == 0;
    return strncmp(route->path, path, len) == 0 && path[len] && !strchr(path + len, '/');
}

/* HEAD is GET, and whoever sends the answer leaves its body out. */
static bool takes(const struct route *route, const char *method)
{
    return strcmp(route->method, strcmp(method, "HEAD") == 0 ? "GET" : method) == 0;
}

static const struct route *find(const struct api_request *request, struct api_answer *ret)
{
    const struct route *there = NULL;
    size_t len = 0;

    for (size_t i = 0; i < ROUTES; i++) {
        if (!is_at(&routes[i], request->path))
            continue;
        if (takes(&routes[i], request->method))
            return &routes[i];
        there = &routes[i];
        len += (size_t)snprintf(ret->allow + len, sizeof(ret->allow) - len, "%s%s%s", len ? ", " : "", there->method,
                                takes(there, "HEAD") ? ", HEAD" : "");
    }
    ret->status = there ? HTTP_NO_SUCH_METHOD : HTTP_NO_RESOURCE;
    if (there)
        refuse(&ret->refusal, NULL, "%s does not take %.20s; it takes %s", there->path, request->method, ret->allow);
    else
        refuse_as(&ret->refusal, -ENOENT, NULL, "no such resource: %.200s; see GET /v1", request->path);
    return NULL;
}

static int refuse_queries(const struct route *route, const struct api_request *request, struct refusal *refusal)
{
    const char *other = request->other_query(request->data, route->queries);

    if (!other)
        return 0;
    if (!route->queries[0])
        return refuse(refusal, other, "%s takes no query", route->path);
    refuse(refusal, other, "no such query; there %s %s", route->queries[1] ? "are" : "is", route->queries[0]);
    for (const char *const *more = &route->queries[1]; *more; more++)
        refusal_add(refusal, ", %s", *more);
    return -EINVAL;
}

static int begin_wait(const struct api_request *request, struct api_answer *ret)
{
    const char *condition = request->query(request->data, "condition");

    if (wait_request_from_texts(condition ? condition : "", request->query(request->data, "timeout"),
                                request->query(request->data, "after"), &ret->wait, &ret->refusal) < 0)
        return -EINVAL;
    ret->waits = true;
    return 0;
}

static int begin_stream(const struct api_request *request, struct api_answer *ret)
{
    int status = events_request_of(request, &ret->events, &ret->refusal);

    ret->streams = status == 0;
    return status;
}

static int answer(const struct route *route, struct asked *asked, struct api_answer *ret)
{
    const struct api_request *request = asked->request;
    json_t *body = NULL;

    if (refuse_queries(route, request, &ret->refusal) < 0)
        return -EINVAL;
    if (!route->answer)
        return begin_wait(request, ret);
    if (request->wants_stream && route->answer == get_events)
        return begin_stream(request, ret);
    if (route->takes_body) {
        body = request->in_terms ? document_parse_terms(request->body, request->len, &ret->refusal)
                                 : document_parse(request->body, request->len, &ret->refusal);
        if (!body)
            return -EINVAL;
    }
    asked->document = body;
    asked->word = strrchr(request->path, '/') + 1;
    ret->document = route->answer(asked, &ret->refusal);
    json_decref(body);
    return ret->document || ret->type ? 0 : ret->refusal.status;
}

void routes_answer(const struct api *api, const struct api_request *request, struct api_answer *ret)
{
    struct asked asked = {.api = api, .request = request, .answer = ret};
    const struct route *route;

    *ret = (struct api_answer){.status = HTTP_OK};
    route = find(request, ret);
    if (route && answer(route, &asked, ret) < 0)
        ret->status = routes_status_of(&ret->refusal);
}
