/* SPDX-License-Identifier: MIT */
/*
 * xoshiro256** by Blackman and Vigna, its state filled by Steele, Lea and Flood's splitmix64, as its authors advise: a
 * state with few bits set would give poor numbers for a while. Both algorithms are in the public domain.
 */
#include "base/random.h"

#include <assert.h>
#include <math.h>

static uint64_t rotate_left(uint64_t x, int by)
{
    return x << by | x >> (64 - by);
}

static uint64_t splitmix64(uint64_t *counter)
{
    uint64_t mixed = *counter += 0x9e3779b97f4a7c15;

    mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111eb;
    return mixed ^ mixed >> 31;
}

void random_seed(struct random *random, uint64_t seed)
{
    /* Four zeros cannot come: each counter gives a number of its own, so at most one of them is zero. */
    for (int i = 0; i < 4; i++)
        random->state[i] = splitmix64(&seed);
}

uint64_t random_next(struct random *random)
{
    uint64_t *state = random->state;
    uint64_t drawn = rotate_left(state[1] * 5, 7) * 9, shifted = state[1] << 17;

    state[2] ^= state[0];
    state[3] ^= state[1];
    state[1] ^= state[2];
    state[0] ^= state[3];
    state[2] ^= shifted;
    state[3] = rotate_left(state[3], 45);
    return drawn;
}

uint64_t random_below(struct random *random, uint64_t n)
{
    uint64_t drawn;

    assert(n >= 1);
    /* The 2^64 numbers are no multiple of n: without the first 2^64 mod n of them, they are. */
    uint64_t surplus = -n % n;

    do
        drawn = random_next(random);
    while (drawn < surplus);
    return drawn % n;
}

double random_unit(struct random *random)
{
    /* The middle of one of 2^52 equal parts: a double holds each exactly, and none is rounded to 0 or 1. */
    return ((double)(random_next(random) >> 12) + 0.5) * 0x1p-52;
}

/* Box and Muller's: a point that falls around the origin like shots around a target, by its distance and angle. */
double random_normal(struct random *random)
{
    double distance = sqrt(-2 * log(random_unit(random)));
    double angle = 2 * M_PI * random_unit(random);

    return distance * cos(angle);
}
