/* SPDX-License-Identifier: MIT */
#include "request/lifetime.h"

#include <stdlib.h>
#include <string.h>

#include "base/duration.h"
#include "base/memory.h"

struct lifetime lifetime_new(uint64_t for_us, const char *lease)
{
    return (struct lifetime){.for_us = for_us, .lease = lease ? mem_string(lease, strlen(lease)) : NULL};
}

struct lifetime lifetime_copy(const struct lifetime *lifetime)
{
    struct lifetime copy = lifetime_new(lifetime->for_us, lifetime->lease);

    copy.with_connection = lifetime->with_connection;
    return copy;
}

void lifetime_done(struct lifetime *lifetime)
{
    free(lifetime->lease);
    *lifetime = (struct lifetime){0};
}

int lifetime_from_fields(const struct lifetime_fields *fields, struct lifetime *ret, struct refusal *refusal)
{
    if (fields->for_us && fields->for_ms && fields->for_us != fields->for_ms)
        return refuse(refusal, "for_ms", "says another time than for");
    if (fields->owner && strcmp(fields->owner, "connection") != 0)
        return refuse(refusal, "owner", "must be \"connection\"");
    if (fields->owner && fields->lease)
        return refuse(refusal, "owner", "a rule goes with its owner or with a lease, not with both");
    *ret = lifetime_new(fields->for_us ? fields->for_us : fields->for_ms, fields->lease);
    ret->with_connection = fields->owner != NULL;
    return 0;
}

void lifetime_to_document(const struct lifetime *lifetime, json_t *object)
{
    char time[32];

    if (lifetime->for_us > 0) {
        duration_print_exact(lifetime->for_us, time, sizeof(time));
        json_object_set_new(object, "for", json_string(time));
    }
    if (lifetime->lease)
        json_object_set_new(object, "lease", json_string(lifetime->lease));
    if (lifetime->with_connection)
        json_object_set_new(object, "owner", json_string("connection"));
}
