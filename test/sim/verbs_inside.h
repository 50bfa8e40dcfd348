/* SPDX-License-Identifier: MIT */
/*
 * What the files of verbs share.
 */
#ifndef SIM_VERBS_INSIDE_H
#define SIM_VERBS_INSIDE_H

#include <jansson.h>

#include "base/refusal.h"
#include "book.h"
#include "house.h"

#define VERBS_LEASES 3 /* named ones, from 1 on ... */
#define VERBS_OWNER 9  /* ... and the connection over which it is asked */

struct verbs {
    struct house *house;
    uint64_t count;
    struct lease *owner; /* or NULL */
};

extern struct verbs verbs;

/* As it would come over the wire; it is the caller's. */
json_t *verbs_sent(const char *verb, json_t *document);
_Noreturn void verbs_refused(const char *verb, const struct refusal *refusal);

/* How long the rule is to last: puts it into both. */
void verbs_put_lifetime(json_t *document, struct book_rule *rule);

void verbs_add_fault(void); /* verbs_faults.c */
void verbs_wait(void);      /* verbs_waits.c */
void verbs_end_waits(void);

#endif
