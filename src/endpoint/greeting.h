/* SPDX-License-Identifier: MIT */
/*
 * The acceptor's side of a handshake (see wire/handshake.h): bytes in, bytes out, no socket.
 */
#ifndef ENDPOINT_GREETING_H
#define ENDPOINT_GREETING_H

#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "wire/handshake.h"

struct cookie;

/* Who we are, to each that comes. */
struct greeting_host {
    const char *name; /* in full */
    uint32_t creation;
    const struct cookie *cookie;
};

struct greeting {
    struct handshake handshake; /* its dialer: who comes */
    uint32_t challenge;         /* ours */
};

enum greeting_verdict {
    GREETING_MORE,    /* more bytes have to come */
    GREETING_THROUGH, /* frames follow */
    GREETING_REFUSED, /* close, once what there is to say is said */
};

/* `challenge`: by chance, and another one each time. */
void greeting_init(struct greeting *greeting, uint32_t challenge);

/*
 * Takes *ret_used of the len bytes, up to the end of a message, and adds the answer to `to`. With GREETING_REFUSED
 * *ret_reason says why.
 */
enum greeting_verdict greeting_feed(struct greeting *greeting, const struct greeting_host *host, const uint8_t *data,
                                    size_t len, size_t *ret_used, struct text *to, const char **ret_reason);

#endif
