/* SPDX-License-Identifier: MIT */
/*
 * The words of our vocabularies and what each means, as `--help` shows them: a row of a table, a line.
 */
#ifndef REQUEST_WORDS_H
#define REQUEST_WORDS_H

#include "base/text.h"

void words_add_islands(struct text *to);
void words_add_effects(struct text *to); /* what the effect of a rule counts */ /* how to write them */
void words_add_modes(struct text *to);
void words_add_conditions(struct text *to);
void words_add_events(struct text *to);
void words_add_phases(struct text *to); /* of cables */
void words_add_counters(struct text *to);

#endif
