/* SPDX-License-Identifier: MIT */
/*
 * Who is at the two ends of a connection: learnt from its handshake, and what the rule book says about the two.
 */
#ifndef MODEL_IDENTITY_H
#define MODEL_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/handshake.h"

struct frames;
struct profile;
struct rules;

struct identity {
    char *dialer, *acceptor; /* full names; NULL while not known */
    bool dialer_hidden, acceptor_hidden;
    bool framed[2];              /* by enum handshake_side: the handshake is through in this direction */
    struct handshake *handshake; /* while it is watched */
};

void identity_init(struct identity *identity);
void identity_done(struct identity *identity);

/*
 * Looks at bytes of one direction, all of which are taken; those behind the handshake are counted as frames. Returns
 * HANDSHAKE_BAD and *ret_reason when this is none, HANDSHAKE_RAW when it never was one, else HANDSHAKE_MORE. Once the
 * handshake is through in both directions, or has ended in one of these two ways, the observer is gone.
 */
enum handshake_verdict identity_observe(struct identity *identity, enum handshake_side side, const uint8_t *data,
                                        size_t len, struct frames *frames, const char **ret_reason);

/* Has the dialer said its first word? Its name may come later all the same (nodes that ask for one). */
bool identity_has_begun(const struct identity *identity);

/*
 * What the rule book says about the two directions; `registered` is the acceptor's short name, for as long as its full
 * one is not known. A dialer that is not known is in no rule.
 */
void identity_profiles(const struct identity *identity, const struct rules *rules, const char *registered,
                       struct profile *ret_to_acceptor, struct profile *ret_to_dialer);

#endif
