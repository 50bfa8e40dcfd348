/* SPDX-License-Identifier: MIT */
/*
 * cut: islands from each other, or the registered nodes along the lines of a topology.
 */
#ifndef REQUEST_CUT_H
#define REQUEST_CUT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/options.h"
#include "base/refusal.h"
#include "model/faults.h"
#include "model/islands.h"
#include "model/topology.h"
#include "request/lifetime.h"

struct cut_request {
    struct fault fault; /* the partition, with its mode */
    bool by_topology;   /* else by islands */

    struct islands islands; /* two or more, checked; owned */
    bool one_way;           /* only what the first island sends to the others */

    enum topology topology;
    char *node;        /* the one that it is about, a pattern, or NULL; owned */
    struct islands of; /* one island: the nodes to split; none: all that are registered; owned */
    bool seeded;       /* else the seed is still to be drawn */
    uint64_t seed;

    struct lifetime lifetime;
    bool strict; /* a name that no node has is an error, and no note */
};

void cut_request_done(struct cut_request *request);

/* What the options of a command line say. */
struct cut_words {
    bool one_way, strict;
    const char *mode, *of, *lease;
    int seed; /* -1: not given */
    struct {
        bool is;          /* for one that needs no node */
        const char *node; /* for one that does */
    } topologies[TOPOLOGIES_COUNT];
};

#define CUT_WORDS_NONE ((struct cut_words){.seed = -1})

extern const struct option_table cut_options; /* of a struct cut_words */

/*
 * `islands` are the words that are no options, up to the NULL. Both return 0 and *ret, to be ended with
 * cut_request_done(); or -EINVAL.
 */
int cut_request_from_words(const struct cut_words *options, const char *const *islands, struct cut_request *ret,
                           struct refusal *refusal);
int cut_request_from_document(const json_t *document, struct cut_request *ret, struct refusal *refusal);

/* It reads back as the same. */
json_t *cut_request_to_document(const struct cut_request *request);

#endif
