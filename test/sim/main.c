/* SPDX-License-Identifier: MIT */
/*
 * The whole daemon in a world of its own: see test/sim/run, and "simulator" in CONTRIBUTING.md.
 *
 *     sim FIRST LAST [--seconds N] [--trace]     runs the seeds from FIRST to LAST, or for as long; a line each
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "run_one.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#include <sanitizer/allocator_interface.h>
#include <sanitizer/lsan_interface.h>
#define LEAKS_ARE_KNOWN
#endif
#endif

/* Has memory been lost since there were so many bytes? Without the sanitizer nobody knows. */
static bool leaks(size_t before)
{
#ifdef LEAKS_ARE_KNOWN
    return __sanitizer_get_current_allocated_bytes() > before && __lsan_do_recoverable_leak_check();
#else
    return before > 0;
#endif
}

static size_t allocated(void)
{
#ifdef LEAKS_ARE_KNOWN
    return __sanitizer_get_current_allocated_bytes();
#else
    return 0;
#endif
}

static double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    uint64_t first, last;
    double began = seconds(), most = 1e9, simulated = 0;
    size_t before;
    bool traced = false;

    if (argc < 3) {
        fprintf(stderr, "sim FIRST LAST [--seconds N] [--trace]\n");
        return 2;
    }
    first = strtoull(argv[1], NULL, 10);
    last = strtoull(argv[2], NULL, 10);
    for (int i = 3; i < argc; i++) {
        traced |= strcmp(argv[i], "--trace") == 0;
        if (strcmp(argv[i], "--seconds") == 0 && i + 1 < argc)
            most = atof(argv[i + 1]);
    }
    for (uint64_t seed = first; seed <= last && seconds() - began < most; seed++) {
        printf("seed %llu\n", (unsigned long long)seed); /* who crashes has said in which */
        fflush(stdout);
        before = allocated();
        simulated += run_one(seed, traced);
        if (leaks(before)) {
            printf("WRONG: something leaks\n");
            return 3;
        }
    }
    printf("simulated %.0f seconds in %.1f\n", simulated, seconds() - began);
    return 0;
}
