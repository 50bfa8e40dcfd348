/* SPDX-License-Identifier: MIT */
#include "request/fix.h"

#include "request/document.h"
#include "request/whom.h"

#define AT(field) offsetof(struct fix_words, field)

static const struct option_row option_rows[] = {
    {"strict", NULL, "names that no node has are an error", OPTION_FLAG, AT(strict), 0, 0, NULL},
};

const struct option_table fix_options = {OPTION_ROWS(option_rows)};

static const struct document_field rows[] = {
    {"islands", "an array of arrays of names", document_islands, offsetof(struct fix_request, islands)},
    {"strict", "true or false", document_flag, offsetof(struct fix_request, strict)},
};
static const struct document_table table = {rows, sizeof(rows) / sizeof(rows[0])};

void fix_request_done(struct fix_request *request)
{
    islands_done(&request->islands);
}

/* `any` islands were named. Takes the request over when it fails. */
static int finish(struct fix_request *request, int status, bool any, struct fix_request *ret, struct refusal *refusal)
{
    if (status == 0 && any)
        status = islands_check(&request->islands, refusal);
    if (status == 0) {
        islands_settle(&request->islands);
        *ret = *request;
    } else {
        fix_request_done(request);
    }
    return status;
}

int fix_request_from_words(const struct fix_words *options, const char *const *islands, struct fix_request *ret,
                           struct refusal *refusal)
{
    struct fix_request request = {.strict = options->strict};
    int status = islands_from_words(islands, &request.islands, refusal);

    if (status < 0 && *islands && !islands[1])
        refusal_add(refusal, "; fix alone heals all, epmdpxy fault rm 1 removes the cut of that number");
    return finish(&request, status, *islands, ret, refusal) < 0 ? islands_refused(refusal) : 0;
}

int fix_request_from_document(const json_t *document, struct fix_request *ret, struct refusal *refusal)
{
    struct fix_request request = {0};
    unsigned given = 0;
    int status = document_read(document, &table, &request, &given, refusal);

    return finish(&request, status, given & 1, ret, refusal);
}

json_t *fix_request_to_document(const struct fix_request *request)
{
    json_t *object = json_object();

    if (request->islands.count > 0)
        json_object_set_new(object, "islands", islands_to_document(&request->islands));
    if (request->strict)
        json_object_set_new(object, "strict", json_true());
    return object;
}
