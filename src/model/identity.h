/* SPDX-License-Identifier: MIT */
/*
 * Who is at the two ends of a connection: learnt from its handshake, and what the rule book says about the two.
 */
#ifndef MODEL_IDENTITY_H
#define MODEL_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/selector.h"
#include "wire/handshake.h"

struct profile;
struct rules;

struct identity {
    char *dialer, *acceptor; /* full names; NULL while not known */
    uint32_t dialer_creation;
    bool dialer_hidden, acceptor_hidden;
    bool framed[2];              /* by enum handshake_side: the handshake is through in this direction */
    bool waits[2];               /* a message is complete, and was not passed on yet */
    struct handshake *handshake; /* while it is watched */
};

void identity_init(struct identity *identity);
void identity_done(struct identity *identity);

/* How many bytes of that direction to read next: no more than up to the end of a message. 0: one waits, or none come.
 */
size_t identity_wanted(const struct identity *identity, enum handshake_side side);

/*
 * Looks at so many bytes. Returns HANDSHAKE_MORE or, when a message is complete now and waits, HANDSHAKE_MESSAGE; or
 * HANDSHAKE_BAD and *ret_reason when this is no handshake, HANDSHAKE_RAW when it never was one.
 */
enum handshake_verdict identity_observe(struct identity *identity, enum handshake_side side, const uint8_t *data,
                                        size_t len, const char **ret_reason);

/* What was read of that direction's current message; whole when it waits. */
const struct handshake_half *identity_message(const struct identity *identity, enum handshake_side side);

/* The message that waits was passed on. Once the handshake is through in both directions the observer is gone. */
void identity_passed(struct identity *identity, enum handshake_side side);

/* There is no handshake to watch (any more). */
void identity_forget_handshake(struct identity *identity);

/*
 * What the rule book says about the two directions. `registered` is what the registry knows of the acceptor, whose name
 * is the full one or the short one, of which no rule about a host speaks, for as long as it has not said itself who it
 * is. A dialer that is not known is in no rule.
 */
void identity_profiles(const struct identity *identity, const struct rules *rules, struct party dialer,
                       struct party registered, struct profile *ret_to_acceptor, struct profile *ret_to_dialer);

#endif
