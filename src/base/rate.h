/* SPDX-License-Identifier: MIT */
/* How fast bytes may pass, in bits a second as networks are sold: 1 kbit is 1000 bits. */
#ifndef BASE_RATE_H
#define BASE_RATE_H

#include <stddef.h>
#include <stdint.h>

/* The fastest that may be asked for, a second: no cable here is faster, so more is a slip of the finger. */
#define RATE_MAX_BITS (100ULL * 1000 * 1000 * 1000)

/* What to tell somebody whose rate was refused. */
#define RATE_HINT "a number with a unit (bit, kbit, mbit or gbit a second), such as 64kbit or 1mbit"

/*
 * "64kbit", "2.5gbit": a decimal number and its unit, nothing else; a whole number of bits, from 1 to RATE_MAX_BITS. A
 * rate of zero is refused: holding everything back is another fault.
 * Returns 0 and the bits a second, or -EINVAL with *ret_bits_per_s untouched.
 */
int rate_parse(const char *text, uint64_t *ret_bits_per_s);

/*
 * The largest unit that gives at least 1 and needs no more than three decimals: "64kbit", "2.5gbit", "1234.567kbit".
 * What rate_parse() gave is parsed to the same rate again. 32 bytes are enough.
 */
void rate_print(uint64_t bits_per_s, char *to, size_t size);

#endif
