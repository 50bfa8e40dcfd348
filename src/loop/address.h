/* SPDX-License-Identifier: MIT */
/*
 * Socket addresses, IPv4 and IPv6 alike.
 */
#ifndef LOOP_ADDRESS_H
#define LOOP_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#define ADDRESS_TEXT_MAX 64

struct address {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    };
    socklen_t len; /* 0: no address */
};

/* "127.0.0.1", "::1", "fe80::1%eth0". Returns 0, or -EINVAL when it is not a numeric address. */
int address_parse(const char *text, uint16_t port, struct address *ret);

struct address address_of_socket(int fd); /* len 0 when it has none */
struct address address_of_peer(int fd);

uint16_t address_port(const struct address *address);
void address_set_port(struct address *address, uint16_t port);

/* The same host; ports do not count, and ::ffff:127.0.0.1 is 127.0.0.1. */
bool address_same_host(const struct address *a, const struct address *b);

bool address_is_v4(const struct address *address); /* also as ::ffff:127.0.0.1 */

/* 0.0.0.0 or ::. */
bool address_is_wildcard(const struct address *address);

/* 127.0.0.0/8 or ::1. */
bool address_is_loopback(const struct address *address);

/* Is the other end on this machine? Loopback, or the very address that it connected to (as the stock daemon tells). */
bool address_is_local_peer(const struct address *peer, const struct address *local);

/* "127.0.0.1:4369", "[::1]:4369". */
void address_print(const struct address *address, char to[ADDRESS_TEXT_MAX]);

#endif
