/* SPDX-License-Identifier: MIT */
#include "endpoint/call.h"

#include <string.h>

#include "control/routes.h"
#include "model/islands.h"
#include "model/pattern.h"
#include "service/advice.h"
#include "service/look.h"
#include "service/service.h"

enum outcome call_wrong(struct call *call)
{
    if (!call->answer.refusal.status)
        return BADARG;
    call->answer.status = HTTP_BAD_REQUEST;
    return REFUSED;
}

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

struct strangers {
    struct cluster cluster;
    size_t names;    /* that were looked at */
    json_t *unknown; /* of these */
};

static void look_at_names(struct strangers *strangers, const json_t *value)
{
    const char *name = json_string_value(value);
    const json_t *element;
    size_t i;

    json_array_foreach(value, i, element)
        look_at_names(strangers, element);
    if (name && ++strangers->names <= ISLANDS_PATTERNS_MAX && !pattern_fault(name) &&
        !advice_is_known(name, &strangers->cluster))
        json_array_append(strangers->unknown, (json_t *)value);
}

/* What is no name at all, and more names than a rule may have, are left to the API, which says why. */
static bool knows_all(struct call *call, json_t *document)
{
    static const char *const fields[] = {"islands", "between", "from", "to", "nodes", "node", "of"};
    bool strict = json_is_true(json_object_get(document, "strict"));
    struct strangers strangers = {0};

    json_object_del(document, "strict");
    if (!strict)
        return true;
    strangers.unknown = call->unknown = json_array();
    look(call->api->service, &strangers.cluster);
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
        look_at_names(&strangers, json_object_get(document, fields[i]));
    cluster_done(&strangers.cluster);
    if (strangers.names > ISLANDS_PATTERNS_MAX)
        json_array_clear(strangers.unknown);
    return json_array_size(strangers.unknown) == 0;
}

json_t *call_ask(struct call *call, const char *method, const char *path, json_t *document)
{
    const struct api_request request = {.method = method,
                                        .path = path,
                                        .document = document,
                                        .for_erlang = true,
                                        .part = call->function->word,
                                        .owner = call->owner ? &call->owner : NULL,
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
