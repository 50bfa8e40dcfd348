/* SPDX-License-Identifier: MIT */
#include "epmd/mapper.h"

#include "cable/cabling.h"

struct mapper mapper_over(struct cabling *cabling, const struct mapper_options *options)
{
    return (struct mapper){.options = *options,
                           .loop = cabling->loop,
                           .deadlines = cabling->deadlines,
                           .descriptors = cabling->descriptors,
                           .registry = cabling->registry,
                           .rules = cabling->rules,
                           .events = cabling->events,
                           .counters = cabling->counters,
                           .cabling = cabling};
}
