/* SPDX-License-Identifier: MIT */
/* An answer in pieces, put together. */
#ifndef UNIT_WHOLE_H
#define UNIT_WHOLE_H

#include "base/text.h"
#include "control/pieces.h"

/* Frees the pieces. A C string; the caller's. */
static inline char *whole(struct pieces *pieces)
{
    struct text text = {0};

    while (pieces->make(pieces, &text))
        ;
    pieces->free(pieces);
    text_add(&text, "", 1);
    return text.data;
}

#endif
