/* SPDX-License-Identifier: MIT */
/*
 * What two nodes say to each other (erts "Distribution Protocol"; which messages real nodes need was measured with OTP
 * 25), as far as a node has to know that is dialled and never dials, and that offers neither the cache of atoms nor
 * fragments.
 *
 *     handshake    length:16 | tag:8 | ...             see wire/handshake.h, which reads what the dialer sends
 *     frame        length:32 | 112 | 131 control       | 131 message       length 0: a tick
 *                                    {Operation, ...}    with some of them
 *
 * Bytes in, structs out, and back: no I/O, no allocation. What is decoded points into the frame.
 */
#ifndef WIRE_DISTRIBUTION_H
#define WIRE_DISTRIBUTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/term.h"

#define DISTRIBUTION_LENGTH_BYTES 4
#define DISTRIBUTION_PASS_THROUGH 112

#define DISTRIBUTION_CONTROL_MAX 7 /* elements of a control message that are looked at; none has more */
#define DISTRIBUTION_DIGEST_BYTES 16
#define DISTRIBUTION_NAME_MAX 255 /* bytes of a full name of ours */
#define DISTRIBUTION_CHALLENGE_MAX (2 + 1 + 8 + 4 + 4 + 2 + DISTRIBUTION_NAME_MAX)
#define DISTRIBUTION_STATUS_MAX (2 + 1 + 6 + 2 + DISTRIBUTION_NAME_MAX + 4)
#define DISTRIBUTION_ACK_BYTES (2 + 1 + DISTRIBUTION_DIGEST_BYTES)

/* The bits of a node's flags that matter here; those that cannot be left out, see wire/handshake.h for the others. */
#define DISTRIBUTION_FLAG_HANDSHAKE_23 (UINT64_C(1) << 24)
#define DISTRIBUTION_FLAG_MANDATORY_25 (UINT64_C(1) << 26) /* stands for all that OTP 25 demands */

/*
 * What we tell that we can: all that OTP demands up to 26 (long references and pids, funs, bit strings, new floats,
 * UTF-8 atoms, maps, 32 bit creations, UNLINK_ID, V4_NC), monitors by name, and SPAWN, by which rpc and erpc call. Not
 * PUBLISHED: we are hidden.
 */
#define DISTRIBUTION_FLAGS UINT64_C(0x507074fbc)

/* Without these a peer would not understand what we answer: extended references and pids, UTF-8, maps, creations. */
#define DISTRIBUTION_FLAGS_DEMANDED UINT64_C(0x70104)

enum distribution_operation {
    DISTRIBUTION_LINK = 1,
    DISTRIBUTION_SEND = 2,
    DISTRIBUTION_EXIT = 3,
    DISTRIBUTION_REG_SEND = 6,
    DISTRIBUTION_EXIT_TT = 13,
    DISTRIBUTION_REG_SEND_TT = 16,
    DISTRIBUTION_MONITOR_P = 19,
    DISTRIBUTION_DEMONITOR_P = 20,
    DISTRIBUTION_MONITOR_P_EXIT = 21,
    DISTRIBUTION_SPAWN_REQUEST = 29,
    DISTRIBUTION_SPAWN_REQUEST_TT = 30,
    DISTRIBUTION_SPAWN_REPLY = 31,
    DISTRIBUTION_UNLINK_ID = 35,
    DISTRIBUTION_UNLINK_ID_ACK = 36,
};

struct distribution_message {
    int operation;
    struct term control[DISTRIBUTION_CONTROL_MAX]; /* [0] is the operation */
    int arity;
    bool has_message;
    struct term message;
};

/*
 * Decodes what stands behind a frame's length, one byte at least. Returns 0, or -1 and what is wrong, in a few words: a
 * node that sends this takes us for another.
 */
int distribution_decode(const uint8_t *frame, size_t len, struct distribution_message *ret, const char **ret_reason);

/* A node whose flags stand for more than they say, as they are meant. */
uint64_t distribution_flags(uint64_t flags);

/* The acceptor's three messages, their length included. Each returns the bytes written, at most the _MAX above. */
size_t distribution_put_status(uint8_t *to, const char *status);
/* "named:": for a dialer that wants a name of us. */
size_t distribution_put_named(uint8_t *to, const char *name, uint32_t creation);
/* The old form ('n') has the lower half of the flags, and no creation. */
size_t distribution_put_challenge(uint8_t *to, bool old, uint64_t flags, uint32_t challenge, uint32_t creation,
                                  const char *name);
size_t distribution_put_ack(uint8_t *to, const uint8_t digest[DISTRIBUTION_DIGEST_BYTES]);

#endif
