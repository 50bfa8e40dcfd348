/* SPDX-License-Identifier: MIT */
/*
 * Islands, and whom a rule is about: from words, from documents, and back. Whatever way it was said, it ends up as one
 * struct selector.
 *
 *     what is said                          words                documents
 *     what some nodes send to others        --from A --to B      {"from": [names], "to": [names]}
 *     what two sets send to each other      --between A B        {"between": [[names], [names]]}
 *     what islands send to each other       A B ...              {"islands": [[names], ...], "one_way": bool}
 *     names, as the port mapper knows them  --node A             {"nodes": [names]}
 *     everybody                             nothing of it        nothing of it
 */
#ifndef REQUEST_WHOM_H
#define REQUEST_WHOM_H

#include <jansson.h>
#include <stdbool.h>

#include "base/refusal.h"
#include "model/selector.h"

struct fault;

/* "a,b" as one more island. Returns 0; or -EINVAL when a name is empty, or not UTF-8. */
int island_from_word(const char *word, struct islands *islands, struct refusal *refusal);

/* The same for all words up to the NULL; one island alone is refused. *ret is the caller's to end in any case. */
int islands_from_words(const char *const *words, struct islands *ret, struct refusal *refusal);

/* islands_check() has refused words: calls the island as people count it, "island 1". Returns the status. */
int islands_refused(struct refusal *refusal);

json_t *island_to_document(const struct island *island);    /* [names] */
json_t *islands_to_document(const struct islands *islands); /* [[names], ...] */

/* The name in documents, and in words. */
#define WHOM_FIELDS(X)      \
    X(islands, "islands")   \
    X(from, "--from")       \
    X(to, "--to")           \
    X(between, "--between") \
    X(nodes, "--node")      \
    X(one_way, "--one-way") \
    X(dialled_by, "--dialled-by")

enum whom_field {
#define X(name, word) WHOM_##name,
    WHOM_FIELDS(X)
#undef X
        WHOM_FIELDS_COUNT
};

/* How whoever asks calls the fields. */
extern const char *const whom_words[WHOM_FIELDS_COUNT], *const whom_documents[WHOM_FIELDS_COUNT];

/* What was said, before it is known whether it fits together. */
struct whom {
    unsigned said;                                    /* a bit an enum whom_field */
    struct islands islands, between, from, to, nodes; /* owned; the last three are one island each */
    bool one_way;
    const char *dialled_by; /* "from" or "to"; not owned */
};

void whom_done(struct whom *whom);

/*
 * What that means for a rule with this fault, checked, so that the rule book can take it. Returns 0 and *ret, whose
 * islands are the caller's to end; or -EINVAL and the field that is wrong, as it is called in `names`.
 */
int whom_select(const struct whom *whom, const struct fault *fault, const char *const *names, struct selector *ret,
                struct refusal *refusal);

/* Adds the fields that say it to an object. */
void whom_to_document(const struct selector *selector, const struct fault *fault, json_t *object);

#endif
