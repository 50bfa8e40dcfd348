/* SPDX-License-Identifier: MIT */
/*
 * What a rule has done so far: a test whose fault has touched nothing has shown nothing.
 */
#ifndef MODEL_EFFECT_H
#define MODEL_EFFECT_H

#include <stdbool.h>
#include <stdint.h>

struct effect {
    uint64_t cables;            /* connections over which nodes talked, that it was about */
    uint64_t dials;             /* connections that nodes tried to make, the same */
    uint64_t lookups;           /* port queries, and lists, that it changed the answer of */
    uint64_t held_bytes;        /* that nodes had sent, and that waited for its end, or for a node to give up */
    uint64_t dropped_bytes;     /* that were read and thrown away */
    uint64_t first_ms, last_ms; /* since 1970; 0: it has touched nothing */
};

static inline bool effect_is_there(const struct effect *effect)
{
    return effect->first_ms != 0;
}

#endif
