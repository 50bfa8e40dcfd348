/* SPDX-License-Identifier: MIT */
/* Numbers of bytes, as people write them: buffers in powers of 1024 (KiB), everything else in powers of 1000 (kB). */
#ifndef BASE_SIZE_H
#define BASE_SIZE_H

#include <stddef.h>
#include <stdint.h>

/* The most that may be asked for: 1 TiB. Anything more is a slip of the finger. */
#define SIZE_MAX_BYTES (1ULL << 40)

/* What to tell somebody whose size was refused. */
#define SIZE_HINT "a whole number of bytes or of a unit (B, kB, MB, GB, KiB, MiB or GiB), such as 1500 or 64KiB"

/*
 * "1500", "1500B", "10kB", "64KiB": a whole number and perhaps its unit, nothing else, from 0 to SIZE_MAX_BYTES.
 * Returns 0 and the bytes, or -EINVAL with *ret_bytes untouched.
 */
int size_parse(const char *text, uint64_t *ret_bytes);

/*
 * The largest unit of which it is a whole number, 1000s or 1024s: "64KiB", "5MB", "1500B".
 * What size_parse() gave is parsed to the same size again. 32 bytes are enough.
 */
void size_print(uint64_t bytes, char *to, size_t size);

#endif
