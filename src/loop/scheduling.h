/* SPDX-License-Identifier: MIT */
/*
 * How the kernel's scheduler is to treat us. A batch process is not put before the nodes that wake it, so it finds more
 * to do each time it runs: with 100 busy pairs the throughput nearly doubles (doc/decisions/). But while bytes have to
 * leave in time we have to be prompt, an ordinary process. Needs no privilege; where it is refused nothing is lost.
 */
#ifndef LOOP_SCHEDULING_H
#define LOOP_SCHEDULING_H

enum scheduling { SCHEDULING_PROMPT, SCHEDULING_BATCH };

void scheduling_set(enum scheduling scheduling);

#endif
