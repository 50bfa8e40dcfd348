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

struct mapper;
struct node;
struct owner;
struct stranger;

/* Who asks, and through which connection. */
struct asker {
    const struct owner *owner;       /* of the registration that the connection may become */
    const struct stranger *stranger; /* as such it stands on the account of descriptors */
    int fd;                          /* shown by DUMP */
    struct address peer, local;
    bool waited; /* it was told to ask again later, and does */
};

enum answer_kind {
    ANSWER_SAID,    /* text; none: closed in silence */
    ANSWER_LATER,   /* there is none yet: ask again in delay_us */
    ANSWER_NEVER,   /* none, and no close: as if the question had not arrived */
    ANSWER_REFUSED, /* close without one, for the reason `refusal` */
};

/* How the connection goes on behind the text. */
enum answer_behind {
    BEHIND_CLOSE,
    BEHIND_STAY, /* it is open until the other side ends it: a registration, or a refused one */
    BEHIND_KILL, /* the daemon ends */
};

struct answer {
    enum answer_kind kind;
    struct text text; /* taken over by the caller */
    enum answer_behind behind;
    struct node *registered; /* the connection is this node's registration from now on */
    uint64_t delay_us;
    const char *refusal;
};

/* Answers a request, given behind its length field. May end other sessions, never the asker's. */
void answer_request(struct mapper *mapper, const uint8_t *body, size_t len, const struct asker *asker,
                    struct answer *ret);

#endif
