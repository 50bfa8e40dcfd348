/* SPDX-License-Identifier: MIT */
/*
 * A lane: one direction of a cable, from the socket of the node that sends to the socket of the one that receives.
 *
 *     source --read--> scratch (shared) --write--> sink
 *        |                 \ what the sink did not take --> kept (ours, at most RELAY_SCRATCH_BYTES) --write--> sink
 *        \-- splice --> pipe (borrowed, for the rest of large frames) -- splice --> sink
 *
 * While anything is kept or in the pipe nothing more is read: that is all of the back-pressure. A held lane does
 * neither read nor write; what its source has to say waits in the kernel, and in the end in the sender.
 */
#ifndef NET_LANE_H
#define NET_LANE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/rules.h"
#include "net/end.h"
#include "wire/frames.h"

struct pipe;
struct relay;

enum lane_state {
    LANE_OPEN,
    LANE_DRAINING, /* the source has ended; what is left goes out first */
    LANE_ENDED,    /* and the sink was told, or is no more */
    LANE_RESET,    /* the source broke: the sink is to be reset */
};

struct lane {
    struct end *source, *sink;
    enum lane_state state;
    bool source_reset; /* LANE_DRAINING because of an error, not of an orderly end */
    bool framed;       /* behind the handshake: count frames */
    struct profile profile;
    struct frames frames;
    uint64_t bytes; /* read from the source */
    uint8_t *kept;
    size_t kept_len, kept_sent;
    struct pipe *pipe; /* lent while there are bytes in it */
    size_t piped;
};

void lane_init(struct lane *lane, struct end *source, struct end *sink);
void lane_done(struct lane *lane, struct relay *relay);

/* Moves what can be moved now, within reason: others are waiting too. Does nothing while held. */
void lane_pump(struct lane *lane, struct relay *relay);

/*
 * The first half of lane_pump(), for bytes that are looked at before they go on: reads once, at most `room` bytes.
 * Returns how many, or 0 when there are none (look at the state). They must be kept next.
 */
size_t lane_read(struct lane *lane, uint8_t *to, size_t room);
void lane_keep(struct lane *lane, const uint8_t *data, size_t len);

/* The other half: writes what is kept. Returns true when nothing is left. */
bool lane_drain(struct lane *lane, struct relay *relay);

/* Bytes that wait for the sink. */
size_t lane_waiting(const struct lane *lane);

/* What must happen before lane_pump() can go on? */
bool lane_wants_read(const struct lane *lane);
bool lane_wants_write(const struct lane *lane);

#endif
