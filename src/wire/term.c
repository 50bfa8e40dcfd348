/* SPDX-License-Identifier: MIT */
#include "wire/term.h"

#include <limits.h>
#include <string.h>

#define FLOAT_TEXT_BYTES 31

/* What stands behind a tag: bytes to pass over, and terms. False: it is none that we know. */
static bool look(struct bytes *in, uint8_t tag, uint64_t *ret_terms)
{
    uint32_t size;

    *ret_terms = 0;
    switch ((enum term_tag)tag) {
    case TERM_NIL:
        return true;
    case TERM_SMALL_INTEGER:
        return bytes_take(in, 1);
    case TERM_INTEGER:
        return bytes_take(in, 4);
    case TERM_NEW_FLOAT:
        return bytes_take(in, 8);
    case TERM_FLOAT:
        return bytes_take(in, FLOAT_TEXT_BYTES);
    case TERM_SMALL_ATOM_LATIN1:
    case TERM_SMALL_ATOM_UTF8:
        return bytes_take(in, bytes_u8(in));
    case TERM_ATOM_LATIN1:
    case TERM_ATOM_UTF8:
    case TERM_STRING:
        return bytes_take(in, bytes_u16(in));
    case TERM_BINARY:
        return bytes_take(in, bytes_u32(in));
    case TERM_BIT_BINARY:
        size = bytes_u32(in);
        return bytes_take(in, (size_t)size + 1);
    case TERM_SMALL_BIG:
        return bytes_take(in, (size_t)bytes_u8(in) + 1);
    case TERM_LARGE_BIG:
        return bytes_take(in, (size_t)bytes_u32(in) + 1);
    case TERM_NEW_FUN: /* the size counts itself */
        size = bytes_u32(in);
        return size >= 4 && bytes_take(in, size - 4);
    case TERM_EXPORT:
        *ret_terms = 3;
        return true;
    case TERM_SMALL_TUPLE:
        *ret_terms = bytes_u8(in);
        return true;
    case TERM_LARGE_TUPLE:
        *ret_terms = bytes_u32(in);
        return true;
    case TERM_LIST: /* and the tail */
        *ret_terms = (uint64_t)bytes_u32(in) + 1;
        return true;
    case TERM_MAP:
        *ret_terms = 2 * (uint64_t)bytes_u32(in);
        return true;
    default: /* those with a node's name in them, see take_identifier(); and what is no tag */
        return false;
    }
}

static bool take_atom(struct bytes *in)
{
    uint64_t terms;
    uint8_t tag = bytes_u8(in);
    bool atom = tag == TERM_ATOM_LATIN1 || tag == TERM_SMALL_ATOM_LATIN1 || tag == TERM_ATOM_UTF8 ||
                tag == TERM_SMALL_ATOM_UTF8;

    return atom && look(in, tag, &terms);
}

/* Pids, ports and references: the node's name stands in the midst of them. *ret: this is one. */
static bool take_identifier(struct bytes *in, uint8_t tag, bool *ret)
{
    uint16_t words;

    *ret = true;
    switch ((enum term_tag)tag) {
    case TERM_PID:
        return take_atom(in) && bytes_take(in, 9);
    case TERM_NEW_PID:
    case TERM_V4_PORT:
        return take_atom(in) && bytes_take(in, 12);
    case TERM_PORT:
    case TERM_REFERENCE:
        return take_atom(in) && bytes_take(in, 5);
    case TERM_NEW_PORT:
        return take_atom(in) && bytes_take(in, 8);
    case TERM_NEW_REFERENCE:
        words = bytes_u16(in);
        return take_atom(in) && bytes_take(in, 1 + 4 * (size_t)words);
    case TERM_NEWER_REFERENCE:
        words = bytes_u16(in);
        return take_atom(in) && bytes_take(in, 4 + 4 * (size_t)words);
    default:
        *ret = false;
        return false;
    }
}

bool term_take(struct bytes *in, struct term *ret)
{
    const uint8_t *from = in->at;
    uint64_t left = 1, inside;

    /* Each takes a byte at least, so what is counted and does not come ends this soon. */
    while (left > 0) {
        uint8_t tag = bytes_u8(in);
        bool identifier, whole = take_identifier(in, tag, &identifier);

        inside = 0;
        if (!identifier)
            whole = look(in, tag, &inside);
        if (!whole || in->overrun)
            return false;
        left += inside - 1;
    }
    *ret = (struct term){from, (size_t)(in->at - from)};
    return true;
}

