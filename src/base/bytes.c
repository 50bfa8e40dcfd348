/* SPDX-License-Identifier: MIT */
#include "base/bytes.h"

#include <string.h>

const uint8_t *bytes_take(struct bytes *in, size_t len)
{
    const uint8_t *taken = in->at;

    if (in->left < len) {
        in->overrun = true;
        in->left = 0;
        return NULL;
    }
    in->at += len;
    in->left -= len;
    return taken;
}

static uint64_t number(struct bytes *in, size_t width)
{
    const uint8_t *digit = bytes_take(in, width);
    uint64_t value = 0;

    for (size_t i = 0; digit && i < width; i++)
        value = value << 8 | digit[i];
    return value;
}

uint8_t bytes_u8(struct bytes *in)
{
    return (uint8_t)number(in, 1);
}

uint16_t bytes_u16(struct bytes *in)
{
    return (uint16_t)number(in, 2);
}

uint32_t bytes_u32(struct bytes *in)
{
    return (uint32_t)number(in, 4);
}

uint64_t bytes_u64(struct bytes *in)
{
    return number(in, 8);
}

uint8_t *bytes_put_u8(uint8_t *to, uint8_t value)
{
    *to = value;
    return to + 1;
}

uint8_t *bytes_put_u16(uint8_t *to, uint16_t value)
{
    return bytes_put_u8(bytes_put_u8(to, (uint8_t)(value >> 8)), (uint8_t)value);
}

uint8_t *bytes_put_u32(uint8_t *to, uint32_t value)
{
    return bytes_put_u16(bytes_put_u16(to, (uint16_t)(value >> 16)), (uint16_t)value);
}

uint8_t *bytes_put(uint8_t *to, const void *data, size_t len)
{
    if (len > 0) /* memcpy wants valid pointers even for nothing */
        memcpy(to, data, len);
    return to + len;
}
