/* SPDX-License-Identifier: MIT */
#include "endpoint/saying.h"

#include "base/bytes.h"
#include "wire/distribution.h"
#include "wire/term.h"

static void add_u8(struct text *to, uint8_t value)
{
    text_add(to, &value, 1);
}

size_t saying_frame(struct text *to)
{
    const uint8_t head[DISTRIBUTION_LENGTH_BYTES + 2] = {0, 0, 0, 0, DISTRIBUTION_PASS_THROUGH, TERM_VERSION};
    size_t at = to->len;

    text_add(to, head, sizeof(head));
    return at;
}

void saying_message(struct text *to)
{
    add_u8(to, TERM_VERSION);
}

void saying_end(struct text *to, size_t frame)
{
    bytes_put_u32((uint8_t *)to->data + frame, (uint32_t)(to->len - frame - DISTRIBUTION_LENGTH_BYTES));
}

void saying_tick(struct text *to)
{
    const uint8_t length[DISTRIBUTION_LENGTH_BYTES] = {0};

    text_add(to, length, sizeof(length));
}

void saying_tuple(struct text *to, int arity)
{
    const uint8_t head[] = {TERM_SMALL_TUPLE, (uint8_t)arity};

    text_add(to, head, sizeof(head));
}

void saying_list(struct text *to, size_t count)
{
    uint8_t head[5], *end = bytes_put_u32(bytes_put_u8(head, TERM_LIST), (uint32_t)count);

    text_add(to, head, (size_t)(end - head));
}

void saying_nil(struct text *to)
{
    add_u8(to, TERM_NIL);
}

void saying_integer(struct text *to, int value)
{
    uint8_t bytes[5], *end = bytes_put_u32(bytes_put_u8(bytes, TERM_INTEGER), (uint32_t)value);

    text_add(to, bytes, (size_t)(end - bytes));
}

void saying_term(struct text *to, const struct term *term)
{
    text_add(to, term->bytes, term->len);
}
