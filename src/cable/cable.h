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

#include "model/faults.h"
#include "model/phases.h"
#include "cable/target.h"

struct cable;
struct cables;
struct cabling;
struct flow;
struct profile;
struct traffic;

/* That long a node may take to say who it is (OTP's own limit, net_setuptime, is 120 s at most). */
#define CABLE_NAMING_MS 120000

const char *cable_phase_name(enum cable_phase phase);
bool cable_phase_is(const char *name); /* is there one of that name? */

/* A look at a lane: what its source has sent so far, and what stands in its way. */
struct lane_view {
    uint64_t bytes, frames, ticks;
    uint64_t came, passed;         /* others when anything but ticks has come from its source, or left for its sink */
    uint64_t waiting_bytes;        /* in our memory */
    bool is_held;                  /* something keeps the source's bytes back for as long as a fault lasts */
    enum partition cut;            /* PARTITION_NONE: nothing cuts it */
    const struct profile *profile; /* which faults meet on it */
};

/* A look at one end of a cable. */
struct end_view {
    const char *name; /* full name; the acceptor's is the registered one, the dialer's NULL, until it is known */
    bool is_hidden;   /* as its handshake says */
    bool has_left;    /* it has closed or broken its end, whether or not the other one has heard of it */
};

/* A look at a cable; everything pointed to is the cable's, until the next turn of the loop. */
struct cable_view {
    uint64_t id;
    uint64_t age_ms;
    enum cable_phase phase;
    struct end_view dialer, acceptor;
    struct lane_view to_acceptor, to_dialer;
};

struct cables *cables_new(struct cabling *cabling);
void cables_free(struct cables *cables);

/* A connection came to a gate: the cable owns fd and a copy of the target from now on. */
void cable_open(struct cabling *cabling, int fd, const struct target *target);

/* The rule book changed: every cable asks it again that the change may be about. */
void cables_apply_rules(struct cables *cables);

/* What rules have done to what passes, up to now, is noted in their effects: for rules_set_note(). */
void cables_note_effects(void *cables, bool all);

size_t cables_held(const struct cables *cables); /* that something holds, in either direction */

const struct cable *cables_first(const struct cables *cables); /* oldest first */
const struct cable *cable_next(const struct cable *cable);
/* The oldest of those whose number is greater, or NULL: for whoever goes on after a while. */
const struct cable *cables_after(const struct cables *cables, uint64_t id);
uint64_t cables_last_id(const struct cables *cables); /* of all that there were */
struct cable_view cable_look(const struct cable *cable);

/* Have its nodes shaken hands, or done whatever nodes do that we cannot read? */
bool cable_phase_is_living(enum cable_phase phase);

/* What nodes have sent each other, once a cable between them was living; and a look at the lane of such a flow. */
const struct traffic *cables_traffic(const struct cables *cables);
struct lane_view cables_look_at_flow(const struct flow *flow);

/* What all nodes have sent over all cables that there are or were, handshakes included. */
uint64_t cables_sent_bytes(const struct cables *cables);

#endif
