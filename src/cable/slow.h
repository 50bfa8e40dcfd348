/* SPDX-License-Identifier: MIT */
/*
 * The slow way of a lane, for faults that shape: everything that was read waits in the lane's shaper (model/shaper.h)
 * until its time has come. Frames are looked at when they leave, so that lane->frames tells what the sink has got: a
 * frozen lane stops between two frames, where ticks of ours may be put, and a mute one drops the ticks of the source.
 */
#ifndef CABLE_SLOW_H
#define CABLE_SLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lane;
struct cabling;

/* In all shapers together; beyond it each may still hold as much as SLOW_LEAST_BYTES. */
#define SLOW_BYTES_MAX (1024UL * 1024 * 1024)
#define SLOW_LEAST_BYTES (64 * 1024)

/* Bytes that were read go into the shaper. */
void slow_put(struct lane *lane, struct cabling *cabling, const uint8_t *data, size_t len);

/* Reads and writes what may be by now. */
void slow_pump(struct lane *lane, struct cabling *cabling);

/* Only writes. Returns true when the shaper may take more. */
bool slow_drain(struct lane *lane, struct cabling *cabling);

/* How many bytes may be read now. */
size_t slow_room(const struct lane *lane, const struct cabling *cabling);

/* Nothing of it is needed any more: lane->shaper may go. */
bool slow_is_over(const struct lane *lane);

/* When it can go on, or SHAPER_NEVER. */
uint64_t slow_next_us(const struct lane *lane, const struct cabling *cabling);

/* The lane goes the slow way from now on. */
void slow_begin(struct lane *lane, struct cabling *cabling);

/* And no longer; the shaper's bytes are gone. */
void slow_forget(struct lane *lane, struct cabling *cabling);

#endif
