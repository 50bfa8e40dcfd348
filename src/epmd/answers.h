/* SPDX-License-Identifier: MIT */
/*
 * What the port mapper answers: the part of EPMD that is about nodes, and knows nothing of reading and writing.
 */
#ifndef EPMD_ANSWERS_H
#define EPMD_ANSWERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "loop/address.h"

struct node;
struct mapper;
struct session;
struct stranger;

/* Who asks, and through which connection. */
struct asker {
    struct session *session;
    const struct stranger *stranger;
    int fd; /* shown by DUMP */
    struct address peer, local;
    bool waited; /* it was told to ask again later, and does */
};

/* How the connection goes on. Without text it is closed in silence. */
struct answer {
    const char *refusal;     /* close without an answer, for this reason; nothing else counts then */
    struct text text;        /* to be sent; taken over by the caller */
    uint64_t delay_us;       /* there is no answer yet: ask again after that time */
    bool silent;             /* no answer, and no close: as if the question had not arrived */
    bool keep;               /* leave the connection open behind it */
    bool kill;               /* end the daemon behind it */
    struct node *registered; /* the connection is this node's registration from now on */
};

/* Answers a request, given behind its length field. May end other sessions, never the asker's. */
void answer_request(struct mapper *mapper, const uint8_t *body, size_t len, const struct asker *asker,
                    struct answer *ret);

#endif
