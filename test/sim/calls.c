/* SPDX-License-Identifier: MIT */
#include "calls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "descriptors_table.h"
#include "oracle.h"

/* What a call costs. */
#define CALL_US 1

static void (*wake)(void);
static unsigned one_of;
static uint64_t failed_us;
static uint64_t taken_in_all, accepted[65536], taken[65536]; /* by the local port */

/* The linker's names: __real_X is X, and whoever calls X comes to __wrap_X. */
#define WRAPPED(type, name, parameters) \
    type __real_##name parameters;      \
    type __wrap_##name parameters;      \
    type __wrap_##name parameters

void calls_begin(size_t descriptors_max, void (*fn)(void))
{
    descriptors_begin(descriptors_max);
    wake = fn;
    one_of = 0;
    failed_us = 0;
    memset(accepted, 0, sizeof(accepted));
    memset(taken, 0, sizeof(taken));
    taken_in_all = 0;
}

void calls_end(void)
{
    if (descriptors_open() > 0)
        wrong("the daemon has ended and left %zu descriptors open", descriptors_open());
}

size_t calls_open_count(void)
{
    return descriptors_open();
}

void calls_fail_one_of(unsigned calls)
{
    one_of = calls;
}

uint64_t calls_failed_us(void)
{
    return failed_us;
}

bool calls_fails(const char *call, int error, struct sock *sock)
{
    pass_us(CALL_US);
    if (one_of == 0 || draw(one_of) != 0)
        return false;
    trace("%s() fails: %s", call, strerrorname_np(error));
    failed_us = now_us();
    if (sock)
        sock->hit = true;
    errno = error;
    return true;
}

void calls_took(struct sock *sock, size_t bytes)
{
    sock->taken += bytes;
    taken[sock->port] += bytes;
    taken_in_all += bytes;
}

uint64_t calls_taken_but_at(uint16_t port)
{
    return taken_in_all - taken[port];
}

static void on_sock(void *data)
{
    (void)data;
    wake();
}

static int error_of(int status)
{
    if (status >= 0)
        return status;
    errno = -status;
    return -1;
}

static ssize_t size_of(ssize_t status)
{
    if (status >= 0)
        return status;
    errno = (int)-status;
    return -1;
}

/* ---- what is open ---- */

unsigned calls_ready(int fd)
{
    const struct descriptor *descriptor = descriptor_of(fd);

    if (descriptor->kind == DESCRIPTOR_sock)
        return sock_ready(descriptor->sock);
    if (descriptor->kind == DESCRIPTOR_timer)
        return descriptor->timer->rung ? SOCK_READABLE : 0;
    return 0;
}

struct sock *calls_sock(int fd)
{
    return descriptor_is_ours(fd) ? descriptor_of(fd)->sock : NULL;
}

uint64_t calls_accepted(uint16_t port)
{
    return accepted[port];
}

WRAPPED(int, close, (int fd))
{
    if (!descriptor_is_ours(fd))
        return __real_close(fd);
    descriptor_close(fd);
    return 0;
}

WRAPPED(int, fcntl64, (int fd, int command, ...))
{
    struct descriptor *descriptor = descriptor_of(fd);
    va_list args;
    int argument;

    va_start(args, command);
    argument = va_arg(args, int);
    va_end(args);
    if (!descriptor)
        return __real_fcntl64(fd, command, argument);
    if (command == F_GETFL)
        return O_NONBLOCK;
    if (command == F_SETPIPE_SZ) {
        if (calls_fails("fcntl", EPERM, NULL))
            return -1;
        descriptor->pipe->room = (size_t)argument;
        return argument;
    }
    return 0;
}

/* ---- addresses ---- */

static void put_address(uint32_t ip, uint16_t port, struct sockaddr *to, socklen_t *len)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(ip)};

    memcpy(to, &v4, *len < sizeof(v4) ? *len : sizeof(v4));
    *len = sizeof(v4);
}

static uint32_t ip_of(const struct sockaddr *address)
{
    return ntohl(((const struct sockaddr_in *)address)->sin_addr.s_addr);
}

static uint16_t port_of(const struct sockaddr *address)
{
    return ntohs(((const struct sockaddr_in *)address)->sin_port);
}

WRAPPED(int, getsockname, (int fd, struct sockaddr *to, socklen_t *len))
{
    const struct descriptor *descriptor = descriptor_of(fd);

    if (!descriptor)
        return __real_getsockname(fd, to, len);
    if (calls_fails("getsockname", ENOBUFS, descriptor->sock))
        return -1;
    put_address(descriptor->sock->ip, descriptor->sock->port, to, len);
    return 0;
}

WRAPPED(int, getpeername, (int fd, struct sockaddr *to, socklen_t *len))
{
    const struct descriptor *descriptor = descriptor_of(fd);

    if (!descriptor)
        return __real_getpeername(fd, to, len);
    pass_us(CALL_US);
    if (descriptor->sock->state != SOCK_connected)
        return error_of(-ENOTCONN);
    put_address(descriptor->sock->peer_ip, descriptor->sock->peer_port, to, len);
    return 0;
}

/* ---- sockets ---- */

WRAPPED(int, socket, (int family, int type, int protocol))
{
    struct sock *sock;
    int fd;

    if (family != AF_INET)
        return __real_socket(family, type, protocol);
    if (calls_fails("socket", draw(2) ? EMFILE : ENOBUFS, NULL))
        return -1;
    sock = sock_new(on_sock, NULL);
    sock->daemons = true;
    fd = descriptor_open((struct descriptor){.kind = DESCRIPTOR_sock, .sock = sock});
    if (fd < 0)
        sock_close(sock, false);
    return fd;
}

