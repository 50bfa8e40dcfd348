/* SPDX-License-Identifier: MIT */
/* Resources of the API, from the document that comes to the one that goes; without HTTP. */
#include "house.h"
#include "refusal_line.h"
#include "unit.h"
#include "whole.h"

#include <stdlib.h>

#include "control/routes.h"

static struct house house;

static int with_two_nodes(void **state)
{
    in_a_house(state);
    house_register(&house, "a");
    house_register(&house, "b");
    return 0;
}

static const char *query(const void *data, const char *name)
{
    const char *text = data;
    size_t len = strlen(name);

    return text && strncmp(text, name, len) == 0 && text[len] == '=' ? text + len + 1 : NULL;
}

static const char *other_query(const void *data, const char *const *known)
{
    for (; data && *known; known++)
        if (query(data, *known))
            return NULL;
    return data;
}

/* data: NULL, or "name=value", the query. The answer's document is the caller's. */
static struct api_answer ask(const char *method, const char *path, const char *body, const char *data)
{
    struct api_request request = {.method = method,
                                  .path = path,
                                  .body = body,
                                  .len = body ? strlen(body) : 0,
                                  .query = query,
                                  .other_query = other_query,
                                  .data = data};
    struct api_answer answer;

    routes_answer(&house.api, &request, &answer);
    if (answer.pieces) {
        char *text = whole(answer.pieces);

        answer.document = json_loads(text, 0, NULL);
        free(text);
    }
    return answer;
}

static void refuses(const char *method, const char *path, const char *body, unsigned status, const char *line)
{
    struct api_answer answer = ask(method, path, body, NULL);

    assert_int_equal(answer.status, status);
    assert_null(answer.document);
    assert_string_equal(line_of(&answer.refusal), line);
    assert_int_equal(rules_count(house.service.rules), 0); /* nothing has changed */
}

static size_t rules_of(struct api_answer answer)
{
    size_t count;

    assert_int_equal(answer.status, HTTP_OK);
    count = json_array_size(json_object_get(answer.document, "rules"));
    json_decref(answer.document);
    return count;
}

static void what_is_not_there(void **state)
{
    (void)state;
    refuses("GET", "/v1/rule", NULL, 404, "no such resource: /v1/rule; see GET /v1");
    refuses("GET", "/v1/rules/", NULL, 404, "no such resource: /v1/rules/; see GET /v1");
    refuses("GET", "/v1/rules/1/2", NULL, 404, "no such resource: /v1/rules/1/2; see GET /v1");
    refuses("PUT", "/v1/rules", NULL, 405, "/v1/rules does not take PUT; it takes GET, HEAD, POST, DELETE");
    refuses("HEAD", "/v1/cut", NULL, 405, "/v1/cut does not take HEAD; it takes POST");
    refuses("DELETE", "/v1/rules/9", NULL, 404, "there is no rule 9; see epmdpxy fault list");
    refuses("DELETE", "/v1/leases/x", NULL, 404, "there is no lease named 'x'");
}

static void bodies_that_are_refused(void **state)
{
    (void)state;
    refuses("POST", "/v1/cut", "{\"islands\": [[\"a\"], [\"a\"]]}", 400,
            "islands: a node in two islands: 'a' (island 1) and 'a' (island 2)");
    refuses("POST", "/v1/cut", "{\"islands\": [[\"a\"], [\"b\"]], \"lease\": \"x\"}", 400,
            "lease: there is none named 'x'; begin it first (POST /v1/leases, epmdpxy lease)");
    refuses("POST", "/v1/rules",
            "{\"rules\": [{\"fault\": \"mute\", \"between\": [[\"a\"], [\"b\"]]}, {\"fault\": \"mut\"}]}", 400,
            "rules[1].fault: no kind 'mut'; did you mean mute?");
}

