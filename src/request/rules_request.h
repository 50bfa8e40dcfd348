/* SPDX-License-Identifier: MIT */
/*
 * fault add: one rule, or several that come into force together. A document is one rule's, or
 * {"rules": [one rule's, ...]}.
 */
#ifndef REQUEST_RULES_REQUEST_H
#define REQUEST_RULES_REQUEST_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "base/options.h"
#include "base/refusal.h"
#include "model/faults.h"
#include "model/selector.h"
#include "request/lifetime.h"

/* A rule that is asked for, checked: the rule book can take it, if it has room and there is that lease. */
struct rule_asked {
    struct fault fault;
    struct selector selector; /* its islands are owned */
    struct lifetime lifetime;
    bool strict; /* a name that no node has is an error, and no note */
};

struct rules_request {
    struct rule_asked *at; /* owned */
    size_t count;          /* 1 to RULES_MAX, once it is read */
};

void rules_request_done(struct rules_request *request);

/* One more, which is taken over. */
void rules_request_add(struct rules_request *request, const struct rule_asked *rule);

/* What the options of a command line say; NULL and 0 where they say nothing. */
struct rule_words {
    const char *from, *to, *nodes, *dialled_by, *lease;
    const char *between[2];
    uint64_t for_us;
    bool strict;
};

/* Of a struct rule_words; but the second island of --between is the word behind the first, which is for the caller. */
extern const struct option_table rule_options;

/*
 * `words` are the kind and its parameters, "delay=50ms", up to the NULL. Both return 0 and *ret, to be ended with
 * rules_request_done(); or -EINVAL.
 */
int rules_request_from_words(const struct rule_words *options, const char *const *words, struct rules_request *ret,
                             struct refusal *refusal);
int rules_request_from_document(const json_t *document, struct rules_request *ret, struct refusal *refusal);

/* It reads back as the same. */
json_t *rules_request_to_document(const struct rules_request *request);

/* The number of a rule, such as 17. Returns 0 or -EINVAL. */
int rule_number_from_word(const char *word, uint32_t *ret, struct refusal *refusal);

#endif
