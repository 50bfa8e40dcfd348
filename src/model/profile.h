/* SPDX-License-Identifier: MIT */
/*
 * What has to happen now: all faults that meet, folded into one value. The folding of a kind stands in its row of the
 * table of faults; faults are added oldest first.
 */
#ifndef MODEL_PROFILE_H
#define MODEL_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/faults.h"

/* As many latencies keep their own jitter; what comes on top is added to the last. */
#define SHAPE_LATENCIES_MAX 4

struct latency {
    uint64_t delay_us, jitter_us;
    uint32_t correlation; /* in PARAM_FRACTION-ths */
    enum distribution distribution;
};

/* When bytes may leave: what model/shaper.c goes by. All zero: at once. */
struct shape {
    struct latency latencies[SHAPE_LATENCIES_MAX];
    size_t latencies_count;
    uint64_t rate_bits;     /* a second; 0: as many as there are */
    uint64_t slow_close_us; /* the end of the stream is told so much later, once everything else is out */
    bool limited;           /* only limit_bytes more */
    uint64_t limit_bytes;
    uint64_t slice_bytes, slice_variation_bytes, slice_delay_us; /* slice_bytes 0: not sliced */
};

/* Of one lane: what one node sends to another. */
struct profile {
    enum partition partition;
    bool freeze, mute;
    uint64_t tick_us;                    /* while it is frozen: the time between two ticks of ours */
    unsigned stages_held, stages_closed; /* a bit an enum handshake_stage, of the messages that this lane carries */
    bool settling;                       /* nothing passes for a moment, see RULES_SETTLING_US */
    uint64_t flags_cleared;              /* of both nodes, from the handshake on */
    struct shape shape;
};

/* Of a name, as the port mapper speaks about it. */
struct name_profile {
    bool hide, silent, unlisted;
    uint64_t slow_us;
};

void profile_add(struct profile *profile, const struct fault *fault);
void name_profile_add(struct name_profile *profile, const struct fault *fault);

/* Is a fault of that kind, one between nodes, part of it? */
bool profile_has(const struct profile *profile, enum fault_kind kind);

/* Does it let anything wait? */
bool shape_delays(const struct shape *shape);

/* Must bytes wait for a time, be counted or be looked at on their way? */
bool profile_shapes(const struct profile *profile);

#endif
