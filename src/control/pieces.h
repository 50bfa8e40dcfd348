/* SPDX-License-Identifier: MIT */
/*
 * An answer that may be long is made in pieces, each small enough that nobody waits for it: between two of them the
 * loop turns, nodes talk, and whatever the answer is about may change, come or go. So whoever makes one keeps no
 * pointers to that, but numbers and names: where it is, and from where to go on.
 *
 *     lists.h      documents, by their rows
 *     metrics.h    lines
 *     serving.h    who brings them to a client, and when
 */
#ifndef CONTROL_PIECES_H
#define CONTROL_PIECES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A piece is over when either is reached, and whatever was begun is ended; rows are small. */
#define PIECE_US_MAX 300
#define PIECE_BYTES_MAX (16 * 1024)

struct loop;
struct text;

struct pieces {
    const char *type;                                     /* the content type; a constant */
    bool (*make)(struct pieces *pieces, struct text *to); /* adds the next one; false: it was the last */
    void (*free)(struct pieces *pieces);
};

/* One that is being made: what is added behind `from` is its. */
struct piece {
    const struct loop *loop;
    const struct text *to;
    size_t from;
    uint64_t until_us;
};

struct piece piece_begin(const struct loop *loop, const struct text *to);
bool piece_has_room(const struct piece *piece);

#endif
