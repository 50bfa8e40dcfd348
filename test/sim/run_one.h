/* SPDX-License-Identifier: MIT */
/*
 * One run: what the world is like is drawn from the seed, then things happen for some simulated minutes, then all is
 * healed, and everybody leaves.
 */
#ifndef SIM_RUN_ONE_H
#define SIM_RUN_ONE_H

#include <stdbool.h>
#include <stdint.h>

/* Returns how many simulated seconds it has taken. */
double run_one(uint64_t seed, bool traced);

#endif
