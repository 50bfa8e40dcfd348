/* SPDX-License-Identifier: MIT */
/*
 * Counts the frames of one direction of an established connection: length:32 and that many bytes; length 0 is a tick.
 * It hops from length to length: what a frame holds is never looked at, and costs nothing.
 *
 *     | header 4 | ..... left ..... | header 4 | ...
 *            ^ have                   ^ boundary: have == 0 and left == 0
 */
#ifndef WIRE_FRAMES_H
#define WIRE_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAMES_HEADER_BYTES 4

struct frames {
    uint64_t frames; /* complete ones, without ticks */
    uint64_t ticks;
    uint32_t left; /* bytes of the current frame still to come; its header is complete */
    uint32_t header;
    uint8_t have; /* bytes of the header that came, 0 to 3 */
};

void frames_feed(struct frames *frames, const uint8_t *data, size_t len);

/* len bytes, at most `left`, passed without being seen (splice). */
void frames_skip(struct frames *frames, size_t len);

/* Nothing of a frame has been sent: other frames may be put here. */
bool frames_at_boundary(const struct frames *frames);

#endif
