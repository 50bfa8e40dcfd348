/* SPDX-License-Identifier: MIT */
/*
 * The cookie: who knows it may connect. Found as Erlang finds it, and made as Erlang makes it
 * (OTP: lib/kernel/src/auth.erl), but that no command line has it. It is never logged.
 */
#ifndef ENDPOINT_COOKIE_H
#define ENDPOINT_COOKIE_H

#include <stddef.h>
#include <stdint.h>

#include "base/refusal.h"
#include "wire/distribution.h"

#define COOKIE_BYTES_MAX 255 /* an atom */

struct cookie {
    char text[COOKIE_BYTES_MAX + 1];
};

/*
 * From that file, or (NULL) from $HOME/.erlang.cookie, else $XDG_CONFIG_HOME/erlang/.erlang.cookie ($HOME/.config is
 * the default). Where none of these is, the first is made, as the first node of a user makes it. Returns 0, or a
 * negative errno and the refusal, which says what to do.
 */
int cookie_find(const char *file, struct cookie *ret, struct refusal *refusal);

/* The proof that somebody who was sent this challenge knows it. */
void cookie_digest(const struct cookie *cookie, uint32_t challenge, uint8_t ret[DISTRIBUTION_DIGEST_BYTES]);

#endif
