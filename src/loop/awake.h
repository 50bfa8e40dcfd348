/* SPDX-License-Identifier: MIT */
/*
 * When it pays not to sleep at once while there is nothing to do. Who sleeps has to be woken, which takes longer than
 * to relay a small message: of two nodes that talk to and fro each would wait for that. So the loop looks on for a
 * moment before it sleeps, as long as
 *
 *     - of late something came, on average, within twice that moment; and
 *     - no one else wants the processor. That shows in the time for which we were ready to run and did not, which the
 *       kernel counts (schedstat): when that is more than a twentieth, we sleep at once for a tenth of a second.
 *
 * Where the kernel does not tell it never pays.
 */
#ifndef LOOP_AWAKE_H
#define LOOP_AWAKE_H

#include <stdint.h>

/* A longer moment would be a waste, and nobody would be asked in it whether others want the processor. */
#define AWAKE_US_MAX 1000

struct awake;

/*
 * limit_us: for so long it looks on, 1 to AWAKE_US_MAX. schedstat: the file in which the kernel tells, whose second
 * number are the nanoseconds for which we were ready and did not run.
 */
struct awake *awake_new(uint64_t limit_us, const char *schedstat);
void awake_free(struct awake *awake); /* NULL is fine */

uint64_t awake_limit_us(const struct awake *awake);

/* There is nothing to do now: for how long to look on; 0: not at all. */
uint64_t awake_for_us(struct awake *awake, uint64_t now_us);

/* Something has come, after there was nothing for so long. */
void awake_learn(struct awake *awake, uint64_t gap_us);

#endif
