/* SPDX-License-Identifier: MIT */
/*
 * Documents as Erlang terms, in the external format (OTP: erts/doc, "External Term Format"), and back.
 *
 *     document                   what is written         what is read
 *     object                     map, keys are binaries  map, keys are binaries, strings or atoms
 *     array                      list                    list
 *     string                     binary                  binary, string, or any other atom
 *     true, false, null          atoms                   atoms; also undefined for null
 *     whole number, real number  integer, float          integer of up to 64 bits, float
 *
 * The decoder is our own: libei's takes for granted that what it reads is whole and well-formed.
 */
#ifndef REQUEST_TERMS_H
#define REQUEST_TERMS_H

#include <jansson.h>
#include <stddef.h>

#include "base/refusal.h"
#include "base/text.h"

#define TERMS_TYPE "application/vnd.erlang.etf"
#define TERMS_DEPTH_MAX 32

/* The caller's to release; NULL and the refusal when it is none of the above, has a key twice, or goes on behind it. */
json_t *terms_parse(const void *data, size_t len, struct refusal *refusal);

void terms_add(struct text *to, const json_t *document);

#endif
