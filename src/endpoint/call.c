/* SPDX-License-Identifier: MIT */
#include "endpoint/call.h"

#include <string.h>

#include "control/routes.h"
#include "model/pattern.h"
#include "service/advice.h"
#include "service/look.h"
#include "service/service.h"

static const char *query(const void *data, const char *name)
{
    const struct call *call = data;

    if (strcmp(name, "condition") == 0)
        return call->condition;
    if (strcmp(name, "timeout") == 0)
        return call->timeout;
    return strcmp(name, "after") == 0 ? call->after : NULL;
}

static const char *no_other_query(const void *data, const char *const *known)
{
    (void)data;
    (void)known;
    return NULL;
}

static void add_unknown(const json_t *value, const struct cluster *cluster, json_t *unknown)
{
    const char *name = json_string_value(value);
    const json_t *element;
    size_t i;

    json_array_foreach(value, i, element)
        add_unknown(element, cluster, unknown);
    if (name && !pattern_fault(name) && !advice_is_known(name, cluster))
        json_array_append(unknown, (json_t *)value);
}

/* What is no name at all is left to the API, which says why. */
static bool knows_all(struct call *call, json_t *document)
{
    static const char *const fields[] = {"islands", "between", "from", "to", "nodes", "node"};
    bool strict = json_is_true(json_object_get(document, "strict"));
    struct cluster cluster;

    json_object_del(document, "strict");
    if (!strict)
        return true;
    call->unknown = json_array();
    look(call->api->service, &cluster);
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
        add_unknown(json_object_get(document, fields[i]), &cluster, call->unknown);
    cluster_done(&cluster);
    return json_array_size(call->unknown) == 0;
}

json_t *call_ask(struct call *call, const char *method, const char *path, json_t *document)
{
    const struct api_request request = {.method = method,
                                        .path = path,
                                        .document = document,
                                        .whole = true,
                                        .owns_not = "name a process as the owner, or a lease",
                                        .query = query,
                                        .other_query = no_other_query,
                                        .data = call};

    call->answer = (struct api_answer){.status = HTTP_BAD_REQUEST};
    if (knows_all(call, document))
        routes_answer(call->api, &request, &call->answer);
    json_decref(document);
    return call->answer.document;
}
