/* SPDX-License-Identifier: MIT */
#ifndef BASE_DURATION_H
#define BASE_DURATION_H

#include <stddef.h>
#include <stdint.h>

/* The longest time that may be asked for: a year. Anything longer is a slip of the finger. */
#define DURATION_MAX_US (365ULL * 24 * 3600 * 1000000)

/* What to tell somebody whose duration was refused. */
#define DURATION_HINT "a number with a unit (us, ms, s, m or h), such as 150ms or 15s"

/*
 * "150ms", "1.5s", "2m": a decimal number and its unit, nothing else, at most DURATION_MAX_US.
 * Returns 0 and the microseconds; or, with *ret_us untouched, -ERANGE: it is longer, -EINVAL: it is none.
 */
int duration_parse(const char *text, uint64_t *ret_us);

/* The largest unit that gives at least 1, with one decimal where it matters: "15s", "1.5s", "150ms". */
void duration_print(uint64_t us, char *to, size_t size);

/* Without rounding, so that it reads back as the same: the largest unit of which it is a whole number. */
void duration_print_exact(uint64_t us, char *to, size_t size);

#endif
