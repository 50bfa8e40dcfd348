/* SPDX-License-Identifier: MIT */
#include "loop/relay.h"

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "loop/loop.h"

void relay_set_scheduling(const struct relay *relay)
{
    const struct sched_param param = {0};

    if (!relay->options->batch)
        return;
    if (sched_setscheduler(0, relay->shapers > 0 ? SCHED_OTHER : SCHED_BATCH, &param) < 0)
        log_debug("the scheduler refused: %s", strerror(errno));
}

uint64_t relay_time_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void relay_out_of_descriptors(struct relay *relay, const char *what)
{
    uint64_t now_ms = loop_now_ms(relay->loop);

    if (relay->warned_ms && now_ms - relay->warned_ms < RELAY_WARNING_MS)
        return;
    relay->warned_ms = now_ms;
    log_warning("%s pauses until descriptors are free again (%s); `ulimit -n` is their limit", what, strerror(errno));
}

bool relay_errno_is_exhaustion(void)
{
    return errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
}