bool term_is_atom(const struct term *term, const char *name)
{
    struct bytes in = bytes_over(term->bytes, term->len);
    size_t len;

    switch (bytes_u8(&in)) {
    case TERM_SMALL_ATOM_LATIN1:
    case TERM_SMALL_ATOM_UTF8:
        len = bytes_u8(&in);
        break;
    case TERM_ATOM_LATIN1:
    case TERM_ATOM_UTF8:
        len = bytes_u16(&in);
        break;
    default:
        return false;
    }
    return len == strlen(name) && memcmp(in.at, name, len) == 0;
}

bool term_is_pid(const struct term *term)
{
    return term_tag(term) == TERM_PID || term_tag(term) == TERM_NEW_PID;
}

bool term_is_reference(const struct term *term)
{
    enum term_tag tag = term_tag(term);

    return tag == TERM_REFERENCE || tag == TERM_NEW_REFERENCE || tag == TERM_NEWER_REFERENCE;
}

bool term_same(const struct term *a, const struct term *b)
{
    return a->len == b->len && memcmp(a->bytes, b->bytes, a->len) == 0;
}

bool term_integer(const struct term *term, int64_t *ret)
{
    struct bytes in = bytes_over(term->bytes, term->len);
    uint64_t value = 0;
    uint8_t len, negative;

    switch (bytes_u8(&in)) {
    case TERM_SMALL_INTEGER:
        *ret = bytes_u8(&in);
        return true;
    case TERM_INTEGER:
        *ret = (int32_t)bytes_u32(&in);
        return true;
    case TERM_SMALL_BIG:
        break;
    default:
        return false;
    }
    len = bytes_u8(&in);
    negative = bytes_u8(&in);
    for (size_t i = len; i > 0; i--) { /* the least significant byte comes first */
        if (value >> 55)
            return false;
        value = value << 8 | in.at[i - 1];
    }
    *ret = negative ? -(int64_t)value : (int64_t)value;
    return true;
}

static void take_some(struct bytes *in, uint32_t count, struct term *ret, int most)
{
    for (uint32_t i = 0; i < count && i < (uint32_t)most; i++)
        term_take(in, &ret[i]);
}

static int as_count(uint32_t count)
{
    return count > INT_MAX ? INT_MAX : (int)count;
}

int term_tuple(const struct term *tuple, struct term *ret, int most)
{
    struct bytes in = bytes_over(tuple->bytes, tuple->len);
    uint8_t tag = bytes_u8(&in);
    uint32_t arity;

    if (tag != TERM_SMALL_TUPLE && tag != TERM_LARGE_TUPLE)
        return -1;
    arity = tag == TERM_SMALL_TUPLE ? bytes_u8(&in) : bytes_u32(&in);
    take_some(&in, arity, ret, most);
    return as_count(arity);
}

static int bytes_as_list(struct bytes *in, struct term *ret, uint8_t (*room)[2], int most)
{
    uint16_t len = bytes_u16(in);

    for (int i = 0; i < len && i < most; i++) {
        room[i][0] = TERM_SMALL_INTEGER;
        room[i][1] = bytes_u8(in);
        ret[i] = (struct term){room[i], 2};
    }
    return len;
}

int term_list(const struct term *list, struct term *ret, uint8_t (*room)[2], int most)
{
    struct bytes in = bytes_over(list->bytes, list->len);
    uint32_t count;

    switch (bytes_u8(&in)) {
    case TERM_NIL:
        return 0;
    case TERM_STRING:
        return bytes_as_list(&in, ret, room, most);
    case TERM_LIST:
        break;
    default:
        return -1;
    }
    count = bytes_u32(&in);
    take_some(&in, count, ret, most);
    if (count > (uint32_t)most) /* the tail is not looked for: whoever asks wants no more than that */
        return as_count(count);
    return in.left == 1 && in.at[0] == TERM_NIL ? as_count(count) : -1;
}

int term_map(const struct term *map, struct term (*ret)[2], int most)
{
    struct bytes in = bytes_over(map->bytes, map->len);
    uint32_t count;

    if (bytes_u8(&in) != TERM_MAP)
        return -1;
    count = bytes_u32(&in);
    for (uint32_t i = 0; i < count && i < (uint32_t)most; i++)
        take_some(&in, 2, ret[i], 2);
    return as_count(count);
}

bool term_is_pid_of(const struct term *term, const char *node)
{
    struct bytes in = bytes_over(term->bytes, term->len);
    struct term name;

    bytes_u8(&in);
    return term_is_pid(term) && term_take(&in, &name) && term_is_atom(&name, node);
}

bool term_tail(const struct term *list, struct term *ret)
{
    struct bytes in = bytes_over(list->bytes, list->len);

    if (bytes_u8(&in) != TERM_LIST || bytes_u32(&in) != 1 || !take_atom(&in))
        return false;
    *ret = (struct term){in.at, in.left};
    return true;
}
