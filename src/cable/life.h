/* SPDX-License-Identifier: MIT */
/*
 * The inside of a cable, for the files that know it: cable.c, the life of one; news.c, what others hear of it; and
 * cables.c, all of them.
 */
#ifndef CABLE_LIFE_H
#define CABLE_LIFE_H

#include "loop/descriptors.h"
#include "loop/expiry.h"
#include "cable/cable.h"
#include "cable/duplex.h"
#include "cable/handshaking.h"

/* Those who look at all of them, at each change of the rules, need what stands first. */
struct cable {
    struct cabling *cabling;
    struct cable *prev, *next; /* cables->all, oldest first */
    enum cable_phase phase;
    bool held;                      /* counted in cables->held */
    struct handshaking handshaking; /* and who is at the ends */
    uint64_t id;
    uint64_t opened_ms;
    struct duplex duplex;
    struct target target;
    struct expiring naming;   /* cables->naming */
    struct stranger stranger; /* until the nodes have shaken hands */
};

struct cables {
    struct cabling *cabling;
    struct cable *all;
    struct cable *next_to_apply; /* rules, see cables_apply_rules(); or NULL */
    uint64_t last_id;
    size_t held;      /* those that something holds */
    uint64_t lessons; /* of the registry: what it knew when all were asked whether rules are about them */
    struct expiry naming;
};

/* The rules have changed: those that are about it shall know of it. */
void cable_touch_rules(struct cable *cable);

/* Decides what is next; the last thing that its caller does with the cable, which may be gone then. */
void cable_step(struct cable *cable, uint64_t now_us);

/* The one end of every cable. With `reset` both nodes see a broken connection, else an orderly close. */
void cable_free(struct cable *cable, bool reset, const char *why);

/* The registered name until the handshake shows the full one; the dialer's is "?" until it is known. */
const char *cable_acceptor_name(const struct cable *cable);
const char *cable_dialer_name(const struct cable *cable);

#endif
