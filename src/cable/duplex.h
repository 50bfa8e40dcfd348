/* SPDX-License-Identifier: MIT */
/*
 * The two ends of a cable and the two lanes between them, as far as both lanes matter together. What it all means for
 * the cable is the cable's business: these functions move bytes, and give a verdict on whether it can go on.
 */
#ifndef CABLE_DUPLEX_H
#define CABLE_DUPLEX_H

#include <stdbool.h>

#include "cable/end.h"
#include "cable/lane.h"

struct cabling;

struct duplex {
    struct end dialer, acceptor;
    struct lane to_acceptor, to_dialer;
};

/* Why a cable has to end, and how: orderly, or with a reset. NULL: it goes on. */
struct verdict {
    const char *why;
    bool reset;
    bool faulted; /* a fault ends it, of this kind: */
    enum fault_kind by;
};

#define VERDICT_GOES_ON ((struct verdict){NULL, false, false, 0})
#define VERDICT_OVER(why, reset) ((struct verdict){why, reset, false, 0})
#define VERDICT_BY(kind, why, reset) ((struct verdict){why, reset, true, FAULT_##kind})

/* The dialer's socket is taken over; the watches are the caller's to make. fn is called when a lane's time has come. */
void duplex_init(struct duplex *duplex, int dialer_fd, alarm_fn *fn, void *data);
void duplex_done(struct duplex *duplex, struct cabling *cabling, bool reset);

/*
 * What the profiles say about the connection itself. `living`: the nodes have shaken hands, so what is about new
 * connections is none of theirs.
 */
struct verdict duplex_judge(const struct duplex *duplex, bool living);

/* How many ends are broken: a write may show that, and then what their nodes have sent is to be read at once. */
int duplex_count_broken(const struct duplex *duplex);

/* Moves what can be moved, in both directions; what is still in its handshake is not. */
struct verdict duplex_pump(struct duplex *duplex, struct cabling *cabling, uint64_t now_us);

/* Hears of what duplex_pump() waits for. Returns 0, or a negative errno when the kernel refuses to tell. */
int duplex_update_watches(struct duplex *duplex, struct cabling *cabling, uint64_t now_us);

/* Is either lane held? */
bool duplex_is_held(const struct duplex *duplex);

#endif
