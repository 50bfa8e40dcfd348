/* SPDX-License-Identifier: MIT */
/*
 * A lane: one direction of a cable. Reads from one end, its source, and writes to the other, its sink, as its profile
 * says.
 *
 *     source ══> [ shared buffer ] ══> sink          copied; only what the sink does not take is kept: cable/fast.h
 *     source ══> [ pipe ] ══> sink                   large frames: cable/splicing.h
 *     source ══> [ shaper ] ══> sink                 while there is a fault that shapes: cable/slow.h
 *     source ══> nothing                             while a cut drops, or when nobody is left to hear it
 *
 * While anything is kept the source is not read, so that TCP pushes back to whoever sends. A held lane neither reads
 * nor writes; what its source has to say waits in the kernel, and in the end in the sender.
 *
 * Three things are states, each changed by one function that knows the legal moves; whatever else there is to know
 * about a lane is asked of a function.
 */
#ifndef CABLE_LANE_H
#define CABLE_LANE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "model/effect.h"
#include "model/profile.h"
#include "model/traffic.h"
#include "loop/deadlines.h"
#include "wire/frames.h"

struct cabling;
struct end;
struct pipe;
struct slow;

enum source {
    SOURCE_open,
    SOURCE_ended,  /* orderly; all it has sent was read */
    SOURCE_broken, /* by a reset, say; all that had come was read */
};

enum sink {
    SINK_open,
    SINK_told, /* how the source ended: nothing more passes */
    SINK_lost, /* it broke: nothing more passes */
    SINK_deaf, /* it is no more, and that is kept secret from the source: what comes is for nobody */
};

enum lane_phase {
    LANE_shaking,  /* the handshake is relayed message by message, see cable/handshaking.h */
    LANE_at_stage, /* a handshake fault keeps its next message back */
    LANE_framed,   /* it is through in this direction: frames are counted */
    LANE_up,       /* and in the other */
    LANE_raw,      /* there is none: bytes that nobody looks at */
};

struct lane {
    struct end *in, *out;    /* the ends of source and sink */
    const struct lane *back; /* the other direction */
    enum source source;
    enum sink sink;
    enum lane_phase phase;
    bool suffers;         /* it has, or had, a fault, and may have something to tell: see lane_take_toll() */
    bool torn;            /* bytes may have been thrown away: none may follow them */
    struct frames frames; /* what has left for the sink, or is kept for it */
    uint64_t bytes;       /* read from the source */
    size_t kept_len, kept_sent;
    size_t piped;
    struct slow *slow; /* NULL: everything leaves at once */
    struct profile profile;

    /* Not for those who look at thousands of lanes: */
    uint8_t *kept;
    struct pipe *pipe;              /* lent while there are bytes in it: piped */
    bool splices;                   /* what comes is worth it ... */
    uint32_t run_bytes, run_frames; /* ... as it was of late: cable/splicing.h */
    uint64_t seed;                  /* of its chance, while it goes the slow way */
    struct toll toll;               /* which lane_take_toll() has not told yet ... */
    struct toll held_told;          /* ... and of what is held now, how much it has */
    uint64_t held_seen;             /* bytes that were held when it was looked at */
    bool end_told;                  /* and that its end is kept back */
    bool delays;                    /* what comes waits for a time, and is counted */
    struct frames thrown;           /* what is thrown away, behind what has passed or waited ... */
    bool throws;                    /* ... since that has begun */
    struct deadline deadline;
    struct flow flow; /* in the account of what its nodes have sent, once they have connected */
};

/* fn is called when time has come for lane_pump() to do more. */
void lane_init(struct lane *lane, struct end *in, struct end *out, const struct lane *back, alarm_fn *fn, void *data);
void lane_done(struct lane *lane, struct cabling *cabling);

/* What it has to do from now on. */
void lane_set_profile(struct lane *lane, struct cabling *cabling, const struct profile *profile, uint64_t now_us);

void lane_enter_phase(struct lane *lane, enum lane_phase phase);

/* Somebody else knows that the sink is no more. */
void lane_go_deaf(struct lane *lane);

/* Moves what can be moved now, within reason: others are waiting too. Does nothing while stopped, or in a handshake. */
void lane_pump(struct lane *lane, struct cabling *cabling, uint64_t now_us);

/*
 * The first half of lane_pump(), for bytes that are looked at before they go on: reads once, at most `room` bytes.
 * Returns how many, or 0 when there are none (look at the source). lane_pass() sends them on.
 */
size_t lane_read(struct lane *lane, uint8_t *to, size_t room);
void lane_pass(struct lane *lane, struct cabling *cabling, const uint8_t *data, size_t len);

/* The other half: moves on what was passed, and when all is out the end. Returns true when more may be passed. */
bool lane_drain(struct lane *lane, struct cabling *cabling, uint64_t now_us);

/* Takes what the source has, for nobody; its end is kept secret. */
void lane_throw_away(struct lane *lane, struct cabling *cabling);

/* ---- for the two ways ---- */

/* What end_read() or end_splice_in() returned instead of bytes. */
void lane_source_said(struct lane *lane, ssize_t got);

/* A write failed. */
void lane_lose_sink(struct lane *lane);

/* Writes at once what the sink takes, and keeps the rest. */
void lane_send(struct lane *lane, const uint8_t *data, size_t len);

/* Writes what is kept. Returns true when nothing is left, and the sink is there. */
bool lane_flush(struct lane *lane, struct cabling *cabling);

/* Keeps a copy, to be sent before anything else. */
void lane_keep(struct lane *lane, const uint8_t *data, size_t len);

/* ---- questions ---- */

bool lane_is_framed(const struct lane *lane);  /* behind the handshake in this direction */
bool lane_is_stopped(const struct lane *lane); /* neither reads nor writes */
bool lane_drops(const struct lane *lane);      /* what comes is thrown away */
bool lane_is_over(const struct lane *lane);    /* nothing more passes, and nobody is left to be told */

/* A fault keeps the source's bytes back for as long as it lasts: only that the source leaves is heard. */
bool lane_is_held(const struct lane *lane);

/* A fault keeps it secret that the source has left. */
bool lane_hides_its_end(const struct lane *lane);

/* limit_data has let through what it lets through. */
bool lane_is_spent(const struct lane *lane);

/* Something of its stream is missing, and nothing keeps it from going on: it must not. */
bool lane_cannot_go_on(const struct lane *lane);

/* Its node has left, as far as anybody can tell. */
bool lane_source_has_left(const struct lane *lane);

/* Nothing is on its way, no fault is about it, neither of its nodes has left: what comes passes through. */
bool lane_is_plain(const struct lane *lane);

/* The frames up to where nothing was read yet: those that wait, and those that were thrown away, too. */
struct frames lane_came(const struct lane *lane);

/* Bytes that wait in our memory, or in a pipe. */
size_t lane_waiting(const struct lane *lane);

/* What its faults have done to what its source has sent, that no earlier call has told. */
struct toll lane_take_toll(struct lane *lane, const struct cabling *cabling);

/* What must happen before lane_pump() can go on? A time: the deadline is set for it. */
bool lane_wants_read(const struct lane *lane, const struct cabling *cabling);
bool lane_wants_write(const struct lane *lane);
void lane_set_deadline(struct lane *lane, struct cabling *cabling, uint64_t now_us);

#endif
