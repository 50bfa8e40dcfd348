/* SPDX-License-Identifier: MIT */
#include "model/profile.h"

#include <stdlib.h>

/* Sums of delays stay within what one rule may ask for. */
static uint64_t sum_us(uint64_t a, uint64_t b)
{
    return a + b < FAULT_DELAY_MAX_US ? a + b : FAULT_DELAY_MAX_US;
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static void add_latency(struct shape *shape, const uint64_t *value)
{
    struct latency *last;

    if (shape->latencies_count < SHAPE_LATENCIES_MAX) {
        shape->latencies[shape->latencies_count++] = (struct latency){
            .delay_us = value[PARAM_delay],
            .jitter_us = value[PARAM_jitter],
            .correlation = (uint32_t)value[PARAM_correlation],
            .distribution = (enum distribution)value[PARAM_distribution],
        };
        return;
    }
    last = &shape->latencies[SHAPE_LATENCIES_MAX - 1];
    last->delay_us = sum_us(last->delay_us, value[PARAM_delay]);
    last->jitter_us = sum_us(last->jitter_us, value[PARAM_jitter]);
}

void profile_add(struct profile *profile, const struct fault *fault)
{
    const uint64_t *value = fault->value;
    struct shape *shape = &profile->shape;

    switch (fault->kind) {
    case FAULT_partition:
        profile->partition = PARTITION_HOLD + (enum partition)value[PARAM_mode];
        return;
    case FAULT_latency:
        add_latency(shape, value);
        return;
    case FAULT_bandwidth:
        shape->rate_bits = shape->rate_bits ? least(shape->rate_bits, value[PARAM_rate]) : value[PARAM_rate];
        return;
    case FAULT_slow_close:
        shape->slow_close_us = sum_us(shape->slow_close_us, value[PARAM_delay]);
        return;
    case FAULT_limit_data:
        shape->limit_bytes = shape->limited ? least(shape->limit_bytes, value[PARAM_bytes]) : value[PARAM_bytes];
        shape->limited = true;
        return;
    case FAULT_slicer:
        shape->slice_bytes = value[PARAM_average_size];
        shape->slice_variation_bytes = value[PARAM_size_variation];
        shape->slice_delay_us = value[PARAM_delay];
        return;
    case FAULT_freeze:
        profile->tick_us = profile->freeze ? least(profile->tick_us, value[PARAM_every]) : value[PARAM_every];
        profile->freeze = true;
        return;
    case FAULT_mute:
        profile->mute = true;
        return;
    case FAULT_handshake:
        *(value[PARAM_action] == STAGE_CLOSE ? &profile->stages_closed : &profile->stages_held) |=
            1U << value[PARAM_stage];
        return;
    case FAULT_downgrade:
        profile->flags_cleared |= value[PARAM_clear];
        return;
    case FAULT_hide:
    case FAULT_slow:
    case FAULT_silent:
    case FAULT_unlisted:
    case FAULTS_COUNT:
        break;
    }
    abort(); /* not between nodes */
}

void name_profile_add(struct name_profile *profile, const struct fault *fault)
{
    switch (fault->kind) {
    case FAULT_hide:
        profile->hide = true;
        return;
    case FAULT_slow:
        profile->slow_us = sum_us(profile->slow_us, fault->value[PARAM_delay]);
        return;
    case FAULT_silent:
        profile->silent = true;
        return;
    case FAULT_unlisted:
        profile->unlisted = true;
        return;
    default:
        abort(); /* not of a name */
    }
}

bool profile_has(const struct profile *profile, enum fault_kind kind)
{
    const struct shape *shape = &profile->shape;

    switch (kind) {
    case FAULT_partition:
        return profile->partition != PARTITION_NONE;
    case FAULT_latency:
        return shape->latencies_count > 0;
    case FAULT_bandwidth:
        return shape->rate_bits > 0;
    case FAULT_slow_close:
        return shape->slow_close_us > 0;
    case FAULT_limit_data:
        return shape->limited;
    case FAULT_slicer:
        return shape->slice_bytes > 0;
    case FAULT_freeze:
        return profile->freeze;
    case FAULT_mute:
        return profile->mute;
    case FAULT_handshake:
        return profile->stages_held || profile->stages_closed;
    case FAULT_downgrade:
        return profile->flags_cleared != 0;
    case FAULT_hide:
    case FAULT_slow:
    case FAULT_silent:
    case FAULT_unlisted:
    case FAULTS_COUNT:
        break;
    }
    return false;
}

bool shape_delays(const struct shape *shape)
{
    return shape->latencies_count || shape->rate_bits || shape->slice_bytes;
}

bool profile_shapes(const struct profile *profile)
{
    const struct shape *shape = &profile->shape;

    return profile->freeze || profile->mute || shape_delays(shape) || shape->slow_close_us || shape->limited;
}
