/* SPDX-License-Identifier: MIT */
#include "daemon/listen.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "loop/address.h"

#define SEPARATORS ", "
/* A free port is free for IPv4; for IPv6 it may be taken. Then another one is tried. */
#define PORT_TRIES 20

struct wanted {
    struct address at[LISTENERS_MAX];
    bool may_fail[LISTENERS_MAX]; /* nobody asked for it by name */
    size_t count;
};

static bool is_any(const struct address *address)
{
    struct address any;

    address_parse(address->any.sa_family == AF_INET6 ? "::" : "0.0.0.0", 0, &any);
    return address_same_host(address, &any);
}

/* Adds an address unless it is there already, by itself or in a wildcard of its family. */
static int add(struct wanted *wanted, const char *text, bool may_fail)
{
    struct address address;

    if (address_parse(text, 0, &address) < 0)
        return -EINVAL;
    for (size_t i = 0; i < wanted->count; i++) {
        struct address *other = &wanted->at[i];

        if (address_same_host(other, &address))
            return 0;
        if (other->any.sa_family == address.any.sa_family && is_any(other))
            return 0;
    }
    if (wanted->count == LISTENERS_MAX)
        return -ENOSPC;
    wanted->may_fail[wanted->count] = may_fail;
    wanted->at[wanted->count++] = address;
    return 0;
}

/* Wildcards first: what they hold need not be bound again. */
static int add_list(struct wanted *wanted, const char *list, bool wildcards, struct refusal *ret)
{
    char text[ADDRESS_TEXT_MAX];
    struct address address;

    for (list += strspn(list, SEPARATORS); *list; list += strspn(list, SEPARATORS)) {
        size_t len = strcspn(list, SEPARATORS);

        snprintf(text, sizeof(text), "%.*s", (int)len, list);
        list += len;
        if (len >= sizeof(text) || address_parse(text, 0, &address) < 0)
            return refuse(ret, NULL, "cannot parse IP address \"%s\"", text);
        if (is_any(&address) != wildcards)
            continue;
        if (add(wanted, text, false) < 0)
            return refuse_as(ret, -ENOSPC, NULL, "cannot listen on more than %d IP addresses", LISTENERS_MAX);
    }
    return 0;
}

static int decide(const struct listen_request *request, struct wanted *wanted, struct refusal *ret)
{
    const char *list = request->addresses ? request->addresses : "";
    int status;

    if (!request->loopback_only) {
        if (list[strspn(list, SEPARATORS)] == 0)
            list = "0.0.0.0,::";
        status = add_list(wanted, list, true, ret);
        if (status == 0)
            status = add_list(wanted, list, false, ret);
        if (status < 0)
            return status;
    }
    add(wanted, "127.0.0.1", true);
    add(wanted, "::1", true);
    return 0;
}

/* Returns the port, or -errno. */
static int listen_on(int fd, const struct address *address)
{
    const int on = 1;
    struct address bound;

    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (address->any.sa_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
    if (bind(fd, &address->any, address->len) < 0 || listen(fd, SOMAXCONN) < 0)
        return -errno;
    bound = address_of_socket(fd);
    return bound.len > 0 ? address_port(&bound) : -errno;
}

int listen_at(struct address address, int *port)
{
    int fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), status;

    if (fd < 0)
        return -errno;
    address_set_port(&address, (uint16_t)*port);
    status = listen_on(fd, &address);
    if (status < 0) {
        close(fd);
        return status;
    }
    *port = status;
    return fd;
}

const char *listen_remedy(int status)
{
    return status == -EACCES          ? "; take a port from 1024 on: those below are root's"
           : status == -EADDRNOTAVAIL ? "; it is no address of this machine"
                                      : "";
}

static void close_all(struct listen_result *ret)
{
    while (ret->count > 0)
        close(ret->fds[--ret->count]);
}

/* A machine without IPv6 refuses its addresses; that is no reason to go without the others. */
static bool is_missing(const struct address *address, int status)
{
    return address->any.sa_family == AF_INET6 && (status == -EAFNOSUPPORT || status == -EADDRNOTAVAIL);
}

static int open_all(const struct wanted *wanted, int port, struct listen_result *ret, struct refusal *refusal)
{
    ret->port = port;
    for (size_t i = 0; i < wanted->count; i++) {
        struct address at = wanted->at[i];
        char text[ADDRESS_TEXT_MAX];
        int fd = listen_at(at, &ret->port);

        if (fd < 0) {
            address_set_port(&at, (uint16_t)ret->port);
            address_print(&at, text);
            if (fd != -EADDRINUSE && (wanted->may_fail[i] || (is_missing(&wanted->at[i], fd) && ret->count > 0))) {
                log_debug("not listening on %s: %s", text, strerror(-fd));
                continue;
            }
            close_all(ret);
            return refuse_as(refusal, fd, NULL, "cannot listen on %s: %s%s", text, strerror(-fd), listen_remedy(fd));
        }
        ret->fds[ret->count++] = fd;
    }
    if (ret->count == 0)
        return refuse_as(refusal, -EADDRNOTAVAIL, NULL, "no address to listen on");
    return 0;
}

int listen_open(const struct listen_request *request, struct listen_result *ret, struct refusal *refusal)
{
    struct wanted wanted = {0};
    int status;

    *ret = (struct listen_result){0};
    status = decide(request, &wanted, refusal);
    if (status < 0)
        return status;
    for (int i = 0; i < PORT_TRIES; i++) {
        status = open_all(&wanted, request->port, ret, refusal);
        if (status != -EADDRINUSE || request->port != 0)
            break;
    }
    return status;
}
