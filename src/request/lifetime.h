/* SPDX-License-Identifier: MIT */
/*
 * Until when a rule holds: "for" a time, as long as a "lease" is renewed, or both; else until it is removed.
 */
#ifndef REQUEST_LIFETIME_H
#define REQUEST_LIFETIME_H

#include <jansson.h>
#include <stdint.h>

struct lifetime {
    uint64_t for_us; /* 0: no end of its own */
    char *lease;     /* owned, or NULL; whether there is such a lease is for the rule book to say */
};

struct lifetime lifetime_new(uint64_t for_us, const char *lease);
void lifetime_done(struct lifetime *lifetime);

/* Adds "for" and "lease" to an object, as far as they are there. */
void lifetime_to_document(const struct lifetime *lifetime, json_t *object);

#endif
