/* SPDX-License-Identifier: MIT */
/*
 * A world of its own for one run: time, chance, what happens next, and the trace of what has happened. All of it comes
 * from the seed, so the same seed is the same run.
 *
 * There is one world in a process, as the system calls that are simulated have no other way to it.
 */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SECOND_US UINT64_C(1000000)
#define MS_US UINT64_C(1000)

/* Something that will happen. Embedded in its owner, all zero at first; what is due at the same time comes in the order
 * in which it was set. */
struct happening {
    uint64_t at_us, number;
    size_t place; /* 1 + its index in the heap; 0: it does not wait */
    void (*fn)(void *data);
    void *data;
};

void world_begin(uint64_t seed, bool trace);
void world_end(void); /* nothing may be waiting */

uint64_t now_us(void);     /* since the beginning, which is not 0 */
void pass_us(uint64_t us); /* whoever computes takes time; what is due meanwhile happens late */
uint64_t wall_ms(void);
void jump_wall(int64_t ms);

void happen_at(struct happening *happening, uint64_t at_us); /* one that waits is moved */
void happen_in(struct happening *happening, uint64_t in_us);
void happen_not(struct happening *happening);

/* Lets the next thing happen, if it is due by then. Returns false when there was none; it is then that time. */
bool world_step(uint64_t until_us);
uint64_t world_steps(void);

uint64_t draw(uint64_t n); /* 0 to n - 1 */
bool chance(unsigned of_1000);
uint64_t draw_between(uint64_t least, uint64_t most);

/* One line of the trace. All of them are hashed, and with --trace written. */
void trace(const char *format, ...) __attribute__((format(printf, 1, 2)));
uint64_t trace_hash(void);

/* Something does not hold that must: the run ends, with what is wrong. */
_Noreturn void wrong(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
