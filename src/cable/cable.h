/* SPDX-License-Identifier: MIT */
/*
 * Cables: connections between two nodes, relayed. cable.c tells the life of one, from top to bottom.
 *
 *     dialer node <==> dialer end  ---- lane ---->  acceptor end <==> acceptor node
 *                                  <--- lane -----
 *
 * A cable frees itself when both ends are done.
 */
#ifndef CABLE_CABLE_H
#define CABLE_CABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cable/lane.h"
#include "cable/target.h"

struct cable;
struct cables;
struct cabling;

/* That long a node may take to say who it is (OTP's own limit, net_setuptime, is 120 s at most). */
#define CABLE_NAMING_MS 120000

#define CABLE_STATES(X)                                                \
    X(naming, "the dialer has not said yet who it is")                 \
    X(held, "it has, and a cut keeps the acceptor from hearing of it") \
    X(dialling, "the acceptor is being connected to")                  \
    X(shaking, "the handshake goes on")                                \
    X(up, "the nodes talk")                                            \
    X(raw, "no Erlang handshake (TLS, say): relayed, but nobody knows who dialled")

enum cable_state {
#define X(name, help) CABLE_##name,
    CABLE_STATES(X)
#undef X
};

/* A look at a cable; everything pointed to is the cable's, until the next turn of the loop. */
struct cable_view {
    uint64_t id;
    uint64_t age_ms;
    const char *state;
    const char *dialer;   /* full name, or NULL: not known */
    const char *acceptor; /* full name; the registered one until the handshake shows it */
    bool dialer_hidden, acceptor_hidden;
    bool is_up;  /* the nodes talk over it */
    bool is_raw; /* nobody knows who dialled */
    const struct lane *to_acceptor, *to_dialer;
};

struct cables *cables_new(struct cabling *cabling);
void cables_free(struct cables *cables);

/* A connection came to a gate: the cable owns fd and a copy of the target from now on. */
void cable_open(struct cabling *cabling, int fd, const struct target *target);

/* The rule book changed: every cable asks it again. */
void cables_apply_rules(struct cables *cables);

size_t cables_count(const struct cables *cables);
const struct cable *cables_first(const struct cables *cables); /* oldest first */
const struct cable *cable_next(const struct cable *cable);
struct cable_view cable_look(const struct cable *cable);

#endif
