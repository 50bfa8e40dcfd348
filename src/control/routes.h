/* SPDX-License-Identifier: MIT */
/*
 * One row a resource: its document becomes a verb's value (request/), the service does it, and its answer becomes a
 * document again.
 */
#ifndef CONTROL_ROUTES_H
#define CONTROL_ROUTES_H

#include "control/api.h"

void routes_answer(const struct api *api, const struct api_request *request, struct api_answer *ret);

/* The HTTP status that stands for a refusal's. */
unsigned routes_status_of(const struct refusal *refusal);

#endif
