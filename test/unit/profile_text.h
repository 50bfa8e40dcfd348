/* SPDX-License-Identifier: MIT */
#ifndef TEST_PROFILE_TEXT_H
#define TEST_PROFILE_TEXT_H

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "model/profile.h"

static void add_text(char *text, size_t size, const char *name, uint64_t value)
{
    size_t len = strlen(text);

    snprintf(text + len, size - len, "%s%s=%" PRIu64, len ? " " : "", name, value);
}

static void add_shape_text(char *text, size_t size, const struct shape *shape)
{
    for (size_t i = 0; i < shape->latencies_count; i++) {
        const struct latency *latency = &shape->latencies[i];

        add_text(text, size, "latency", latency->delay_us);
        if (latency->jitter_us)
            add_text(text, size, "jitter", latency->jitter_us);
        if (latency->distribution)
            add_text(text, size, "distribution", latency->distribution);
        if (latency->correlation)
            add_text(text, size, "correlation", latency->correlation);
    }
    if (shape->rate_bits)
        add_text(text, size, "rate", shape->rate_bits);
    if (shape->slow_close_us)
        add_text(text, size, "slow_close", shape->slow_close_us);
    if (shape->limited)
        add_text(text, size, "limit", shape->limit_bytes);
    if (shape->slice_bytes) {
        add_text(text, size, "slice", shape->slice_bytes);
        add_text(text, size, "variation", shape->slice_variation_bytes);
        add_text(text, size, "pause", shape->slice_delay_us);
    }
}

/* What is there, with numbers in us, bits a second and bytes: "partition=drop latency=1000 rate=64000". */
static const char *profile_text(const struct profile *profile, char *text, size_t size)
{
    text[0] = 0;
    if (profile->partition)
        snprintf(text, size, "partition=%s", partition_name(profile->partition));
    add_shape_text(text, size, &profile->shape);
    if (profile->freeze)
        add_text(text, size, "freeze", profile->tick_us);
    if (profile->mute)
        add_text(text, size, "mute", 1);
    if (profile->stages_held)
        add_text(text, size, "held", profile->stages_held);
    if (profile->stages_closed)
        add_text(text, size, "closed", profile->stages_closed);
    if (profile->flags_cleared)
        add_text(text, size, "cleared", profile->flags_cleared);
    return text;
}

#endif
