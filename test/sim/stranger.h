/* SPDX-License-Identifier: MIT */
/*
 * Strangers: whoever connects to the door or to a gate and is no node. They say nothing, or rubbish, or half of a
 * request; they leave by an end or a reset, or stay.
 */
#ifndef SIM_STRANGER_H
#define SIM_STRANGER_H

#include <stdbool.h>

#define STRANGERS_MAX 100

void stranger_comes(void);
bool strangers_have_come(void); /* so an actor may hear anything */
void strangers_end(void);

#endif
