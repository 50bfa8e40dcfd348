/* SPDX-License-Identifier: MIT */
/*
 * Why something that was asked for is not done: for whoever asked, whatever way it came.
 *
 * A refusal names the field that is wrong as a path ("islands[0][2]", "params.delay"; empty: the request as a whole)
 * and says in one line what it should be. Whoever reads a part of a request knows the field within that part only;
 * whoever called it puts it into its place with refusal_within().
 */
#ifndef BASE_REFUSAL_H
#define BASE_REFUSAL_H

#include <stddef.h>

#define REFUSAL_FIELD_BYTES 256
#define REFUSAL_TEXT_BYTES 1024
#define REFUSAL_LINE_BYTES (REFUSAL_FIELD_BYTES + REFUSAL_TEXT_BYTES)

struct refusal {
    /*
     * A negative errno. -EINVAL: the request is wrong; -ENOENT: what it is about is not there; -ENOSPC: a limit is
     * reached; -EBUSY: not now; -ETIMEDOUT: not within the time; -EOPNOTSUPP: it cannot be known or done at all.
     */
    int status;
    char field[REFUSAL_FIELD_BYTES];
    char text[REFUSAL_TEXT_BYTES];
};

/* Both fill *ret and return its status, so that a function can end with `return refuse(...)`. `field` may be NULL. */
int refuse(struct refusal *ret, const char *field, const char *format, ...) __attribute__((format(printf, 3, 4)));
int refuse_as(struct refusal *ret, int status, const char *field, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* More of the text, for lists: ", close". */
void refusal_add(struct refusal *refusal, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Its field stands within another: "delay" within "params" is "params.delay", "[2]" within "islands" is "islands[2]".
 * Returns the status. */
int refusal_within(struct refusal *refusal, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* "params.delay: what is wrong", one line; REFUSAL_LINE_BYTES are enough. */
void refusal_print(const struct refusal *refusal, char *to, size_t size);

#endif
