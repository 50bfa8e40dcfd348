/* SPDX-License-Identifier: MIT */
/*
 * The handshake of a cable: relayed message by message, as each may tell who is at the ends, and what the rule book
 * then says about the two. A message that must not go on waits here; nothing behind it is read.
 *
 * None of this ends a cable: what has to end it is returned as a verdict.
 */
#ifndef CABLE_HANDSHAKING_H
#define CABLE_HANDSHAKING_H

#include <stdbool.h>
#include <stdint.h>

#include "model/identity.h"
#include "cable/duplex.h"

struct cabling;

struct handshaking {
    struct seat *dialer_seat, *acceptor_seat; /* as which rules were asked about them; NULL: not yet */
    uint64_t asked;                           /* the version of the rules then */
    struct cabling *cabling;
    struct duplex *duplex;  /* the cable's */
    const char *registered; /* the acceptor's short name; the cable's */
    struct identity identity;
    bool dialer_observes;   /* it has registered, and is a hidden node ... */
    bool acceptor_observes; /* ... and so was the acceptor, while it was registered */
    uint32_t touched;       /* the newest rule that knows of this connection, in this part of its life */
    bool touched_hostless;  /* the acceptor's host was not known yet */
    uint64_t flags_cleared; /* of both nodes' messages: fixed when the first one goes on */
    uint64_t flags_changed; /* those of them that a message had */
};

void handshaking_init(struct handshaking *handshaking, struct cabling *cabling, struct duplex *duplex,
                      const char *registered);
void handshaking_done(struct handshaking *handshaking);

/* May the rule book say something else about it than it did? */
bool handshaking_is_concerned(const struct handshaking *handshaking);

/* Does the registry know something else about its acceptor than it did then? */
bool handshaking_has_other_parties(const struct handshaking *handshaking);

/* Asks the rule book what the two lanes have to do from now on. */
void handshaking_apply_rules(struct handshaking *handshaking, uint64_t now_us);

/* Tells the rules that they are about this connection; `living`: its nodes talk. Those that came since the last time.
 */
void handshaking_touch_rules(struct handshaking *handshaking, bool living);

/* Notes in the effects of rules what they have done to what the two have sent ... */
void handshaking_note_toll(struct handshaking *handshaking);

/* ... that they have ended the connection, over which the two talked if it is living; and that both had given it up. */
void handshaking_note_end(struct handshaking *handshaking, struct verdict verdict, bool living);
void handshaking_note_given_up(struct handshaking *handshaking);

/* What the profiles say about the connection, and about a message that waits. Asked before anything is moved. */
struct verdict handshaking_judge(const struct handshaking *handshaking, bool living);

/*
 * Reads the dialer's first message. *ret_known: it is there, or it is none (raw), and so no more is to be read before
 * the acceptor is connected to.
 */
struct verdict handshaking_hear(struct handshaking *handshaking, uint64_t now_us, bool *ret_known);

/* The dialer's first bytes are no handshake. */
bool handshaking_is_raw(const struct handshaking *handshaking);

/* Nothing stands in the way of telling the acceptor of this connection. */
bool handshaking_may_dial(const struct handshaking *handshaking);

/* The acceptor is there, and this is no handshake: what was read of the dialer goes on to it. */
void handshaking_forward_raw(struct handshaking *handshaking);

/* The two talk now: the registry is told that its nodes have connected. */
void handshaking_tell_up(const struct handshaking *handshaking);

/* Relays what may be relayed, both ways. The lanes are framed when it is through. */
struct verdict handshaking_relay(struct handshaking *handshaking, uint64_t now_us);

#endif
