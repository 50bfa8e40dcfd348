/* SPDX-License-Identifier: MIT */
/*
 * The EPMD protocol (erts "Distribution Protocol", chapter EPMD; the finer points were measured on the stock daemon
 * of OTP 25 and stand in doc/PROTOCOL.md).
 *
 *     request:  length:16 | opcode:8 | body         replies have no length
 *
 * Bytes in, structs out, and back: no I/O, no allocation. Decoded names point into the request.
 */
#ifndef WIRE_EPMD_H
#define WIRE_EPMD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EPMD_LENGTH_BYTES 2
#define EPMD_REQUEST_MAX 3057    /* bytes behind the length; the stock daemon's receive buffer less its margin */
#define EPMD_NAME_BYTES_MAX 1020 /* 255 characters of 4 bytes */
#define EPMD_NAME_CHARACTERS_MAX 255
#define EPMD_EXTRA_BYTES_MAX 1020
#define EPMD_ALIVE_REPLY_MAX 6
#define EPMD_PORT_REPLY_MAX (14 + EPMD_NAME_BYTES_MAX + EPMD_EXTRA_BYTES_MAX)

enum epmd_opcode {
    EPMD_DUMP = 100,  /* 'd' */
    EPMD_KILL = 107,  /* 'k' */
    EPMD_NAMES = 110, /* 'n' */
    EPMD_STOP = 115,  /* 's' */
    EPMD_ALIVE = 120, /* 'x', ALIVE2_REQ */
    EPMD_PORT = 122,  /* 'z', PORT_PLEASE2_REQ */
};

/* What a node tells about itself when it registers, and what PORT_PLEASE2 tells others. */
struct epmd_node {
    const uint8_t *name;
    size_t name_len;
    const uint8_t *extra; /* opaque */
    size_t extra_len;
    uint16_t port;
    uint8_t type; /* 77 an Erlang node; C nodes send 104, Java nodes 110, the documents say 72 */
    uint8_t protocol;
    uint16_t version_high, version_low;
};

struct epmd_request {
    enum epmd_opcode opcode;
    struct epmd_node node; /* EPMD_ALIVE: all of it. EPMD_PORT and EPMD_STOP: the name */
};

/*
 * The whole size (length field included) of the request that starts at data: > 0 once its length is there, 0 when
 * more bytes are needed, -1 when no request can start like this.
 */
int epmd_request_size(const uint8_t *data, size_t len);

enum epmd_verdict {
    EPMD_OK,
    EPMD_REFUSED, /* answer with an error reply (only ALIVE2 has one) */
    EPMD_BAD,     /* close without an answer */
};

/* Decodes what stands behind the length field. Unless EPMD_OK, *ret_reason says what is wrong, in a few words. */
enum epmd_verdict epmd_decode(const uint8_t *body, size_t len, struct epmd_request *ret, const char **ret_reason);

/*
 * ALIVE2_X_RESP (118, 32 bit creation) or ALIVE2_RESP (121, 16 bit), by the version of the node that asks. A refusal
 * carries creation 99. Returns the bytes written, at most EPMD_ALIVE_REPLY_MAX.
 */
size_t epmd_put_alive_reply(uint8_t *to, uint16_t version_high, bool accepted, uint32_t creation);

/* The creation that a node of that version is told: old nodes know those from 1 to 3. */
uint32_t epmd_told_creation(uint16_t version_high, uint32_t creation);

/* PORT2_RESP; node NULL: not registered. Returns the bytes written, at most EPMD_PORT_REPLY_MAX. */
size_t epmd_put_port_reply(uint8_t *to, const struct epmd_node *node);

#endif
