/* SPDX-License-Identifier: MIT */
/*
 * How the two ends of the measuring connections talk (serve.c accepts, load.c dials), and what lanes.c shares with
 * them.
 *
 *     dialer                                  acceptor
 *     'N', name                          ──>                     like a node: all of the handshake of OTP 23 and later,
 *                                        <──  "sok", challenge   which only has to look right (nobody checks digests)
 *     'r', reply                         ──>
 *                                        <──  'a', ack
 *  or 16 03 01 00                        ──>                     unlike a node, so that a relay cannot know more of it
 *     a frame of one byte: the purpose   ──>                     frames are length:32 and that many bytes
 *     PURPOSE_echo: bytes                ──>
 *                                        <──  the same bytes
 *     PURPOSE_swallow: frames, a tick    ──>                     a tick is a frame without bytes
 *                                        <──  a tick, when all before it has come
 */
#ifndef BENCH_TALK_H
#define BENCH_TALK_H

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PURPOSE_ECHO 'e'
#define PURPOSE_SWALLOW 's'
#define HEADER_BYTES 4
#define MESSAGE_BYTES_MAX 256

static const uint8_t no_node[] = {0x16, 3, 1, 0};

static inline void die(const char *what)
{
    perror(what);
    exit(1);
}

static inline void no_delay(int fd)
{
    const int on = 1;

    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

static inline struct sockaddr_in local(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

static inline void put(int fd, const void *data, size_t len)
{
    const char *at = data;

    while (len > 0) {
        ssize_t sent = send(fd, at, len, MSG_NOSIGNAL);

        if (sent < 0)
            die("send");
        at += sent;
        len -= (size_t)sent;
    }
}

/* A handshake message: its length, and its bytes. */
static inline size_t message(uint8_t *to, const void *body, size_t len)
{
    to[0] = (uint8_t)(len >> 8);
    to[1] = (uint8_t)len;
    memcpy(to + 2, body, len);
    return len + 2;
}

/* 'N' flags:64 [challenge:32] creation:32 length:16 name */
static inline size_t name_message(uint8_t *to, const char *name, int challenge)
{
    uint8_t body[MESSAGE_BYTES_MAX - 2] = {'N', 0, 0, 0, 0x0d, 0x07, 0xdf, 0x7f, 0xbd};
    size_t at = challenge ? 17 : 13, len = strlen(name);

    body[at] = (uint8_t)(len >> 8);
    body[at + 1] = (uint8_t)len;
    memcpy(body + at + 2, name, len);
    return message(to, body, at + 2 + len);
}

#endif
