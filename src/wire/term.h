/* SPDX-License-Identifier: MIT */
/*
 * Erlang's terms as they stand in bytes (erts "External Term Format"): where each begins and ends, and what is in it.
 * Nothing is copied and nothing allocated. A struct term is always whole and well-formed: whoever takes one out of
 * received bytes has looked through all of it, with a loop and not by recursion, so that it does not matter how deeply
 * it is nested. What is passed on unread (pids, references, whatever) is passed on as these bytes.
 *
 * Terms of the distribution are meant, without its cache of atoms (82), and without compression (80).
 */
#ifndef WIRE_TERM_H
#define WIRE_TERM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

#define TERM_VERSION 131 /* stands before a term that is not within another */

enum term_tag {
    TERM_NEW_FLOAT = 70,
    TERM_BIT_BINARY = 77,
    TERM_NEW_PID = 88,
    TERM_NEW_PORT = 89,
    TERM_NEWER_REFERENCE = 90,
    TERM_SMALL_INTEGER = 97,
    TERM_INTEGER = 98,
    TERM_FLOAT = 99,
    TERM_ATOM_LATIN1 = 100,
    TERM_REFERENCE = 101,
    TERM_PORT = 102,
    TERM_PID = 103,
    TERM_SMALL_TUPLE = 104,
    TERM_LARGE_TUPLE = 105,
    TERM_NIL = 106,
    TERM_STRING = 107, /* a list of bytes */
    TERM_LIST = 108,
    TERM_BINARY = 109,
    TERM_SMALL_BIG = 110,
    TERM_LARGE_BIG = 111,
    TERM_NEW_FUN = 112,
    TERM_EXPORT = 113,
    TERM_NEW_REFERENCE = 114,
    TERM_SMALL_ATOM_LATIN1 = 115,
    TERM_MAP = 116,
    TERM_ATOM_UTF8 = 118,
    TERM_SMALL_ATOM_UTF8 = 119,
    TERM_V4_PORT = 120,
};

/* Without the version; at least one byte. */
struct term {
    const uint8_t *bytes;
    size_t len;
};

/* The next one; false when there is none, or none that is whole. */
bool term_take(struct bytes *in, struct term *ret);

static inline enum term_tag term_tag(const struct term *term)
{
    return (enum term_tag)term->bytes[0];
}

bool term_is_atom(const struct term *term, const char *name);
bool term_is_pid(const struct term *term);
bool term_is_reference(const struct term *term);
bool term_same(const struct term *a, const struct term *b); /* byte by byte: as one node writes the same term twice */

/* A whole number that fits; else false. */
bool term_integer(const struct term *term, int64_t *ret);

/* The elements of a tuple, up to `most` of them. Returns how many it has, or -1 when it is none. */
int term_tuple(const struct term *tuple, struct term *ret, int most);

/*
 * The elements of a proper list. Bytes of a list that came as a string become terms of their own in `room`, two bytes
 * each. Returns how many it has (up to INT_MAX), or -1 when it is none.
 */
int term_list(const struct term *list, struct term *ret, uint8_t (*room)[2], int most);

/* The pairs of a map, up to `most` of them: its key and its value, behind each other. Returns how many, or -1. */
int term_map(const struct term *map, struct term (*ret)[2], int most);

/* Is it a pid of the node of that name? */
bool term_is_pid_of(const struct term *term, const char *node);

/* [Atom | Tail], as the tag of an alias is written: the tail, at once however long it is. False: no such list. */
bool term_tail(const struct term *list, struct term *ret);

#endif
