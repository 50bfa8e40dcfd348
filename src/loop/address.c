/* SPDX-License-Identifier: MIT */
#include "loop/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>

int address_parse(const char *text, uint16_t port, struct address *ret)
{
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;

    if (getaddrinfo(text, NULL, &hints, &found) != 0)
        return -EINVAL;
    memset(ret, 0, sizeof(*ret));
    memcpy(&ret->any, found->ai_addr, found->ai_addrlen);
    ret->len = found->ai_addrlen;
    freeaddrinfo(found);
    address_set_port(ret, port);
    return 0;
}

struct address address_of_socket(int fd)
{
    struct address address = {.len = sizeof(address.v6)};

    if (getsockname(fd, &address.any, &address.len) < 0)
        address.len = 0;
    return address;
}

struct address address_of_peer(int fd)
{
    struct address address = {.len = sizeof(address.v6)};

    if (getpeername(fd, &address.any, &address.len) < 0)
        address.len = 0;
    return address;
}

uint16_t address_port(const struct address *address)
{
    return ntohs(address->any.sa_family == AF_INET6 ? address->v6.sin6_port : address->v4.sin_port);
}

void address_set_port(struct address *address, uint16_t port)
{
    if (address->any.sa_family == AF_INET6)
        address->v6.sin6_port = htons(port);
    else
        address->v4.sin_port = htons(port);
}

/* The host in 16 bytes, IPv4 mapped into IPv6. */
static void host_bytes(const struct address *address, struct in6_addr *to)
{
    if (address->any.sa_family == AF_INET6) {
        *to = address->v6.sin6_addr;
        return;
    }
    memset(to, 0, sizeof(*to));
    to->s6_addr[10] = to->s6_addr[11] = 0xFF;
    memcpy(&to->s6_addr[12], &address->v4.sin_addr, 4);
}

bool address_same_host(const struct address *a, const struct address *b)
{
    struct in6_addr host_a, host_b;

    if (a->len == 0 || b->len == 0)
        return false;
    host_bytes(a, &host_a);
    host_bytes(b, &host_b);
    return memcmp(&host_a, &host_b, sizeof(host_a)) == 0;
}

bool address_is_v4(const struct address *address)
{
    struct in6_addr host;

    host_bytes(address, &host);
    return IN6_IS_ADDR_V4MAPPED(&host);
}

bool address_is_wildcard(const struct address *address)
{
    struct in6_addr host;

    host_bytes(address, &host);
    return IN6_IS_ADDR_UNSPECIFIED(&host) ||
           (IN6_IS_ADDR_V4MAPPED(&host) && memcmp(&host.s6_addr[12], "\0\0\0", 4) == 0);
}

bool address_is_loopback(const struct address *address)
{
    struct in6_addr host;

    if (address->len == 0)
        return false;
    host_bytes(address, &host);
    if (IN6_IS_ADDR_V4MAPPED(&host))
        return host.s6_addr[12] == 127;
    return IN6_IS_ADDR_LOOPBACK(&host);
}

bool address_is_local_peer(const struct address *peer, const struct address *local)
{
    return address_is_loopback(peer) || address_same_host(peer, local);
}

void address_print(const struct address *address, char to[ADDRESS_TEXT_MAX])
{
    char host[INET6_ADDRSTRLEN] = "?";

    if (address->any.sa_family == AF_INET6) {
        inet_ntop(AF_INET6, &address->v6.sin6_addr, host, sizeof(host));
        snprintf(to, ADDRESS_TEXT_MAX, "[%s]:%u", host, address_port(address));
    } else {
        inet_ntop(AF_INET, &address->v4.sin_addr, host, sizeof(host));
        snprintf(to, ADDRESS_TEXT_MAX, "%s:%u", host, address_port(address));
    }
}
