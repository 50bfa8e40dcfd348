/* SPDX-License-Identifier: MIT */
/*
 * What all cables share. Whoever puts the daemon together fills in the first part, and owns what is pointed to;
 * cabling_init() makes the rest.
 */
#ifndef CABLE_CABLING_H
#define CABLE_CABLING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cables;
struct counters;
struct deadlines;
struct descriptors;
struct events;
struct loop;
struct pipes;
struct registry;
struct rules;
struct traffic;

/* What a delayed lane may keep, unless somebody says otherwise. */
#define CABLING_LANE_BYTES (16 * 1024 * 1024)

/* What lanes read into before they write; see cable/lane.h. */
#define CABLING_SCRATCH_BYTES (256 * 1024)

/* One lane's share of a turn; all that go the slow way share so much, but none has less than the least. */
#define CABLING_SHARE_BYTES_MAX (1024 * 1024)
#define CABLING_SLOW_BYTES (8 * 1024 * 1024)
#define CABLING_SLOW_BYTES_MIN (64 * 1024)

struct cabling {
    struct loop *loop;
    struct deadlines *deadlines;
    struct descriptors *descriptors;
    struct registry *registry;
    struct rules *rules;
    struct events *events;
    struct counters *counters;
    uint64_t seed;         /* of all jitter and slices: each lane has its own stream, from this and the pair's names */
    size_t lane_bytes_max; /* a delayed lane keeps no more than that */
    bool batch;            /* the scheduler may let the nodes finish first, see loop/scheduling.h */

    struct cables *cables;   /* cable/cable.h */
    struct pipes *pipes;     /* cable/pipes.h */
    struct traffic *traffic; /* what nodes have sent each other */
    uint8_t *scratch;        /* CABLING_SCRATCH_BYTES; nobody keeps anything in it */
    bool applying;           /* all get new rules: none moves anything meanwhile */
    size_t shaped_lanes;     /* those that have a shaper */
    size_t queued_bytes;     /* in all shapers, see cable/slow.h */
};

void cabling_init(struct cabling *cabling);

/* Ends all cables. Deadlines and loop must still be there. */
void cabling_done(struct cabling *cabling);

/*
 * How much a lane may move in this turn. A kernel's buffers bound what others have to move; a shaper may release
 * gigabytes at once.
 */
size_t cabling_share(const struct cabling *cabling);
size_t cabling_slow_share(const struct cabling *cabling);

/* A lane begins to be shaped, or is shaped no longer: while there is one we are no batch process. */
void cabling_add_shaped(struct cabling *cabling);
void cabling_remove_shaped(struct cabling *cabling);

#endif
