/* SPDX-License-Identifier: MIT */
#include "cable/cabling.h"

#include <stdlib.h>

#include "base/memory.h"
#include "loop/loop.h"
#include "loop/scheduling.h"
#include "model/traffic.h"
#include "cable/cable.h"
#include "cable/pipes.h"

void cabling_init(struct cabling *cabling)
{
    cabling->scratch = mem_new(CABLING_SCRATCH_BYTES);
    cabling->pipes = pipes_new();
    cabling->traffic = traffic_new();
    cabling->cables = cables_new(cabling);
    if (cabling->batch)
        scheduling_set(SCHEDULING_BATCH);
}

void cabling_done(struct cabling *cabling)
{
    cables_free(cabling->cables);
    pipes_free(cabling->pipes);
    traffic_free(cabling->traffic);
    free(cabling->scratch);
}

size_t cabling_share(const struct cabling *cabling)
{
    return cabling->applying ? 0 : CABLING_SHARE_BYTES_MAX;
}

size_t cabling_slow_share(const struct cabling *cabling)
{
    size_t most = cabling_share(cabling), share = CABLING_SLOW_BYTES / loop_crowd(cabling->loop);

    if (share < CABLING_SLOW_BYTES_MIN)
        share = CABLING_SLOW_BYTES_MIN;
    return share < most ? share : most;
}

void cabling_add_shaped(struct cabling *cabling)
{
    if (cabling->shaped_lanes++ == 0 && cabling->batch)
        scheduling_set(SCHEDULING_PROMPT);
}

void cabling_remove_shaped(struct cabling *cabling)
{
    if (--cabling->shaped_lanes == 0 && cabling->batch)
        scheduling_set(SCHEDULING_BATCH);
}
