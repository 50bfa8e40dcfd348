/* SPDX-License-Identifier: MIT */
/*
 * Where a socket listens: at one address or at every one of its family, and what follows from it for those who dial.
 */
#ifndef LOOP_SITE_H
#define LOOP_SITE_H

#include <stdbool.h>
#include <stddef.h>

#include "loop/address.h"

struct site {
    struct address address; /* its port does not count */
    bool v6_only;           /* "::" is for IPv6 alone */
};

bool site_same(const struct site *a, const struct site *b);

/* Does a socket there take connections to that address? */
bool site_takes(const struct site *site, const struct address *local);

/*
 * The one that is meant by a question that came to the address `asked`: at this very address, else one that takes
 * connections to it, else the first (it is asked here, and dialled there). NULL when there is none.
 */
const struct site *site_meant(const struct site *sites, size_t count, const struct address *asked);

#endif
