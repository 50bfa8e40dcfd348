/* SPDX-License-Identifier: MIT */
#include "request/observe.h"

#include <string.h>

#include "model/rules.h"
#include "request/document.h"
#include "request/whom.h"

static const struct document_field rows[] = {
    {"nodes", "an array of names", document_names, offsetof(struct observe_request, nodes)},
};
static const struct document_table table = {rows, sizeof(rows) / sizeof(rows[0])};

void observe_request_done(struct observe_request *request)
{
    islands_done(&request->nodes);
}

static int finish(struct observe_request *request, int status, struct observe_request *ret, struct refusal *refusal)
{
    if (status == 0 && request->nodes.count == 0)
        status = refuse(refusal, "nodes", "who? such as \"runner\"");
    if (status == 0)
        status = island_check_names(&request->nodes.at[0], "nodes", refusal);
    if (status == 0)
        *ret = *request;
    else
        observe_request_done(request);
    return status;
}

int observe_request_from_words(const char *const *words, struct observe_request *ret, struct refusal *refusal)
{
    struct observe_request request = {0};
    struct islands more = {0};
    int status = 0;

    islands_add(&request.nodes);
    for (; *words && status == 0; words++) {
        status = island_from_word(*words, &more, refusal);
        for (size_t i = 0; i < more.count; i++)
            for (size_t k = 0; k < more.at[i].count; k++)
                islands_add_pattern(&request.nodes, more.at[i].patterns[k], strlen(more.at[i].patterns[k]));
        islands_done(&more);
    }
    return finish(&request, status, ret, refusal);
}

int observe_request_from_document(const json_t *document, struct observe_request *ret, struct refusal *refusal)
{
    struct observe_request request = {0};
    unsigned given;
    int status = document_read(document, &table, &request, &given, refusal);

    return finish(&request, status, ret, refusal);
}

json_t *observe_request_to_document(const struct observe_request *request)
{
    return json_pack("{s:o}", "nodes", island_to_document(&request->nodes.at[0]));
}

json_t *observers_to_document(const struct rules *rules)
{
    return island_to_document(rules_observers(rules));
}
