/* SPDX-License-Identifier: MIT */
/*
 * Where a connection is in its life: cable/cable.c goes through it, status shows it, help texts explain it.
 */
#ifndef MODEL_PHASES_H
#define MODEL_PHASES_H

#define CABLE_PHASES(X)                                                                  \
    X(naming, "the dialer has not said yet who it is")                                   \
    X(held, "it has, and a cut keeps the acceptor from hearing of it")                   \
    X(dialling, "the acceptor is being connected to")                                    \
    X(shaking, "the handshake goes on")                                                  \
    X(up, "the nodes talk")                                                              \
    X(deserted, "they did: one of them has left, and a fault keeps that from the other") \
    X(closing, "they did: one of them has left, and the other is told")                  \
    X(raw, "no Erlang handshake (TLS, say): relayed, but nobody knows who dialled")

enum cable_phase {
#define X(name, help) CABLE_##name,
    CABLE_PHASES(X)
#undef X
};

#define CABLE_PHASES_COUNT (CABLE_raw + 1)

#endif
