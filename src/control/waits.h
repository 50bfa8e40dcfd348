/* SPDX-License-Identifier: MIT */
/*
 * Requests that are answered when a condition holds: GET /v1/wait?condition=...&timeout=...
 */
#ifndef CONTROL_WAITS_H
#define CONTROL_WAITS_H

#include <stdbool.h>
#include <stdint.h>

#include "control/api.h"

#define WAITS_MAX 32
#define WAIT_TIMEOUT_DEFAULT_US 30000000
#define WAIT_TIMEOUT_MAX_US 3600000000ULL

struct wait;

/* NULL and *error when the request is bad. */
struct wait *wait_new(const struct api *api, const struct api_request *request, struct api_error *error);
void wait_free(struct wait *wait); /* NULL is fine */

enum wait_outcome { WAIT_ON, WAIT_HOLDS, WAIT_TIMED_OUT };

/* Looks again. With WAIT_TIMED_OUT *error says what was missing. */
enum wait_outcome wait_look(struct wait *wait, const struct api *api, struct api_error *error);

#endif
