/* SPDX-License-Identifier: MIT */
#include "loop/awake.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/memory.h"

#define LOOK_US 10000  /* so often the kernel is asked */
#define REST_US 100000 /* so long we sleep at once when others want the processor */
#define DELAYS_MAX 20  /* they do when we had to wait for one part in so many */

/* A long pause shall not count for ever: after a few dozen quick ones it is forgotten. */
#define GAP_LIMITS_MAX 16
#define GAP_WEIGHT 8

struct awake {
    uint64_t limit_us;
    uint64_t gap_us; /* moving average */
    int schedstat;
    uint64_t looked_us, delayed_ns; /* when the kernel was asked, and what it said */
    uint64_t rest_until_us;
};

struct awake *awake_new(uint64_t limit_us, const char *schedstat)
{
    struct awake *awake = mem_new(sizeof(*awake));

    awake->limit_us = limit_us;
    awake->gap_us = limit_us * GAP_LIMITS_MAX;
    awake->schedstat = open(schedstat, O_RDONLY | O_CLOEXEC);
    return awake;
}

void awake_free(struct awake *awake)
{
    if (!awake)
        return;
    if (awake->schedstat >= 0)
        close(awake->schedstat);
    free(awake);
}

uint64_t awake_limit_us(const struct awake *awake)
{
    return awake->limit_us;
}

/* "time on the processor, time ready to run and waiting for one, in ns; how often" */
static bool read_delayed(const struct awake *awake, uint64_t *ret_ns)
{
    char text[96], *end;
    ssize_t got = pread(awake->schedstat, text, sizeof(text) - 1, 0);

    if (got <= 0)
        return false;
    text[got] = '\0';
    strtoull(text, &end, 10);
    *ret_ns = strtoull(end, NULL, 10);
    return true;
}

/* Asks the kernel how it went since the last time. */
static void look(struct awake *awake, uint64_t now_us)
{
    uint64_t delayed_ns = 0;

    if (!read_delayed(awake, &delayed_ns) ||
        (delayed_ns - awake->delayed_ns) / 1000 * DELAYS_MAX > now_us - awake->looked_us)
        awake->rest_until_us = now_us + REST_US;
    awake->looked_us = now_us;
    awake->delayed_ns = delayed_ns;
}

uint64_t awake_for_us(struct awake *awake, uint64_t now_us)
{
    if (awake->schedstat < 0 || awake->gap_us >= 2 * awake->limit_us || now_us < awake->rest_until_us)
        return 0;
    if (now_us - awake->looked_us >= LOOK_US)
        look(awake, now_us);
    return now_us < awake->rest_until_us ? 0 : awake->limit_us;
}

void awake_learn(struct awake *awake, uint64_t gap_us)
{
    if (gap_us > awake->limit_us * GAP_LIMITS_MAX)
        gap_us = awake->limit_us * GAP_LIMITS_MAX;
    awake->gap_us = (awake->gap_us * (GAP_WEIGHT - 1) + gap_us) / GAP_WEIGHT;
}
