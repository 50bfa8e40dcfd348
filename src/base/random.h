/* SPDX-License-Identifier: MIT */
/*
 * Chance that can be repeated: the same seed gives the same numbers for ever, on every machine. So a fault that was
 * found with a seed is found again with it. Not for secrets.
 *
 * An open value without heap; whoever draws owns one. Nothing here fails, and nothing reads a clock or the system's
 * entropy: the seed is an argument.
 */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stdint.h>

struct random {
    uint64_t state[4]; /* never all zero: it would stay so */
};

/* Every seed is as good as any other, zero and neighbours too. To be called before anything is drawn. */
void random_seed(struct random *random, uint64_t seed);

/* 64 even bits. */
uint64_t random_next(struct random *random);

/* 0 to n - 1, each as likely as any other; n is at least 1. */
uint64_t random_below(struct random *random, uint64_t n);

/* Even, and strictly between 0 and 1: its logarithm is finite, and "less than p" never holds for p = 0. */
double random_unit(struct random *random);

/*
 * The bell curve of mean 0 and standard deviation 1; always within 9 of the mean. Uses up two numbers, and keeps
 * nothing for the next call. The C library computes it: the last digits may differ from one to the next.
 */
double random_normal(struct random *random);

#endif
