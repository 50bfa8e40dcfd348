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

#define SILENCE_S 30       /* a daemon may have been told to answer late (-delay_write) */
#define NAMES_SILENCE_S 10 /* nobody waits gladly for what is no port mapper */
#define NAMES_HEADER_BYTES 4

static int connect_to(const struct sockaddr *address, socklen_t len, int silence_s)
{
    const struct timeval timeout = {.tv_sec = silence_s};
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

static int connect_locally(int port, int silence_s)
{
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int fd;

    v6.sin6_addr = in6addr_loopback;
    v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    fd = connect_to((struct sockaddr *)&v6, sizeof(v6), silence_s);
    return fd >= 0 ? fd : connect_to((struct sockaddr *)&v4, sizeof(v4), silence_s);
}

int query_connects(int port)
{
    int fd = connect_locally(port, SILENCE_S);

    if (fd < 0)
        return fd;
    close(fd);
    return 0;
}

/* Sends it, and collects what comes until the other side closes or is silent for so long. */
static int exchange(int port, const void *request, size_t len, int silence_s, struct text *ret_reply)
{
    char data[4096];
    ssize_t got;
    int fd = connect_locally(port, silence_s);

    *ret_reply = (struct text){0};
    if (fd < 0)
        return fd;
    if (send(fd, request, len, MSG_NOSIGNAL) == (ssize_t)len)
        while ((got = recv(fd, data, sizeof(data), 0)) > 0)
            text_add(ret_reply, data, (size_t)got);
    close(fd);
    return 0;
}

static int ask(int port, char opcode, const char *name, int silence_s, struct text *ret_reply)
{
    uint8_t request[3 + QUERY_NAME_BYTES_MAX], *at = request;
    size_t name_len = name ? strnlen(name, QUERY_NAME_BYTES_MAX) : 0;

    at = bytes_put_u16(at, (uint16_t)(name_len + 1));
    at = bytes_put_u8(at, (uint8_t)opcode);
    at = bytes_put(at, name, name_len);
    return exchange(port, request, (size_t)(at - request), silence_s, ret_reply);
}

int query_ask(int port, char opcode, const char *name, struct text *ret_reply)
{
    return ask(port, opcode, name, SILENCE_S, ret_reply);
}

/* A stock epmd closes: these are no length and no opcode that it knows. */
bool query_is_epmdpxy(int port)
{
    static const char request[] = "GET /v1/status HTTP/1.0\r\nHost: localhost\r\n\r\n", answer[] = "HTTP/1.";
    struct text reply;
    bool is = exchange(port, request, sizeof(request) - 1, NAMES_SILENCE_S, &reply) == 0 &&
              reply.len > sizeof(answer) && memcmp(reply.data, answer, sizeof(answer) - 1) == 0;

    text_done(&reply);
    return is;
}

/* The reply: four bytes of the daemon's port, then "name NAME at port N\n" for each node. A name may have anything in
 * it but, as far as can be told, the end of such a line. */
int query_names(int port, void (*each)(void *data, const char *name, int node_port), void *data)
{
    static const char before[] = "name ", between[] = " at port ";
    struct text reply;
    char *lines;
    int status = ask(port, 'n', NULL, NAMES_SILENCE_S, &reply);

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
