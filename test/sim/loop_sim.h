/* SPDX-License-Identifier: MIT */
/*
 * The daemon's loop (src/loop/loop.h) in this world: a turn begins a moment after something is ready, or when an alarm
 * is due; now and then much later, as on a busy machine.
 */
#ifndef SIM_LOOP_SIM_H
#define SIM_LOOP_SIM_H

#include <stdbool.h>
#include <stdint.h>

/* Something may be ready. */
void loop_sim_wake(void);

/* One of so many turns begins late, by up to so long; 0: none does. */
void loop_sim_be_late(unsigned one_of, uint64_t most_us);

/* Is it in the midst of a turn? */
bool loop_sim_turns(void);
bool loop_sim_stopped(void);

/* Called behind each turn. */
void loop_sim_set_after(void (*fn)(void));

#endif
