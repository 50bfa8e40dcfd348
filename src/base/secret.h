/* SPDX-License-Identifier: MIT */
/*
 * Secrets in files that nobody but their owner may use: a cookie, a token. Each says itself what it may consist of.
 */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/refusal.h"

#define SECRET_FILE_BYTES 320 /* a line of 255 characters, with what may stand behind it, and the NUL */

/*
 * What is in the file, as a text; of a longer one as much as that. To be wiped by the caller. Returns 0; or a negative
 * errno, -ENOENT when there is none, and the refusal, which names the file and shows nothing of it.
 */
int secret_read(const char *path, char to[SECRET_FILE_BYTES], struct refusal *refusal);

/* In a time that does not depend on where they differ. */
bool secret_same(const void *a, const void *b, size_t len);

#endif
