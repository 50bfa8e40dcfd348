/* SPDX-License-Identifier: MIT */
/*
 * What happened so far, as numbers that only grow. One row a counter: its name in the code, in JSON, and what it means.
 */
#ifndef MODEL_COUNTERS_H
#define MODEL_COUNTERS_H

#include <stdint.h>

#define COUNTERS_TABLE(X)                                                                      \
    X(connections_accepted, "connections accepted on the port, EPMD and HTTP together")        \
    X(connections_evicted, "connections closed to make room: they had not shown who they are") \
    X(accept_pauses, "times accepting paused because descriptors had run out")                 \
    X(epmd_requests, "EPMD requests served, refused ones included")                            \
    X(epmd_malformed, "connections closed because of malformed EPMD requests")                 \
    X(epmd_timeouts, "connections closed because an EPMD request did not come in time")        \
    X(registrations, "nodes registered")                                                       \
    X(registrations_refused, "registrations refused: name taken or not acceptable")            \
    X(lookups, "port queries (PORT_PLEASE2_REQ) for registered nodes")                         \
    X(lookups_unknown, "port queries for names that nobody had registered")                    \
    X(gates_opened, "gates opened")                                                            \
    X(gates_evicted, "gates closed to make room for others")                                   \
    X(gates_failed, "port queries that could not be given a gate")                             \
    X(cables_opened, "connections accepted at gates")                                          \
    X(cables_closed, "cables that ended, for any reason")                                      \
    X(dials_failed, "cables that ended because the registered node did not accept")            \
    X(handshakes_done, "handshakes that went through to the end")                              \
    X(handshakes_malformed, "cables closed because of a malformed handshake")                  \
    X(handshakes_held, "connections whose handshake was held before it began")                 \
    X(ticks_made, "ticks of our own, between frozen nodes")                                    \
    X(ticks_muted, "ticks that a mute lane has swallowed")                                     \
    X(lookups_hidden, "port queries answered falsely, late or not at all because of a fault")  \
    X(http_requests, "requests to the control API")                                            \
    X(http_refused, "requests to the control API answered with an error")

enum counter {
#define X(name, help) COUNTER_##name,
    COUNTERS_TABLE(X)
#undef X
        COUNTERS_COUNT
};

struct counters {
    uint64_t value[COUNTERS_COUNT];
};

#define COUNT(counters, name) ((counters)->value[COUNTER_##name]++)

const char *counter_name(enum counter counter);
const char *counter_help(enum counter counter);

#endif
