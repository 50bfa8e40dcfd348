/* SPDX-License-Identifier: MIT */
/*
 * Watches the handshake with which two Erlang nodes begin a connection (erts "Distribution Protocol", chapter
 * "Distribution Handshake"; OTP: lib/kernel/src/dist_util.erl) and learns who they are. It keeps each message whole, so
 * that it can be held back, or told to both nodes with fewer flags.
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

#define HANDSHAKE_LENGTH_BYTES 2
#define HANDSHAKE_MESSAGE_MAX 2048 /* a name of 255 characters needs half of it */
#define HANDSHAKE_NAME_MAX EPMD_NAME_BYTES_MAX

#define HANDSHAKE_FLAG_PUBLISHED (UINT64_C(1) << 0) /* clear: a hidden node */
#define HANDSHAKE_FLAG_NAME_ME (UINT64_C(1) << 33)  /* "give me a name": only the host is in the first message */

/*
 * What a node can do that it need not do, or needed not once (OTP: lib/kernel/include/dist.hrl). The numbers: the bit,
 * and the release of OTP from which on nodes refuse whoever cannot do it; 0: none does.
 */
#define HANDSHAKE_FLAGS_OPTIONAL(X)                                        \
    X(published, 0, 0, "to be seen in nodes(): without it a hidden node")  \
    X(unicode_io, 12, 0, "characters beyond Latin-1 in I/O")               \
    X(dist_hdr_atom_cache, 13, 0, "atoms sent once, then by their number") \
    X(send_sender, 19, 0, "messages that tell their sender")               \
    X(big_seqtrace_labels, 20, 0, "any term as a label of seq_trace")      \
    X(exit_payload, 22, 0, "exit reasons behind the control message")      \
    X(fragments, 23, 0, "large messages in fragments")                     \
    X(unlink_id, 25, 26, "the newer protocol for unlink")                  \
    X(spawn, 32, 0, "spawn_request, and so erpc and rpc")                  \
    X(alias, 35, 0, "process aliases")                                     \
    X(altact_sig, 37, 0, "priority messages, from OTP 28 on")              \
    X(native_records, 38, 0, "records of a type of their own, from OTP 29 on")

/* The messages that a handshake may stop at, in their order. */
#define HANDSHAKE_STAGES(X)                                      \
    X(name, "the dialer's first: who it is")                     \
    X(status, "the acceptor's answer: ok, alive, ...")           \
    X(challenge, "the acceptor's: who it is, and a challenge")   \
    X(reply, "the dialer's: the challenge's digest and its own") \
    X(ack, "the acceptor's: the digest; the connection is up now")

enum handshake_stage {
#define X(name, help) STAGE_##name,
    HANDSHAKE_STAGES(X)
#undef X
        STAGE_NONE, /* any other message */
};

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
        uint8_t bytes[HANDSHAKE_LENGTH_BYTES + HANDSHAKE_MESSAGE_MAX]; /* the message, from its length on */
        size_t have;                                                   /* bytes that came */
        bool complete;              /* it is all there; the next byte begins another one */
        enum handshake_stage stage; /* of the complete message */
        bool begun;                 /* the first message of this direction was complete */
        bool named;                 /* acceptor only: the challenge was seen */
    } halves[2];
};

void handshake_init(struct handshake *handshake);

/*
 * How many bytes of that direction are wanted next: never beyond the message that is coming, so that whoever reads no
 * more leaves the rest where it is.
 */
size_t handshake_wanted(const struct handshake *handshake, enum handshake_side side);

/*
 * Takes bytes of one direction, up to the end of one message. *ret_used of the len bytes were taken (all of them with
 * HANDSHAKE_MORE); call again for the rest. Not to be called again for a direction after DONE, RAW or BAD. What was
 * taken stands in the half's `bytes`, until the next call.
 */
enum handshake_verdict handshake_feed(struct handshake *handshake, enum handshake_side side, const uint8_t *data,
                                      size_t len, size_t *ret_used);

/*
 * Takes these flags out of the complete message of that direction, if it is one that has flags. Both nodes must be told
 * the same: flags that only one of them leaves out crash real nodes. Returns those that were there.
 */
uint64_t handshake_clear_flags(struct handshake *handshake, enum handshake_side side, uint64_t flags);

bool handshake_is_hidden(const struct handshake_end *end);

#endif
