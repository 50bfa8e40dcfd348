/* SPDX-License-Identifier: MIT */
#include "cable/cabling.h"

#include <stdlib.h>

#include "base/memory.h"
#include "loop/scheduling.h"
#include "cable/cable.h"
#include "cable/pipes.h"

void cabling_init(struct cabling *cabling)
{
    cabling->scratch = mem_new(CABLING_SCRATCH_BYTES);
    cabling->share_bytes = CABLING_SHARE_BYTES;
    cabling->pipes = pipes_new();
    cabling->cables = cables_new(cabling);
    if (cabling->batch)
        scheduling_set(SCHEDULING_BATCH);
}

void cabling_done(struct cabling *cabling)
{
    cables_free(cabling->cables);
    pipes_free(cabling->pipes);
    free(cabling->scratch);
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
