/* SPDX-License-Identifier: MIT */
#ifndef CONTROL_STATUS_H
#define CONTROL_STATUS_H

#include <jansson.h>

struct api;

/* GET /v1/status: everything that there is. */
json_t *status_document(const struct api *api);

#endif
