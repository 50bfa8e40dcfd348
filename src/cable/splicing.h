/* SPDX-License-Identifier: MIT */
/*
 * How large frames move on the fast way: from the source into a pipe and on into the sink, without coming through our
 * memory. A frame's header is looked at before it is moved, so that the count of frames stays exact; of a raw lane's
 * bytes there is nothing to count.
 *
 *     source ══ | header | ...... frame ...... | header | ...... frame ...
 *               a look;    a splice to its end;  a look;  and so on, until the source has no more or the pipe has
 * enough: pipe   ══ | header | ...... frame ...... | header | ...... frame ... ══> sink, by one splice
 *
 * A lane begins with it when one read has brought much of large frames. It leaves it when frames are small: a look and
 * a splice for each cost more than to copy many at once.
 */
#ifndef CABLE_SPLICING_H
#define CABLE_SPLICING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cabling;
struct lane;

/* So many bytes, and in them the ends of so many frames and ticks, were copied. */
void splicing_weigh_copied(struct lane *lane, size_t bytes, uint64_t ended);

/* Is this the way for what comes next? Then the lane has a pipe. */
bool splicing_suits(struct lane *lane, struct cabling *cabling);

/*
 * Moves what the source has, within reason. Everything that was in the pipe must be out. Returns how many bytes left
 * the source; 0 also when the kernel refuses to splice: then nothing suits any more, and everything is copied.
 */
size_t splicing_move(struct lane *lane, struct cabling *cabling);

/* Moves on what is in the pipe. When it is empty it is given back. */
void splicing_drain(struct lane *lane, struct cabling *cabling);

/* Gives the pipe back. What is still in it is gone. */
void splicing_end(struct lane *lane, struct cabling *cabling);

#endif
