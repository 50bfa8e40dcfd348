/* SPDX-License-Identifier: MIT */
/*
 * What others hear of a cable's life: events; the account of what nodes have sent each other (model/traffic.h); and, at
 * its end, the effects of the rules that it was under.
 */
#ifndef CABLE_NEWS_H
#define CABLE_NEWS_H

#include <stdbool.h>

struct cable;
struct lane;

/* It has entered a phase. */
void news_of_phase(struct cable *cable);

/* It ends in the phase that it is in. */
void news_of_end(struct cable *cable, const char *why);

/* One of its lanes has had something to do, and was full before, or was not. */
void news_of_fullness(const struct cable *cable, const struct lane *lane, bool was_full);

#endif
