/* SPDX-License-Identifier: MIT */
#include "daemon/rules_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "request/document.h"

static int read_text(const char *path, struct text *text, struct refusal *refusal)
{
    char block[4096];
    FILE *file = fopen(path, "re");
    size_t got;
    int status = 0;

    if (!file)
        return refuse_as(refusal, -errno, NULL, "%s", strerror(errno));
    while (status == 0 && (got = fread(block, 1, sizeof(block), file)) > 0) {
        text_add(text, block, got);
        if (text->len > RULES_FILE_BYTES_MAX)
            status = refuse(refusal, NULL, "more than %d bytes", RULES_FILE_BYTES_MAX);
    }
    if (ferror(file))
        status = refuse_as(refusal, -EIO, NULL, "%s", strerror(errno));
    fclose(file);
    return status;
}

/* The caller's to release; NULL: there is none in it. */
static json_t *load(const char *path, struct refusal *refusal)
{
    struct text text = {0};
    json_t *document = NULL;

    if (read_text(path, &text, refusal) == 0)
        document = document_parse(text.data, text.len, refusal);
    text_done(&text);
    return document;
}

/* The field that asks for somebody who cannot be there, or NULL. */
static const char *too_early(const struct rule_asked *rule)
{
    if (rule->lifetime.lease)
        return "lease";
    if (rule->lifetime.with_connection)
        return "owner";
    return rule->strict ? "strict" : NULL;
}

static int check_start(const struct rules_request *request, struct refusal *refusal)
{
    for (size_t i = 0; i < request->count; i++) {
        const char *field = too_early(&request->at[i]);

        if (!field)
            continue;
        refuse(refusal, field, "when the daemon starts nobody is there yet; leave it out");
        return request->count == 1 ? refusal->status : refusal_within(refusal, "rules[%zu]", i);
    }
    return 0;
}

int rules_file_read(const char *path, struct rules_request *ret, struct refusal *refusal)
{
    json_t *document = load(path, refusal);
    int status = document ? rules_request_from_document(document, ret, refusal) : refusal->status;

    json_decref(document);
    if (status == 0 && check_start(ret, refusal) < 0) {
        rules_request_done(ret);
        status = refusal->status;
    }
    return status;
}
