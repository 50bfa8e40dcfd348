/* SPDX-License-Identifier: MIT */
/*
 * Until when a rule holds: "for" a time, as long as a "lease" is renewed or its "owner" is there; else until it is
 * removed.
 */
#ifndef REQUEST_LIFETIME_H
#define REQUEST_LIFETIME_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/duration.h"
#include "base/refusal.h"

struct lifetime {
    uint64_t for_us;      /* 0: no end of its own */
    char *lease;          /* owned, or NULL; whether there is such a lease is for the rule book to say */
    bool with_connection; /* and no lease: it goes with the connection on which it is asked for */
};

struct lifetime lifetime_new(uint64_t for_us, const char *lease);
struct lifetime lifetime_copy(const struct lifetime *lifetime);
void lifetime_done(struct lifetime *lifetime);

/* The fields of a document that say it, for whoever reads one (request/document.h). */
struct lifetime_fields {
    uint64_t for_us, for_ms; /* the same time, in words and as a number; both in us */
    const char *lease, *owner;
};

/* The rows of a table for those of `fields`, a struct lifetime_fields that is part of the struct that is filled. */
#define LIFETIME_ROWS(type, fields)                                                                         \
    {"for", "a string: " DURATION_HINT, document_duration, offsetof(type, fields.for_us)},                  \
        {"for_ms", "the same as a number of milliseconds", document_ms, offsetof(type, fields.for_ms)},     \
        {"lease", "the name of a lease, see POST /v1/leases", document_text, offsetof(type, fields.lease)}, \
    {                                                                                                       \
        "owner", "\"connection\": it goes when this one ends, and not before", document_text,               \
            offsetof(type, fields.owner)                                                                    \
    }

/* Do they go together? Returns 0 and *ret, the caller's; or -EINVAL. */
int lifetime_from_fields(const struct lifetime_fields *fields, struct lifetime *ret, struct refusal *refusal);

/* Adds "for", "lease" and "owner" to an object, as far as they are there. */
void lifetime_to_document(const struct lifetime *lifetime, json_t *object);

#endif
