/* SPDX-License-Identifier: MIT */
/*
 * What a row of the table in routes.c is given when its resource is asked for.
 */
#ifndef CONTROL_ASKED_H
#define CONTROL_ASKED_H

#include <jansson.h>

#include "control/api.h"

struct lists;

/* What a route is given: the body as a document where it takes one, and the word behind its path. */
struct asked {
    const struct api *api;
    const struct api_request *request;
    const json_t *document;
    const char *word;
    struct api_answer *answer; /* for pieces in place of a document */
};

/* Returns the answer's document, or NULL and the refusal; or gives the answer its pieces. */
typedef json_t *route_fn(const struct asked *asked, struct refusal *refusal);

/* The lists are taken over, and the answer has pieces; returns NULL. */
json_t *asked_in_pieces(const struct asked *asked, struct lists *lists);

#endif
