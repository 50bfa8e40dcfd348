/* SPDX-License-Identifier: MIT */
/*
 * The daemon, put together as src/daemon/daemon.c does, but for HTTP and its own node.
 */
#ifndef SIM_HOUSE_H
#define SIM_HOUSE_H

#include <stddef.h>
#include <stdint.h>

#include "cable/cabling.h"
#include "epmd/mapper.h"
#include "loop/deadlines.h"
#include "model/counters.h"
#include "service/service.h"

#define EPMD_PORT_OF_HOUSE 4369

struct house {
    struct counters counters;
    struct cabling cabling;
    struct mapper mapper;
    struct door *door;
    struct service service;
    struct waits *waits;
    struct deadline next_end;
    uint64_t version;
    bool killed;
    uint64_t rule_ended; /* how often one has */
};

void house_begin(struct house *house, uint64_t seed, size_t descriptors_max, size_t lane_bytes_max);
void house_end(struct house *house);

#endif
