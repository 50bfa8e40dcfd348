/* SPDX-License-Identifier: MIT */
#include "control/routes.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cable/cable.h"
#include "control/asked.h"
#include "control/book.h"
#include "control/lists.h"
#include "control/metrics.h"
#include "control/status.h"
#include "model/events.h"
#include "request/document.h"
#include "request/events_request.h"
#include "request/kinds.h"
#include "service/service.h"

/* ---- what there is ---- */

static const char *query_of(const struct asked *asked, const char *name)
{
    return asked->request->query(asked->request->data, name);
}

json_t *asked_in_pieces(const struct asked *asked, struct lists *lists)
{
    const struct api_request *request = asked->request;
    enum lists_form form = request->for_erlang ? LISTS_ERLANG : request->wants_terms ? LISTS_TERMS : LISTS_JSON;

    asked->answer->pieces = lists_pieces(lists, form, request->part);
    return NULL;
}

static json_t *get_status(const struct asked *asked, struct refusal *refusal)
{
    struct lists *lists = lists_new(&(struct wanted){.api = asked->api});

    (void)refusal;
    status_add_all(lists, asked->api);
    return asked_in_pieces(asked, lists);
}

static json_t *get_nodes(const struct asked *asked, struct refusal *refusal)
{
    struct lists *lists = lists_new(&(struct wanted){.api = asked->api, .node = query_of(asked, "node")});

    (void)refusal;
    status_add_nodes(lists);
    return asked_in_pieces(asked, lists);
}

static json_t *get_cables(const struct asked *asked, struct refusal *refusal)
{
    struct wanted wanted = {.api = asked->api, .node = query_of(asked, "node"), .state = query_of(asked, "state")};
    struct lists *lists;

    if (wanted.state && !cable_phase_is(wanted.state)) {
        refuse(refusal, "state", "no cable is ever '%.100s'; see epmdpxy status --help", wanted.state);
        return NULL;
    }
    lists = lists_new(&wanted);
    status_add_cables(lists, asked->api->service);
    return asked_in_pieces(asked, lists);
}

static json_t *get_links(const struct asked *asked, struct refusal *refusal)
{
    struct lists *lists = lists_new(&(struct wanted){.api = asked->api, .node = query_of(asked, "node")});

    (void)refusal;
    status_add_links(lists, asked->api->service);
    return asked_in_pieces(asked, lists);
}

static json_t *get_kinds(const struct asked *asked, struct refusal *refusal)
{
    (void)asked;
    (void)refusal;
    return kinds_to_document(NULL);
}

/* A number that is still to come is a slip; of whoever listens again it is that of an earlier daemon, see stream.c. */
static int events_request_of(const struct asked *asked, struct events_request *ret, struct refusal *refusal)
{
    const char *again = asked->request->last_event_id;

    if (events_request_from_texts(again, query_of(asked, "after"), query_of(asked, "kind"), query_of(asked, "node"),
                                  ret, refusal) < 0)
        return -EINVAL;
    if (again || ret->after == EVENTS_BEHIND_ALL)
        return 0;
    return events_check_number(asked->api->service->events, ret->after, "after", refusal);
}

static json_t *get_events(const struct asked *asked, struct refusal *refusal)
{
    struct events_request request;
    struct lists *lists;

    if (events_request_of(asked, &request, refusal) < 0)
        return NULL;
    lists = lists_new(&(struct wanted){.api = asked->api, .node = request.node, .kinds = request.kinds});
    status_add_events(lists, asked->api->service, request.after);
    return asked_in_pieces(asked, lists);
}

static json_t *get_metrics(const struct asked *asked, struct refusal *refusal)
{
    (void)refusal;
    asked->answer->pieces = metrics_pieces(asked->api);
    return NULL;
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
     book_post_cut,
     true,
     {NULL},
     "islands and one_way, or topology, node, of, seed; mode; for, lease, owner"},
    {"POST",
     "/v1/fix",
     book_post_fix,
     true,
     {NULL},
     "islands, or nothing: all; answers what was ended, and its effect"},
    {"GET", "/v1/rules", book_get_rules, false, {NULL}, "all rules, and what each has done"},
    {"POST",
     "/v1/rules",
     book_post_rules,
     true,
     {NULL},
     "fault, params and whom; for, lease, owner; or rules: all or none"},
    {"DELETE", "/v1/rules", book_delete_rules, false, {NULL}, "remove all, cuts too; answers what was ended, as a fix"},
    {"DELETE", "/v1/rules/", book_delete_rule, false, {NULL}, "remove the one of that number; answers the same"},
    {"GET", "/v1/leases", book_get_leases, false, {NULL}, "all leases"},
    {"POST", "/v1/leases", book_post_leases, true, {NULL}, "name, for: begin it, or go on with it"},
    {"DELETE",
     "/v1/leases/",
     book_delete_lease,
     false,
     {NULL},
     "end the one of that name, and the rules that depend on it"},
    {"GET", "/v1/observers", book_get_observers, false, {NULL}, "the nodes that were declared observers"},
    {"POST", "/v1/observers", book_post_observers, true, {NULL}, "nodes: they are no part of the experiment"},
    {"DELETE", "/v1/observers/", book_delete_observer, false, {NULL}, "that name is an ordinary one again"},
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

static int begin_stream(const struct asked *asked, struct api_answer *ret)
{
    int status = events_request_of(asked, &ret->events, &ret->refusal);

    ret->streams = status == 0;
    return status;
}

/* The caller's to release; NULL and the refusal when it is none. */
static json_t *read_body(const struct api_request *request, struct refusal *refusal)
{
    if (request->document)
        return json_incref(request->document);
    return request->in_terms ? document_parse_terms(request->body, request->len, refusal)
                             : document_parse(request->body, request->len, refusal);
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
        return begin_stream(asked, ret);
    if (route->takes_body) {
        body = read_body(request, &ret->refusal);
        if (!body)
            return -EINVAL;
    }
    asked->document = body;
    asked->word = strrchr(request->path, '/') + 1;
    ret->document = route->answer(asked, &ret->refusal);
    json_decref(body);
    return ret->document || ret->pieces ? 0 : ret->refusal.status;
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