WRAPPED(int, bind, (int fd, const struct sockaddr *address, socklen_t len))
{
    const struct descriptor *descriptor = descriptor_of(fd);

    if (!descriptor)
        return __real_bind(fd, address, len);
    if (calls_fails("bind", EADDRINUSE, descriptor->sock))
        return -1;
    return error_of(sock_bind(descriptor->sock, ip_of(address), port_of(address)));
}

WRAPPED(int, listen, (int fd, int backlog))
{
    const struct descriptor *descriptor = descriptor_of(fd);

    if (!descriptor)
        return __real_listen(fd, backlog);
    if (calls_fails("listen", EADDRINUSE, descriptor->sock))
        return -1;
    return error_of(sock_listen(descriptor->sock, backlog));
}

WRAPPED(int, connect, (int fd, const struct sockaddr *address, socklen_t len))
{
    const struct descriptor *descriptor = descriptor_of(fd);

    if (!descriptor)
        return __real_connect(fd, address, len);
    if (calls_fails("connect", draw(2) ? EADDRNOTAVAIL : ENOBUFS, descriptor->sock))
        return -1;
    return error_of(sock_connect(descriptor->sock, ip_of(address), port_of(address)));
}

WRAPPED(int, accept4, (int fd, struct sockaddr *peer, socklen_t *len, int flags))
{
    static const int errors[] = {EMFILE, ENFILE, ENOBUFS, ECONNABORTED, EINTR};
    const struct descriptor *descriptor = descriptor_of(fd);
    struct sock *sock;

    if (!descriptor)
        return __real_accept4(fd, peer, len, flags);
    if (calls_fails("accept4", errors[draw(5)], NULL))
        return -1;
    /* As the kernel does: a descriptor is taken before it looks whether somebody waits. */
    if (!descriptors_have_room())
        return error_of(-EMFILE);
    sock = sock_accept(descriptor->sock);
    if (!sock)
        return error_of(-EAGAIN);
    sock_own(sock, on_sock, NULL);
    sock->daemons = true;
    accepted[descriptor->sock->port]++;
    put_address(sock->peer_ip, sock->peer_port, peer, len);
    return descriptor_open((struct descriptor){.kind = DESCRIPTOR_sock, .sock = sock});
}

WRAPPED(ssize_t, recv, (int fd, void *to, size_t room, int flags))
{
    const struct descriptor *descriptor = descriptor_of(fd);
    ssize_t got;

    if (!descriptor)
        return __real_recv(fd, to, room, flags);
    if (!(flags & MSG_PEEK) && calls_fails("recv", ENOBUFS, descriptor->sock))
        return -1;
    got = sock_recv(descriptor->sock, to, room, flags & MSG_PEEK);
    if (got > 0 && !(flags & MSG_PEEK))
        calls_took(descriptor->sock, (size_t)got);
    return size_of(got);
}

WRAPPED(ssize_t, send, (int fd, const void *data, size_t len, int flags))
{
    const struct descriptor *descriptor = descriptor_of(fd);
    ssize_t sent;

    if (!descriptor)
        return __real_send(fd, data, len, flags);
    if (calls_fails("send", ENOBUFS, descriptor->sock))
        return -1;
    sent = sock_send(descriptor->sock, data, len);
    if (sent > 0)
        oracle_daemon_says(descriptor->sock, data, (size_t)sent);
    return size_of(sent);
}

WRAPPED(int, shutdown, (int fd, int how))
{
    const struct descriptor *descriptor = descriptor_of(fd);

    if (!descriptor)
        return __real_shutdown(fd, how);
    pass_us(CALL_US);
    return error_of(sock_shutdown(descriptor->sock));
}

WRAPPED(int, setsockopt, (int fd, int level, int name, const void *value, socklen_t len))
{
    struct descriptor *descriptor = descriptor_of(fd);

    if (!descriptor)
        return __real_setsockopt(fd, level, name, value, len);
    pass_us(CALL_US);
    if (level == SOL_SOCKET && name == SO_LINGER)
        descriptor->at_once = ((const struct linger *)value)->l_onoff && !((const struct linger *)value)->l_linger;
    return level == IPPROTO_TCP && name == TCP_CONGESTION ? error_of(-ENOENT) : 0;
}

WRAPPED(int, getsockopt, (int fd, int level, int name, void *value, socklen_t *len))
{
    const struct descriptor *descriptor = descriptor_of(fd);

    if (!descriptor)
        return __real_getsockopt(fd, level, name, value, len);
    pass_us(CALL_US);
    if (level != SOL_SOCKET || name != SO_ERROR)
        return error_of(-ENOPROTOOPT);
    *(int *)value = sock_take_error(descriptor->sock);
    return 0;
}

WRAPPED(int, ioctl, (int fd, unsigned long request, void *value))
{
    const struct descriptor *descriptor = descriptor_of(fd);

    if (!descriptor)
        return __real_ioctl(fd, request, value);
    pass_us(CALL_US);
    if (request != FIONREAD)
        return error_of(-ENOTTY);
    *(int *)value = (int)sock_unread(descriptor->sock);
    return 0;
}

WRAPPED(int, poll, (struct pollfd * at, nfds_t count, int timeout))
{
    const struct descriptor *descriptor = count == 1 ? descriptor_of(at->fd) : NULL;

    if (!descriptor)
        return __real_poll(at, count, timeout);
    pass_us(CALL_US);
    at->revents = sock_ready(descriptor->sock) & SOCK_READABLE ? POLLIN : 0;
    return at->revents != 0;
}
