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

void lifetime_done(struct lifetime *lifetime)
{
    free(lifetime->lease);
    *lifetime = (struct lifetime){0};
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
}
