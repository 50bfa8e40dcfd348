/* SPDX-License-Identifier: MIT */
/*
 * What people should know about the rules that they have just made: notes about slips (names that nobody has, ...),
 * every time, and advice about what surprises everybody the first time, once in a daemon's life.
 */
#ifndef CONTROL_ADVICE_H
#define CONTROL_ADVICE_H

#include <jansson.h>

#include "control/api.h"
#include "control/orders.h"

/* Lines for people, an array; `requests` as they are before they are added. */
json_t *advice_notes(const struct api *api, const struct requests *requests);

/*
 * One line, or NULL: there is nothing to be said that was not said before. To be asked when the rules are in force;
 * for_us: how long they are; 0: until a fix.
 */
json_t *advice_once(struct api *api, const struct fault *fault, uint64_t for_us);

#endif
