/* SPDX-License-Identifier: MIT */
/*
 * A lane: one direction of a cable. Reads from its source end, writes to its sink end, as its profile says.
 *
 *     source ══> [ shared buffer ] ══> sink          copied; only what the sink does not take is kept
 *     source ══> [ pipe ] ══> sink                   the rest of a large frame, never beyond its end
 *     source ══> [ shaper ] ══> sink                 while there is a fault that shapes: cable/slow.h
 *     source ══> nothing                             while a cut drops
 *
 * While anything is kept the source is not read, so that TCP pushes back to whoever sends. A held lane neither reads
 * nor writes; what its source has to say waits in the kernel, and in the end in the sender.
 */
#ifndef CABLE_LANE_H
#define CABLE_LANE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/profile.h"
#include "loop/deadlines.h"
#include "cable/end.h"
#include "wire/frames.h"

struct pipe;
struct cabling;
struct shaper;

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
    bool source_gone;  /* it has ended in either way, and that was read */
    bool framed;       /* behind the handshake: count frames */
    bool up;           /* in both directions */
    bool at_stage;     /* a handshake fault keeps its next message back */
    bool lossy;        /* bytes may have been thrown away: nothing may follow them */
    bool sink_hidden;  /* the other lane keeps ends back: the source must not learn that its sink is gone ... */
    bool deaf;         /* ... and it is: what comes is for nobody */
    bool full;         /* the shaper may take no more: back-pressure goes through */
    struct profile profile;
    struct frames frames; /* what has left for the sink, or is kept for it */
    uint64_t bytes;       /* read from the source */
    uint8_t *kept;
    size_t kept_len, kept_sent;
    struct pipe *pipe; /* lent while there are bytes in it */
    size_t piped;

    struct shaper *shaper; /* NULL: everything leaves at once */
    size_t queued;         /* bytes in it, as counted in cabling->queued_bytes */
    size_t unframed;       /* of those, the first so many are of the handshake */
    uint8_t withheld;      /* bytes of a frame's header that came, and are kept from the sink: it may be a tick */
    uint64_t tick_due_us;  /* frozen: when the next tick of ours is due; 0: at once */
    struct deadline deadline;
};

/* fn is called when time has come for lane_pump() to do more. */
void lane_init(struct lane *lane, struct end *source, struct end *sink, alarm_fn *fn, void *data);
void lane_done(struct lane *lane, struct cabling *cabling);

/* What it has to do from now on. */
void lane_set_profile(struct lane *lane, struct cabling *cabling, const struct profile *profile);

/* Moves what can be moved now, within reason: others are waiting too. Does nothing while stopped. */
void lane_pump(struct lane *lane, struct cabling *cabling);

/*
 * The first half of lane_pump(), for bytes that are looked at before they go on: reads once, at most `room` bytes.
 * Returns how many, or 0 when there are none (look at the state). lane_pass() sends them on.
 */
size_t lane_read(struct lane *lane, uint8_t *to, size_t room);
void lane_pass(struct lane *lane, struct cabling *cabling, const uint8_t *data, size_t len);

/* The other half: moves on what was passed, and when all is out the end. Returns true when more may be passed. */
bool lane_drain(struct lane *lane, struct cabling *cabling);

/* Writes at once what the sink takes, and keeps the rest. */
void lane_send(struct lane *lane, const uint8_t *data, size_t len);

/* Writes what is kept. Returns true when nothing is left, and the sink is there. */
bool lane_flush(struct lane *lane, struct cabling *cabling);

/* Bytes that wait in our memory, or in a pipe. */
size_t lane_waiting(const struct lane *lane);

/* Neither reads nor writes. */
bool lane_is_stopped(const struct lane *lane);

/* What comes is thrown away. */
bool lane_drops(const struct lane *lane);

/* Something keeps the source's bytes back for as long as a fault lasts: only its hanging up is heard. */
bool lane_is_held(const struct lane *lane);

/* limit_data has let through what it lets through. */
bool lane_is_spent(const struct lane *lane);

/* What must happen before lane_pump() can go on? A time: the deadline is set for it. */
bool lane_wants_read(const struct lane *lane, const struct cabling *cabling);
bool lane_wants_write(const struct lane *lane);
void lane_set_deadline(struct lane *lane, struct cabling *cabling);

#endif