static void a_rule_comes_and_goes(void **state)
{
    struct api_answer cut = ask("POST", "/v1/cut", "{\"islands\": [[\"a\"], [\"b\", \"nobody\"]]}", NULL);
    const json_t *notes = json_object_get(cut.document, "notes");
    (void)state;

    assert_int_equal(cut.status, HTTP_OK);
    assert_int_equal(json_array_size(notes), 1);
    assert_non_null(strstr(json_string_value(json_array_get(notes, 0)), "'nobody'"));
    assert_int_equal(rules_of(cut), 1);
    assert_int_equal(rules_of(ask("GET", "/v1/rules", NULL, NULL)), 1);
    assert_int_equal(rules_of(ask("HEAD", "/v1/rules", NULL, NULL)), 1);
    assert_int_equal(rules_of(ask("POST", "/v1/fix", "{\"islands\": [[\"a\"], [\"b\"]]}", NULL)), 1); /* not nobody's */
    assert_int_equal(rules_of(ask("POST", "/v1/fix", "{}", NULL)), 0);
}

/* The same seed deals the nodes in the same way; without one the answer tells what it was. */
static void a_topology_can_be_repeated(void **state)
{
    struct api_answer first = ask("POST", "/v1/cut", "{\"topology\": \"random-halves\"}", NULL), again;
    json_int_t seed = json_integer_value(json_object_get(first.document, "seed"));
    char body[80];
    (void)state;

    assert_non_null(json_object_get(first.document, "seed"));
    snprintf(body, sizeof(body), "{\"topology\": \"random-halves\", \"seed\": %d}", (int)seed);
    again = ask("POST", "/v1/cut", body, NULL);
    assert_true(json_equal(json_object_get(json_array_get(json_object_get(first.document, "rules"), 0), "islands"),
                           json_object_get(json_array_get(json_object_get(again.document, "rules"), 0), "islands")));
    json_decref(first.document);
    json_decref(again.document);
}

static void queries(void **state)
{
    static const struct {
        const char *query;
        size_t count;
    } events[] = {{"kind=node_up", 2}, {"kind=node_down", 0}, {"kind=node_down,node_up", 2}, {"node=[b-z]", 1}};
    static const struct {
        const char *query, *line;
    } bad[] = {{"kind=node_upp", "kind: no event is named 'node_upp'; did you mean node_up?"},
               {"kind=x",
                "kind: no event is named 'x'; there are node_up, node_down, cable_up, cable_deserted, cable_down, "
                "cable_gone, cable_held, cable_raw, lane_full, lane_flows, rule_vacuous, rules_changed"},
               {"node=a@", "node: a full name that is not NAME@HOST, such as node1@host ('a@')"},
               {"node=", "node: an empty name ('')"},
               {"knd=x", "knd=x: no such query; there are after, kind, node"}};
    struct api_answer answer = ask("GET", "/v1/events", NULL, "after=1");
    (void)state;

    assert_int_equal(answer.status, HTTP_OK);
    assert_int_equal(json_array_size(json_object_get(answer.document, "events")), 1);
    json_decref(answer.document);
    answer = ask("GET", "/v1/events", NULL, "after=-1");
    assert_int_equal(answer.status, 400);
    assert_string_equal(line_of(&answer.refusal), "after: must be the number of an event, such as 17");
    for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
        answer = ask("GET", "/v1/events", NULL, events[i].query);
        assert_int_equal(json_array_size(json_object_get(answer.document, "events")), events[i].count);
        json_decref(answer.document);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        answer = ask("GET", "/v1/events", NULL, bad[i].query);
        assert_int_equal(answer.status, 400);
        assert_string_equal(line_of(&answer.refusal), bad[i].line);
    }
    answer = ask("GET", "/v1/wait", NULL, "condition=up 2");
    assert_true(answer.waits);
    wait_request_done(&answer.wait);
    answer = ask("GET", "/v1/wait", NULL, "condition=ups 2");
    assert_int_equal(answer.status, 400);
}

#define WITH_TWO_NODES(name) cmocka_unit_test_prestate_setup_teardown(name, with_two_nodes, out_of_it, &house)

RUN(WITH_TWO_NODES(what_is_not_there), WITH_TWO_NODES(bodies_that_are_refused), WITH_TWO_NODES(a_rule_comes_and_goes),
    WITH_TWO_NODES(a_topology_can_be_repeated), WITH_TWO_NODES(queries))
