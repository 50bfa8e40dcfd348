/* SPDX-License-Identifier: MIT */
/*
 * The fast way of a lane without faults that shape: one read into a buffer shared by all, one write; what the sink does
 * not take is kept, and nothing more is read until it is out. The rest of a large frame is spliced through a pipe, if
 * there is one to be had and the kernel lets us.
 */
#ifndef CABLE_FAST_H
#define CABLE_FAST_H

#include <stdbool.h>
#include <stdint.h>

struct cabling;
struct lane;

/* Reads and writes what may be now. */
void fast_pump(struct lane *lane, struct cabling *cabling, uint64_t now_us);

/* Moves on what is in the pipe. When it is empty it is given back. */
void fast_drain_pipe(struct lane *lane, struct cabling *cabling);

/* What is in the pipe is gone. */
void fast_forget(struct lane *lane, struct cabling *cabling);

#endif
