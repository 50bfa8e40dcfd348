/* SPDX-License-Identifier: MIT */
/*
 * Who listens where, and how two sockets become a connection.
 */
#include <assert.h>
#include <errno.h>

#include <utlist.h>

#include "tcp.h"
#include "tcp_inside.h"

#define PORTS_FROM 32768
#define PORTS 28000
#define SYN_AGAIN_US SECOND_US
#define SYN_TRIES 5

static struct sock *all_bound;

const struct sock *sock_first_bound(void)
{
    return all_bound;
}

void sock_unbind(struct sock *sock)
{
    if (sock->bound)
        DL_DELETE2(all_bound, sock, prev_bound, next_bound);
    sock->bound = false;
}

/* ---- addresses ---- */

static bool takes(const struct sock *sock, uint32_t ip, uint16_t port)
{
    return sock->port == port && (sock->ip == ip || sock->ip == EVERYWHERE || ip == EVERYWHERE);
}

struct sock *sock_listener(uint32_t ip, uint16_t port)
{
    struct sock *sock, *found = NULL;

    for (sock = all_bound; sock; sock = sock->next_bound)
        if (sock->state == SOCK_listening && takes(sock, ip, port) && (!found || found->ip == EVERYWHERE))
            found = sock;
    return found;
}

static bool is_taken(uint32_t ip, uint16_t port)
{
    for (const struct sock *sock = all_bound; sock; sock = sock->next_bound)
        if (takes(sock, ip, port))
            return true;
    return false;
}

static uint16_t free_port(uint32_t ip)
{
    uint16_t port;

    do
        port = (uint16_t)(PORTS_FROM + draw(PORTS));
    while (is_taken(ip, port));
    return port;
}

int sock_bind(struct sock *sock, uint32_t ip, uint16_t port)
{
    if (port && is_taken(ip, port))
        return -EADDRINUSE;
    sock->ip = ip;
    sock->port = port ? port : free_port(ip);
    sock->bound = true;
    DL_APPEND2(all_bound, sock, prev_bound, next_bound);
    return 0;
}

int sock_listen(struct sock *sock, int backlog)
{
    sock->state = SOCK_listening;
    sock->backlog = backlog;
    return 0;
}

/* ---- connecting ---- */

int sock_connect(struct sock *sock, uint32_t ip, uint16_t port)
{
    assert(sock->state == SOCK_fresh);
    sock->state = SOCK_connecting;
    sock->ip = ip; /* over loopback whoever dials has the address that it dials */
    sock->port = (uint16_t)(PORTS_FROM + draw(PORTS));
    sock->peer_ip = ip;
    sock->peer_port = port;
    happen_in(&sock->syn, sock->latency_us);
    return -EINPROGRESS;
}

static size_t waiting_count(const struct sock *listener)
{
    const struct sock *sock;
    size_t count = 0;

    for (sock = listener->waiting; sock; sock = sock->next)
        count++;
    return count;
}

/* The last of the three segments comes with the first, as far as anybody can tell. */
static void meet(struct sock *listener, struct sock *sock)
{
    struct sock *peer = sock_new(NULL, NULL);

    *peer = (struct sock){.state = SOCK_connected,
                          .ip = sock->peer_ip,
                          .port = sock->peer_port,
                          .peer_ip = sock->ip,
                          .peer_port = sock->port,
                          .peer = sock,
                          .out = peer->out,
                          .latency_us = sock->latency_us,
                          .syn = peer->syn,
                          .born_us = now_us()};
    sock->peer = peer;
    sock->state = SOCK_connected;
    LL_APPEND(listener->waiting, peer);
    sock_notify(listener);
    sock_notify(sock);
}

void sock_on_syn(void *data)
{
    struct sock *sock = data, *listener = sock_listener(sock->peer_ip, sock->peer_port);

    if (!listener) {
        sock_die(sock, ECONNREFUSED);
    } else if (waiting_count(listener) <= (size_t)listener->backlog) {
        meet(listener, sock);
    } else if (sock->syn_tries++ < SYN_TRIES) {
        happen_in(&sock->syn, SYN_AGAIN_US << sock->syn_tries);
    } else {
        sock_die(sock, ETIMEDOUT);
    }
}

struct sock *sock_accept(struct sock *listener)
{
    struct sock *sock = listener->waiting;

    if (sock)
        LL_DELETE(listener->waiting, sock);
    if (sock)
        sock->next = NULL;
    return sock;
}
