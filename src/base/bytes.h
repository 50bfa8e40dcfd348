/* SPDX-License-Identifier: MIT */
/*
 * A cursor over received bytes, and its opposite for bytes to send. Numbers are big-endian, as everywhere in
 * Erlang's protocols.
 *
 * Reading past the end gives zeros and sets `overrun`, so that a decoder reads all its fields first and checks once.
 */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bytes {
    const uint8_t *at;
    size_t left;
    bool overrun;
};

static inline struct bytes bytes_over(const void *data, size_t len)
{
    return (struct bytes){.at = data, .left = len};
}

/* The next len bytes, or NULL when there are not that many. They stay where they are: nothing is copied. */
const uint8_t *bytes_take(struct bytes *in, size_t len);

uint8_t bytes_u8(struct bytes *in);
uint16_t bytes_u16(struct bytes *in);
uint32_t bytes_u32(struct bytes *in);
uint64_t bytes_u64(struct bytes *in);

/* Write at `to`, return where the next field goes. The caller knows that there is room. */
uint8_t *bytes_put_u8(uint8_t *to, uint8_t value);
uint8_t *bytes_put_u16(uint8_t *to, uint16_t value);
uint8_t *bytes_put_u32(uint8_t *to, uint32_t value);
uint8_t *bytes_put(uint8_t *to, const void *data, size_t len);

#endif
