/* SPDX-License-Identifier: MIT */
/*
 * Watches the handshake with which two Erlang nodes begin a connection (erts "Distribution Protocol", chapter
 * "Distribution Handshake"; OTP: lib/kernel/src/dist_util.erl) and learns who they are. It changes nothing.
 *
 *     dialer                                  acceptor
 *       N flags creation name  ------------>
 *                              <------------  s "ok" | "ok_simultaneous" | "nok" | "not_allowed" | "alive" |
 * "named:"... s "true" | "false"     ------------>    (only after "alive")
 *                              <------------  N flags challenge creation name
 *       c flags creation       ------------>    (only when the dialer began with the old n)
 *       r challenge digest     ------------>
 *                              <------------  a digest
 *       frames with a length of 32 bits, either way; the acceptor's first often come in one segment with its 'a'
 *
 * Each message has a length of 16 bits before it. Each direction is watched by itself, so that it does not matter how
 * the two interleave, nor where a message is split.
 */
#ifndef WIRE_HANDSHAKE_H
#define WIRE_HANDSHAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/epmd.h"

#define HANDSHAKE_MESSAGE_MAX 2048 /* a name of 255 characters needs half of it */
#define HANDSHAKE_NAME_MAX EPMD_NAME_BYTES_MAX

#define HANDSHAKE_FLAG_PUBLISHED (UINT64_C(1) << 0) /* clear: a hidden node */
#define HANDSHAKE_FLAG_NAME_ME (UINT64_C(1) << 33)  /* "give me a name": only the host is in the first message */

enum handshake_side { FROM_DIALER, FROM_ACCEPTOR };

enum handshake_verdict {
    HANDSHAKE_MORE,    /* all bytes taken, the message goes on */
    HANDSHAKE_MESSAGE, /* a message is complete */
    HANDSHAKE_DONE,    /* a message is complete, and frames follow it in this direction */
    HANDSHAKE_RAW,     /* the dialer's first bytes are no handshake (TLS begins with 16 03): nothing to learn here */
    HANDSHAKE_BAD,     /* neither node would accept this; `reason` says why */
};

struct handshake_end {
    char name[HANDSHAKE_NAME_MAX + 1]; /* full name in UTF-8; empty until it is known */
    uint64_t flags;
    uint32_t creation;
};

struct handshake {
    struct handshake_end dialer, acceptor;
    const char *reason;
    struct handshake_half {
        uint8_t message[HANDSHAKE_MESSAGE_MAX]; /* behind its length */
        size_t have;                            /* bytes that came, length field included */
        size_t size;                            /* of the message, once its length is known */
        bool begun;                             /* the first message of this direction was complete */
        bool named;                             /* acceptor only: the challenge was seen */
    } halves[2];
};

void handshake_init(struct handshake *handshake);

/*
 * Takes bytes of one direction, up to the end of one message. *ret_used of the len bytes were taken (all of them with
 * HANDSHAKE_MORE); call again for the rest. Not to be called again for a direction after DONE, RAW or BAD.
 */
enum handshake_verdict handshake_feed(struct handshake *handshake, enum handshake_side side, const uint8_t *data,
                                      size_t len, size_t *ret_used);

bool handshake_is_hidden(const struct handshake_end *end);

#endif
