/* SPDX-License-Identifier: MIT */
/*
 * What the oracle's files share.
 */
#ifndef SIM_ORACLE_INSIDE_H
#define SIM_ORACLE_INSIDE_H

#include <stdbool.h>
#include <stdint.h>

#include "actor.h"

struct house;

/* Nothing fails that need not: what ends has ended for a reason. */
bool oracle_is_calm(void);

/* Since when no rule has been about that name. */
uint64_t oracle_names_free_us(const struct actor *actor);

void oracle_lines_rules_changed(void);
void oracle_lines_look(bool closely); /* closely: what takes a while to be wrong, too */

void oracle_waits_begin(void);
void oracle_waits_look(void);

/* cables, as the daemon shows them, against what there is */
void oracle_cables_look(const struct house *house);

#endif
