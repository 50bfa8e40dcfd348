/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <string.h>

#include "wire/frames.h"

/* A frame of 5 bytes, a tick, a frame of 1 byte, two ticks, and the first byte of a header. */
static const uint8_t stream[] = {0, 0, 0, 5,   'a', 'b', 'c', 'd', 'e', 0, 0, 0, 0, 0,
                                 0, 0, 1, 'x', 0,   0,   0,   0,   0,   0, 0, 0, 0};

static void the_same_however_it_is_split(void **state)
{
    (void)state;
    for (size_t first = 0; first <= sizeof(stream); first++)
        for (size_t second = first; second <= sizeof(stream); second++) {
            struct frames frames = {0};

            frames_feed(&frames, stream, first);
            frames_feed(&frames, stream + first, second - first);
            frames_feed(&frames, stream + second, sizeof(stream) - second);
            assert_int_equal(frames.frames, 2);
            assert_int_equal(frames.ticks, 3);
            assert_int_equal(frames.have, 1);
            assert_false(frames_at_boundary(&frames));
        }
}

static void boundaries(void **state)
{
    static const size_t boundary[] = {0, 9, 13, 18, 22, 26};
    struct frames frames = {0};
    size_t next = 0;
    (void)state;

    for (size_t i = 0; i < sizeof(stream); i++) {
        bool expected = next < sizeof(boundary) / sizeof(boundary[0]) && boundary[next] == i;

        assert_int_equal(frames_at_boundary(&frames), expected);
        next += expected;
        frames_feed(&frames, stream + i, 1);
    }
}

static void skipping_is_as_good_as_seeing(void **state)
{
    struct frames frames = {0};
    (void)state;

    frames_feed(&frames, (const uint8_t *)"\x00\x10\x00\x00", 4); /* 1 MiB */
    assert_int_equal(frames.left, 1 << 20);
    frames_skip(&frames, (1 << 20) - 1);
    assert_int_equal(frames.frames, 0);
    assert_false(frames_at_boundary(&frames));
    frames_feed(&frames, (const uint8_t *)"z\x00\x00\x00\x00", 5);
    assert_int_equal(frames.frames, 1);
    assert_int_equal(frames.ticks, 1);
    assert_true(frames_at_boundary(&frames));
}

static void the_largest_frame(void **state)
{
    struct frames frames = {0};
    (void)state;

    frames_feed(&frames, (const uint8_t *)"\xff\xff\xff\xff", 4);
    assert_int_equal(frames.left, UINT32_MAX);
    frames_skip(&frames, UINT32_MAX);
    assert_int_equal(frames.frames, 1);
    assert_true(frames_at_boundary(&frames));
}

RUN(T(the_same_however_it_is_split), T(boundaries), T(skipping_is_as_good_as_seeing), T(the_largest_frame))
