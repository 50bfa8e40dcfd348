/* SPDX-License-Identifier: MIT */
#include "request/lease.h"

#include <stdlib.h>
#include <string.h>

#include "base/duration.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "model/rules.h"
#include "request/document.h"

struct fields {
    const char *name;
    uint64_t for_us, for_ms; /* the same time, in words and as a number; both in us */
};

static const struct document_field rows[] = {
    {"name", "a name for a lease", document_text, offsetof(struct fields, name)},
    {"for", "a string: " DURATION_HINT, document_duration, offsetof(struct fields, for_us)},
    {"for_ms", "the same as a number of milliseconds", document_ms, offsetof(struct fields, for_ms)},
};
static const struct document_table table = {rows, sizeof(rows) / sizeof(rows[0])};

void lease_request_done(struct lease_request *request)
{
    free(request->name);
    *request = (struct lease_request){0};
}

/* It is part of a path: DELETE /v1/leases/NAME. */
static bool is_name(const char *name)
{
    if (!name || !*name || strlen(name) > LEASE_NAME_BYTES_MAX)
        return false;
    while ((unsigned char)*name > ' ' && *name != 0x7F && *name != '/')
        name++;
    return !*name;
}

static int make(const char *name, uint64_t for_us, struct lease_request *ret, struct refusal *refusal)
{
    if (!is_name(name))
        return refuse(refusal, "name", "a lease needs one, of at most %d bytes, without blanks and slashes",
                      LEASE_NAME_BYTES_MAX);
    *ret = (struct lease_request){.name = mem_string(name, strlen(name)), .for_us = for_us};
    return 0;
}

int lease_request_from_words(const char *name, uint64_t for_us, struct lease_request *ret, struct refusal *refusal)
{
    if (utf8_length(name, strlen(name)) < 0)
        return refuse(refusal, "name", "it is not UTF-8");
    return make(name, for_us ? for_us : LEASE_DEFAULT_US, ret, refusal);
}

int lease_request_from_document(const json_t *document, struct lease_request *ret, struct refusal *refusal)
{
    struct fields fields = {0};
    unsigned given;
    int status = document_read(document, &table, &fields, &given, refusal);

    if (status == 0 && fields.for_us && fields.for_ms && fields.for_us != fields.for_ms)
        status = refuse(refusal, "for_ms", "says another time than for");
    if (status == 0)
        status = make(fields.name, fields.for_us ? fields.for_us : fields.for_ms, ret, refusal);
    if (status == 0 && ret->for_us == 0) {
        lease_request_done(ret);
        return refuse(refusal, "for", "how long, unless it is renewed? such as \"10s\"");
    }
    return status;
}

json_t *lease_request_to_document(const struct lease_request *request)
{
    char time[32];

    duration_print_exact(request->for_us, time, sizeof(time));
    return json_pack("{s:s, s:s}", "name", request->name, "for", time);
}
