/* SPDX-License-Identifier: MIT */
#ifndef CONTROL_ROUTES_H
#define CONTROL_ROUTES_H

#include <jansson.h>

#include "control/api.h"

struct wait;

/*
 * The answer to a request, or NULL and *error. A request that waits for something has *ret_wait instead, the caller's
 * (control/waits.h), and neither an answer nor an error.
 */
json_t *routes_answer(struct api *api, const struct api_request *request, struct wait **ret_wait,
                      struct api_error *error);

#endif
