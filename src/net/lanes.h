/* SPDX-License-Identifier: MIT */
/*
 * The two ends of a cable and the two lanes between them, as far as both lanes matter together. What it all means for
 * the cable is the cable's business: these functions move bytes, and give a verdict on whether it can go on.
 */
#ifndef NET_LANES_H
#define NET_LANES_H

#include <stdbool.h>

#include "net/end.h"
#include "net/lane.h"

struct relay;

struct lanes {
    struct end dialer, acceptor;
    struct lane to_acceptor, to_dialer;
};

/* Why a cable has to end, and how: orderly, or with a reset. NULL: it goes on. */
struct verdict {
    const char *why;
    bool reset;
};

/* The dialer's socket is taken over; the watches are the caller's to make. fn is called when a lane's time has come. */
void lanes_init(struct lanes *lanes, int dialer_fd, alarm_fn *fn, void *data);
void lanes_done(struct lanes *lanes, struct relay *relay, bool reset);

/* What both have to do from now on. */
void lanes_set_profiles(struct lanes *lanes, struct relay *relay, const struct profile *to_acceptor,
                        const struct profile *to_dialer);

/*
 * What the profiles say about the connection itself. `living`: the nodes have shaken hands, so what is about new
 * connections is none of theirs.
 */
struct verdict lanes_judge(const struct lanes *lanes, bool living);

/* Moves what can be moved; `raw`: also before the handshake is through. */
struct verdict lanes_pump(struct lanes *lanes, struct relay *relay, bool raw);

/* Hears of what lanes_pump() waits for. */
void lanes_update_watches(struct lanes *lanes, struct relay *relay);

/* Is either lane held? */
bool lanes_are_held(const struct lanes *lanes);

#endif
