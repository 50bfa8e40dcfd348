/* SPDX-License-Identifier: MIT */
/*
 * What a rule has been about so far, and what it has changed. A test whose fault has changed nothing would have gone
 * the same way without it: it has shown nothing.
 */
#ifndef MODEL_EFFECT_H
#define MODEL_EFFECT_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Name; whether anything would have been otherwise without the rule when it is more than 0; what it counts.
 *
 * Ticks are no frames, and in what is held or delayed they do not count: all that a node can tell of one that comes
 * later is that it gives the connection up, and that counts. What is held stays in the kernel for the most part: of
 * that the first 256 KiB of a lane are looked at, for whole frames and ticks.
 */
#define EFFECT_COUNTS(X)                                                                                 \
    X(cables, false, "connections over which nodes talked, that it was about")                           \
    X(dials, false, "connections that nodes tried to make, the same")                                    \
    X(lookups, true, "port queries, and lists, that it changed the answer of")                           \
    X(held_bytes, true, "sent by nodes, and kept until its end, or until a node gave up; without ticks") \
    X(held_frames, false, "of those, as far as they can be counted")                                     \
    X(dropped_bytes, true, "that were read and thrown away; ticks too")                                  \
    X(dropped_frames, false, "of those")                                                                 \
    X(delayed_bytes, true, "that had to wait for a latency, a bandwidth or a slicer; without ticks")     \
    X(delayed_frames, false, "of those, as far as they have come whole")                                 \
    X(hidden_ends, true, "nodes that had left a connection, which the other was not told, or later")     \
    X(held_handshakes, true, "that waited, with the node that dialled")                                  \
    X(changed_handshakes, true, "whose flags it has cleared")                                            \
    X(refused, true, "connections that nodes tried to make, and that it has ended")                      \
    X(closed, true, "connections over which nodes talked, that it has closed")                           \
    X(reset, true, "the same, with a reset; those under a drop when it is fixed, at the latest")         \
    X(given_up, false, "connections under it that both nodes had given up")

struct effect {
#define X(name, bites, help) uint64_t name;
    EFFECT_COUNTS(X)
#undef X
    uint64_t given_up_ms;       /* the last of these; since 1970, as all of them */
    uint64_t first_ms, last_ms; /* when it was about something, or has ended something; 0: never */
};

/* What the faults of a lane have done to the bytes that passed, or did not. */
struct toll {
    uint64_t held_bytes, held_frames;
    uint64_t dropped_bytes, dropped_frames; /* by a cut that drops */
    uint64_t muted_bytes;                   /* ticks that a mute has left out */
    uint64_t delayed_bytes, delayed_frames;
    bool ended; /* its source has left, and its sink was not told before now */
};

static inline bool toll_is_none(const struct toll *toll)
{
    return !toll->held_bytes && !toll->held_frames && !toll->dropped_bytes && !toll->dropped_frames &&
           !toll->muted_bytes && !toll->delayed_bytes && !toll->delayed_frames && !toll->ended;
}

/* Has it changed anything? */
static inline bool effect_has_bitten(const struct effect *effect)
{
#define X(name, bites, help) (bites && effect->name > 0) ||
    return EFFECT_COUNTS(X) false;
#undef X
}

#endif
