/* SPDX-License-Identifier: MIT */
/*
 * Where a socket listens: at one address or at every one of its family, and what follows from it for those who dial.
 */
#ifndef LOOP_PLACE_H
#define LOOP_PLACE_H

#include <stdbool.h>
#include <stddef.h>

#include "loop/address.h"

struct place {
    struct address address; /* its port does not count */
    bool v6_only;           /* "::" is for IPv6 alone */
};

bool place_same(const struct place *a, const struct place *b);

/* Does a socket there take connections to that address? */
bool place_takes(const struct place *place, const struct address *local);

/*
 * The one that is meant by a question that came to the address `asked`: at this very address, else one that takes
 * connections to it, else the first (it is asked here, and dialled there). NULL when there is none.
 */
const struct place *place_meant(const struct place *places, size_t count, const struct address *asked);

#endif
