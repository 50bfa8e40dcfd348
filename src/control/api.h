/* SPDX-License-Identifier: MIT */
/*
 * What the control API's parts share: what they may ask, and how they refuse.
 */
#ifndef CONTROL_API_H
#define CONTROL_API_H

#include <stddef.h>
#include <stdint.h>

struct relay;

struct api {
    struct relay *relay;
    const char *version;
    uint64_t started_ms; /* on the loop's clock */
    unsigned advised;    /* what was said already, see control/advice.h */
};

/* A request that the guard let through. */
struct api_request {
    const char *method, *path;
    const char *body; /* len bytes; may be NULL when there are none */
    size_t len;
    const char *(*query)(const void *data, const char *name);               /* "?name=value": the value, or NULL */
    const char *(*other_query)(const void *data, const char *const *known); /* a name that is none of those, or NULL */
    const void *data;
};

/* For users: an HTTP status, and one line that names the field and says what it should be. */
struct api_error {
    int status;
    char text[1024];
};

struct refusal;

/* A refusal as the error it is over HTTP. Returns -EINVAL. */
int api_refused(struct api_error *error, const struct refusal *refusal);

void api_refuse(struct api_error *error, int status, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
