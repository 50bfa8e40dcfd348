/* SPDX-License-Identifier: MIT */
/*
 * TCP between sockets of one machine, as Linux does it: buffers that are bounded at both sides, ends of stream and
 * resets that come behind what was sent, backlogs, refused connections; and delays, which no loopback has, so that
 * anything may overtake anything on another connection.
 *
 *     send ──> [ send buffer: what has not arrived ] ~~wire~~> [ receive buffer ] ──> recv
 *              written                           sent      arrived               read        counts, from left to right
 *
 * Used from both sides: by the daemon through its system calls (calls.c), by scripted nodes directly.
 */
#ifndef SIM_TCP_H
#define SIM_TCP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "bytes_queue.h"
#include "world.h"

#define LOOPBACK 0x7f000001U
#define EVERYWHERE 0U

/* An end of stream or a reset behind some bytes, or a piece of them, on the wire. */
struct segment {
    uint64_t at_us, upto;
    enum { SEGMENT_BYTES, SEGMENT_END, SEGMENT_RESET } kind;
};

/* What one socket sends to the other. */
struct stream {
    struct bytes_queue bytes; /* those from `read` on */
    uint64_t read, arrived, sent, written;
    size_t send_room, receive_room;
    bool end_written, end_sent, reset_sent;
    struct segment wire[64]; /* a ring; when it is full the last one grows */
    size_t wire_first, wire_count;
    uint64_t last_at_us;
    struct happening arrival;
};

enum sock_state { SOCK_fresh, SOCK_listening, SOCK_connecting, SOCK_connected, SOCK_dead };

struct sock {
    enum sock_state state;
    uint32_t ip, peer_ip;
    uint16_t port, peer_port;
    bool bound;
    void (*notify)(void *data); /* it may be ready for something; never from inside a call of its owner's */
    void *data;
    int error;                  /* to be told once, positive */
    bool closed;                /* its owner is through with it */
    bool reset;                 /* it was broken off: what the other has sent may be lost */
    unsigned holds;             /* somebody still looks at it: neither it nor its peer is freed */
    bool came_end;              /* nothing more will come */
    bool shut;                  /* nothing more will be sent */
    uint64_t born_us, ended_us; /* ended: when it came to its end */
    bool daemons;               /* it is the daemon's */
    bool hit;                   /* a call about it has failed that need not */
    uint64_t taken;             /* bytes that its owner has read */
    struct sock *peer;          /* of a connection; freed together with it */
    struct stream out;          /* to the peer */
    uint64_t latency_us;        /* of what it sends */
    struct happening syn;       /* of one that connects */
    unsigned syn_tries;
    int backlog;                          /* of one that listens */
    struct sock *waiting;                 /* those that nobody has accepted, oldest first */
    struct sock *next;                    /* in there */
    struct sock *prev_bound, *next_bound; /* all that are bound or listen */
};

struct sock *sock_new(void (*notify)(void *data), void *data);
void sock_own(struct sock *sock, void (*notify)(void *data), void *data);

/* These return 0 or a negative errno, as the system calls of that name do. */
int sock_bind(struct sock *sock, uint32_t ip, uint16_t port);
int sock_listen(struct sock *sock, int backlog);
int sock_connect(struct sock *sock, uint32_t ip, uint16_t port);
ssize_t sock_recv(struct sock *sock, void *to, size_t room, bool peek);
ssize_t sock_send(struct sock *sock, const void *data, size_t len);
int sock_shutdown(struct sock *sock);

/* It stays, with its peer, until it is let go: for whoever looks on. */
void sock_hold(struct sock *sock);
void sock_let_go(struct sock *sock);

struct sock *sock_accept(struct sock *listener); /* or NULL; nobody owns it yet */
void sock_close(struct sock *sock, bool reset);

#define SOCK_READABLE 1U
#define SOCK_WRITABLE 2U
#define SOCK_CAME_END 4U
#define SOCK_HUNG_UP 8U /* both directions are over */
#define SOCK_ERROR 16U
unsigned sock_ready(const struct sock *sock);

int sock_take_error(struct sock *sock);
size_t sock_unread(const struct sock *sock);
size_t sock_room(const struct sock *sock); /* that it takes now */

/* Who listens at that port; the first, go on with ->next_bound. */
const struct sock *sock_first_bound(void);
struct sock *sock_listener(uint32_t ip, uint16_t port); /* that a connection there would come to, or NULL */
size_t sock_count(void);                                /* that are not freed */

#endif
