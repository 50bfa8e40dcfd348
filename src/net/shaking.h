/* SPDX-License-Identifier: MIT */
/*
 * The handshake of a cable: relayed message by message, as each may tell who is at the ends, and what the rule book
 * then says about the two. A message that must not go on waits here; nothing behind it is read.
 *
 * None of this ends a cable: what has to end it is returned as a verdict.
 */
#ifndef NET_SHAKING_H
#define NET_SHAKING_H

#include <stdbool.h>
#include <stdint.h>

#include "model/identity.h"
#include "net/lanes.h"

struct shaking {
    struct relay *relay;
    struct lanes *lanes;    /* the cable's */
    const char *registered; /* the acceptor's short name; the cable's */
    struct identity identity;
    bool is_raw;            /* the dialer's first bytes are no handshake */
    uint64_t flags_cleared; /* of both nodes' messages: fixed when the first one goes on */
};

void shaking_init(struct shaking *shaking, struct relay *relay, struct lanes *lanes, const char *registered);
void shaking_done(struct shaking *shaking);

/* Asks the rule book what the two lanes have to do from now on. */
void shaking_apply_rules(struct shaking *shaking);

/* What the profiles say about the connection, and about a message that waits. Asked before anything is moved. */
struct verdict shaking_judge(struct shaking *shaking, bool living);

/*
 * Reads the dialer's first message. *ret_known: it is there, or it is none (is_raw), and so no more is to be read
 * before the acceptor is connected to.
 */
struct verdict shaking_hear(struct shaking *shaking, bool *ret_known);

/* Nothing stands in the way of telling the acceptor of this connection. */
bool shaking_may_dial(const struct shaking *shaking);

/* The acceptor is there, and this is no handshake: what was read of it goes on. */
void shaking_give_up(struct shaking *shaking);

/* Relays what may be relayed, both ways. The lanes are framed when it is through. */
struct verdict shaking_relay(struct shaking *shaking);

#endif
