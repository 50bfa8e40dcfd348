/* SPDX-License-Identifier: MIT */
#ifndef CONTROL_ROUTES_H
#define CONTROL_ROUTES_H

#include <jansson.h>
#include <stddef.h>

#include "control/api.h"

/* The answer to a request that the guard let through, or NULL and *error. The body may be empty. */
json_t *routes_answer(const struct api *api, const char *method, const char *path, const char *body, size_t len,
                      struct api_error *error);

#endif
