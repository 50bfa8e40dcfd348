/* SPDX-License-Identifier: MIT */
/*
 * When may these bytes leave? A shaper is the queue of one lane: bytes go in as they come from the source, and it tells
 * how many of them may go out by now, and when more may.
 *
 *     put ──> [ latency: each chunk has a time from which on it may leave ] ──> [ bandwidth, slicer: the front of what
 *              may leave goes in parcels, one after the other ] ──> [ limit_data: so many, no more ] ──> took
 *
 * Order is kept, nothing is lost or doubled, and nothing ever leaves early. Times only need to come from one clock that
 * goes forward. The end of the stream is queued like a byte.
 */
#ifndef MODEL_SHAPER_H
#define MODEL_SHAPER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/profile.h"

struct random;
struct shaper;

#define SHAPER_NEVER UINT64_MAX

/* The chance is shared and must outlive it. */
struct shaper *shaper_new(struct random *random);
void shaper_free(struct shaper *shaper); /* NULL is fine; what is in it is gone */

/* From now on; what waits already is judged anew, so that removing a delay releases it at once. */
void shaper_set(struct shaper *shaper, const struct shape *shape, uint64_t now_us);

/* Takes a copy. */
void shaper_put(struct shaper *shaper, const uint8_t *data, size_t len, uint64_t now_us);
/* The source has ended; nothing may be put any more. */
void shaper_put_end(struct shaper *shaper, uint64_t now_us);

/* Bytes in it. */
size_t shaper_held(const struct shaper *shaper);

/* What it keeps beside them: each time that something is put costs some memory, however little it was. */
size_t shaper_overhead(const struct shaper *shaper);

/* How many bytes may leave by now; they stand at *ret, until the next call. */
size_t shaper_due(struct shaper *shaper, uint64_t now_us, const uint8_t **ret);
/* The first len of those have left. */
void shaper_took(struct shaper *shaper, size_t len, uint64_t now_us);

/* Everything is out, and the end (shaper_put_end()) may be told. */
bool shaper_ended(const struct shaper *shaper, uint64_t now_us);

/* As much as limit_data lets through has left. */
bool shaper_spent(const struct shaper *shaper);

/*
 * The time at which shaper_due() or shaper_ended() will tell more than at now_us, or SHAPER_NEVER when no time alone
 * changes that.
 */
uint64_t shaper_next_us(struct shaper *shaper, uint64_t now_us);

#endif
