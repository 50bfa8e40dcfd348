/* SPDX-License-Identifier: MIT */
#include "wire/frames.h"

#include <assert.h>

void frames_skip(struct frames *frames, size_t len)
{
    assert(len <= frames->left);
    if (len == 0)
        return;
    frames->left -= (uint32_t)len;
    if (frames->left == 0)
        frames->frames++;
}

/* Its header is complete. */
static void begin(struct frames *frames)
{
    frames->have = 0;
    frames->left = frames->header;
    if (frames->left == 0)
        frames->ticks++;
}

void frames_feed(struct frames *frames, const uint8_t *data, size_t len)
{
    while (len > 0) {
        size_t step = 1;

        if (frames->left > 0) {
            step = len < frames->left ? len : frames->left;
            frames_skip(frames, step);
        } else if (frames->have == 0 && len >= FRAMES_HEADER_BYTES) {
            step = FRAMES_HEADER_BYTES;
            frames->header =
                (uint32_t)data[0] << 24 | (uint32_t)data[1] << 16 | (uint32_t)data[2] << 8 | (uint32_t)data[3];
            begin(frames);
        } else {
            frames->header = frames->header << 8 | *data;
            if (++frames->have == FRAMES_HEADER_BYTES)
                begin(frames);
        }
        data += step;
        len -= step;
    }
}

bool frames_at_boundary(const struct frames *frames)
{
    return frames->have == 0 && frames->left == 0;
}
