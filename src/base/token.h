/* SPDX-License-Identifier: MIT */
/*
 * The secret by which whoever may control the daemon is known where everybody may knock: 16 to 255 letters, digits and
 * -._~+/= (RFC 6750, section 2.1).
 */
#ifndef BASE_TOKEN_H
#define BASE_TOKEN_H

#include <stdbool.h>

#include "base/refusal.h"

#define TOKEN_BYTES 256 /* with the NUL */
#define TOKEN_BYTES_MIN 16

/* Is it one? Else the refusal, without a field; it does not show the token. */
int token_check(const char *token, struct refusal *refusal);

/*
 * From a file that nobody else can read (base/secret.h): the one line in it. Returns 0; or a negative errno, and the
 * refusal, which names the file.
 */
int token_read(const char *path, char to[TOKEN_BYTES], struct refusal *refusal);

/* Takes as long whatever is given. */
bool token_is(const char *token, const char *given);

#endif
