/* SPDX-License-Identifier: MIT */
#include "control/routes.h"

#include <string.h>

#include "control/shapes.h"
#include "model/pattern.h"
#include "model/registry.h"
#include "net/cable.h"
#include "net/relay.h"

static const char *name_of(const struct node *node)
{
    return node->full_name ? node->full_name : node->name;
}

static bool matches_any_node(const struct relay *relay, const char *pattern)
{
    for (const struct node *node = registry_nodes(relay->registry); node; node = node->next)
        if (pattern_matches(pattern, name_of(node)))
            return true;
    return false;
}

/* A name that nobody has is fine (the node may come later), but often a slip: say so. */
static json_t *notes_about(const struct relay *relay, const struct islands *islands)
{
    json_t *notes = json_array();

    for (size_t i = 0; i < islands->count; i++)
        for (size_t k = 0; k < islands->at[i].count; k++)
            if (!matches_any_node(relay, islands->at[i].patterns[k]))
                json_array_append_new(notes, json_sprintf("no node named '%s' is registered yet; the rule waits for it",
                                                          islands->at[i].patterns[k]));
    return notes;
}

/* Two globs may both match a node: told as far as there are such nodes. */
static bool splits_nodes(const struct relay *relay, const struct islands *islands, struct api_error *error)
{
    for (const struct node *node = registry_nodes(relay->registry); node; node = node->next) {
        int first = islands_find(islands, name_of(node));
        int second = first < 0 ? -1 : islands_find_after(islands, name_of(node), first);

        if (second >= 0) {
            api_refuse(error, 400, "a node in two islands: '%.200s' matches islands %d and %d", name_of(node),
                       first + 1, second + 1);
            return false;
        }
    }
    return true;
}

static json_int_t held_cables(const struct relay *relay)
{
    json_int_t count = 0;

    for (const struct cable *cable = cables_first(relay->cables); cable; cable = cable_next(cable)) {
        struct cable_view view = cable_look(cable);

        count += view.to_acceptor->profile.hold || view.to_dialer->profile.hold;
    }
    return count;
}

static json_t *get_status(const struct api *api, const char *body, size_t len, struct api_error *error)
{
    (void)body;
    (void)len;
    (void)error;
    return shape_status(api);
}

static json_t *post_cut(const struct api *api, const char *body, size_t len, struct api_error *error)
{
    struct relay *relay = api->relay;
    const struct rule *rule;
    struct shape_cut cut;
    json_t *reply = NULL, *notes;

    if (shape_read_cut(body, len, true, &cut, error) < 0)
        return NULL;
    notes = notes_about(relay, &cut.islands);
    if (cut.islands.count == 0)
        api_refuse(error, 400, "islands: two or more are needed");
    else if (!splits_nodes(relay, &cut.islands, error))
        ;
    else if (rules_cut(relay->rules, &cut.islands, cut.one_way, &rule) < 0)
        api_refuse(error, 409, "the rule book is full (%d rules); fix something first", RULES_MAX);
    else
        reply =
            json_pack("{s:o, s:I, s:O}", "rule", shape_rule(rule), "held_cables", held_cables(relay), "notes", notes);
    json_decref(notes);
    islands_done(&cut.islands);
    return reply;
}

static json_t *post_fix(const struct api *api, const char *body, size_t len, struct api_error *error)
{
    struct relay *relay = api->relay;
    struct shape_cut fix;
    json_t *reply = NULL;
    bool all;

    if (shape_read_cut(body, len, false, &fix, error) < 0)
        return NULL;
    all = fix.islands.count == 0;
    if (!splits_nodes(relay, &fix.islands, error))
        ;
    else if (rules_fix(relay->rules, all ? NULL : &fix.islands) < 0)
        api_refuse(error, 409, "the rule book is full (%d rules); fix everything, without islands", RULES_MAX);
    else
        reply = json_pack("{s:o, s:I}", "rules", shape_rules(relay->rules), "held_cables", held_cables(relay));
    islands_done(&fix.islands);
    return reply;
}

static const struct route {
    const char *method, *path;
    json_t *(*answer)(const struct api *api, const char *body, size_t len, struct api_error *error);
} routes[] = {
    {"GET", "/v1/status", get_status},
    {"POST", "/v1/cut", post_cut},
    {"POST", "/v1/fix", post_fix},
};

json_t *routes_answer(const struct api *api, const char *method, const char *path, const char *body, size_t len,
                      struct api_error *error)
{
    const struct route *there = NULL;

    for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
        if (strcmp(routes[i].path, path) != 0)
            continue;
        there = &routes[i];
        if (strcmp(there->method, method) == 0)
            return there->answer(api, body, len, error);
    }
    if (there)
        api_refuse(error, 405, "%s takes %s, not %.20s", there->path, there->method, method);
    else
        api_refuse(error, 404, "no such resource: %.200s; see GET /v1/status", path);
    return NULL;
}
