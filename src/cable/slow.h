/* SPDX-License-Identifier: MIT */
/*
 * The slow way of a lane, for faults that shape: everything that was read waits in the lane's shaper (model/shaper.h)
 * until its time has come. Frames are looked at when they leave, so that lane->frames tells what the sink has got: a
 * frozen lane stops between two frames, where ticks of ours may be put, and a mute one drops the ticks of the source.
 *
 * But for slow_begin() and slow_held() these are only for lanes that go it: lane->slow is there.
 */
#ifndef CABLE_SLOW_H
#define CABLE_SLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cabling;
struct frames;
struct lane;

/* In all shapers together; beyond it each may still hold as much as SLOW_LEAST_BYTES. */
#define SLOW_BYTES_MAX (1024UL * 1024 * 1024)
#define SLOW_LEAST_BYTES (64 * 1024)

/* The lane goes the slow way from now on, and no longer; what waits in the shaper then is gone. */
void slow_begin(struct lane *lane, struct cabling *cabling);
void slow_end(struct lane *lane, struct cabling *cabling);

/* The lane's profile has another shape. */
void slow_set_shape(struct lane *lane, uint64_t now_us);

/*
 * Bytes that were read just now go into the shaper. It reads the clock itself: they may have come since the turn began,
 * and whose time is read before they are would leave too early.
 */
void slow_put(struct lane *lane, struct cabling *cabling, const uint8_t *data, size_t len);

/* The frames that have come so far, those that wait in the shaper too. */
const struct frames *slow_came(const struct lane *lane);

/* Reads and writes what may be by now, within reason. */
void slow_pump(struct lane *lane, struct cabling *cabling);

/* Only writes. Returns true when the shaper may take more. */
bool slow_drain(struct lane *lane, struct cabling *cabling, uint64_t now_us);

/* How many bytes may be read now. */
size_t slow_room(const struct lane *lane, const struct cabling *cabling);

/* How many bytes wait in the shaper; none of a lane that does not go the slow way. */
size_t slow_held(const struct lane *lane);

/* The shaper takes no more, and back-pressure goes through; until it has room for half. */
bool slow_is_full(const struct lane *lane);

/* Nothing of it is needed any more: slow_end() loses nothing. */
bool slow_is_over(const struct lane *lane);

/* limit_data has let through what it lets through. */
bool slow_is_spent(const struct lane *lane);

/* The sink may learn by now that the source has ended. */
bool slow_may_finish(const struct lane *lane, uint64_t now_us);

/* When it can go on, or SHAPER_NEVER. */
uint64_t slow_next_us(const struct lane *lane, const struct cabling *cabling, uint64_t now_us);

#endif
