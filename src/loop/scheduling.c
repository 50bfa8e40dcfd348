/* SPDX-License-Identifier: MIT */
#include "loop/scheduling.h"

#include <errno.h>
#include <sched.h>
#include <string.h>

#include "base/log.h"

void scheduling_set(enum scheduling scheduling)
{
    const struct sched_param param = {0};

    if (sched_setscheduler(0, scheduling == SCHEDULING_BATCH ? SCHED_BATCH : SCHED_OTHER, &param) < 0)
        log_debug("the scheduler refused: %s", strerror(errno));
}
