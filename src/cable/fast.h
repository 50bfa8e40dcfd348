/* SPDX-License-Identifier: MIT */
/*
 * The fast way of a lane without faults that shape: one read into a buffer shared by all, one write; what the sink does
 * not take is kept, and nothing more is read until it is out. While frames are large they are spliced instead, if there
 * is a pipe to be had and the kernel lets us: cable/splicing.h.
 */
#ifndef CABLE_FAST_H
#define CABLE_FAST_H

#include <stdint.h>

struct cabling;
struct lane;

/* Reads and writes what may be now. */
void fast_pump(struct lane *lane, struct cabling *cabling, uint64_t now_us);

#endif
