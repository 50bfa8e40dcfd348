/* SPDX-License-Identifier: MIT */
#include "control/pieces.h"

#include "base/text.h"
#include "loop/loop.h"

struct piece piece_begin(const struct loop *loop, const struct text *to)
{
    return (struct piece){.loop = loop, .to = to, .from = to->len, .until_us = loop_clock_us(loop) + PIECE_US_MAX};
}

bool piece_has_room(const struct piece *piece)
{
    return piece->to->len - piece->from < PIECE_BYTES_MAX && loop_clock_us(piece->loop) < piece->until_us;
}
