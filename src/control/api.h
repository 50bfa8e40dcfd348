/* SPDX-License-Identifier: MIT */
/*
 * What the control API's parts share: what they may ask, and how they refuse.
 */
#ifndef CONTROL_API_H
#define CONTROL_API_H

#include <stdint.h>

struct relay;

struct api {
    struct relay *relay;
    const char *version;
    uint64_t started_ms; /* on the loop's clock */
};

/* For users: an HTTP status, and one line that names the field and says what it should be. */
struct api_error {
    int status;
    char text[1024];
};

void api_refuse(struct api_error *error, int status, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
