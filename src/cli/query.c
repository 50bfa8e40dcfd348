/* SPDX-License-Identifier: MIT */
#include "cli/query.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/memory.h"

#define TIMEOUT_S 30
#define NAMES_HEADER_BYTES 4

static int connect_to(const struct sockaddr *address, socklen_t len)
{
    const struct timeval timeout = {.tv_sec = TIMEOUT_S};
    int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int status;

    if (fd < 0)
        return -errno;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
    if (connect(fd, address, len) == 0)
        return fd;
    status = -errno;
    close(fd);
    return status;
}

static int connect_locally(int port)
{
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int fd;

    v6.sin6_addr = in6addr_loopback;
    v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    fd = connect_to((struct sockaddr *)&v6, sizeof(v6));
    return fd >= 0 ? fd : connect_to((struct sockaddr *)&v4, sizeof(v4));
}

int query_connects(int port)
{
    int fd = connect_locally(port);

    if (fd < 0)
        return fd;
    close(fd);
    return 0;
}

int query_ask(int port, char opcode, const char *name, struct text *ret_reply)
{
    uint8_t request[3 + QUERY_NAME_BYTES_MAX], *at = request;
    size_t name_len = name ? strnlen(name, QUERY_NAME_BYTES_MAX) : 0;
    char data[4096];
    ssize_t got;
    int fd = connect_locally(port);

    *ret_reply = (struct text){0};
    if (fd < 0)
        return fd;
    at = bytes_put_u16(at, (uint16_t)(name_len + 1));
    at = bytes_put_u8(at, (uint8_t)opcode);
    at = bytes_put(at, name, name_len);
    if (send(fd, request, (size_t)(at - request), MSG_NOSIGNAL) == at - request)
        while ((got = recv(fd, data, sizeof(data), 0)) > 0)
            text_add(ret_reply, data, (size_t)got);
    close(fd);
    return 0;
}

/* The reply: four bytes of the daemon's port, then "name NAME at port N\n" for each node. A name may have anything in
 * it but, as far as can be told, the end of such a line. */
int query_names(int port, void (*each)(void *data, const char *name, int node_port), void *data)
{
    static const char before[] = "name ", between[] = " at port ";
    struct text reply;
    char *lines;
    int status = query_ask(port, 'n', NULL, &reply);

    if (status < 0)
        return status;
    if (reply.len < NAMES_HEADER_BYTES) {
        text_done(&reply);
        return -EPROTO;
    }
    lines = mem_string(reply.data + NAMES_HEADER_BYTES, reply.len - NAMES_HEADER_BYTES);
    for (char *line = strtok(lines, "\n"); line; line = strtok(NULL, "\n")) {
        char *end = NULL;

        if (strncmp(line, before, strlen(before)) != 0)
            continue;
        for (char *found = line; (found = strstr(found, between)); found += strlen(between))
            end = found;
        if (!end)
            continue;
        *end = 0;
        each(data, line + strlen(before), atoi(end + strlen(between)));
    }
    free(lines);
    text_done(&reply);
    return 0;
}
