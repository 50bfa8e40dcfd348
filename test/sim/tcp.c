/* SPDX-License-Identifier: MIT */
/*
 * Two sockets of a connection are freed together, when both are closed. A socket that was closed goes on sending what
 * it has, and its end; what comes for it is answered by a reset.
 */
#include "tcp.h"
#include "tcp_inside.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#define SEND_WHOLE_BYTES 2048 /* so much is taken whole, if there is room for any */

static size_t socks;

static void arrive(void *data);

void sock_notify(struct sock *sock)
{
    if (sock->notify && !sock->closed)
        sock->notify(sock->data);
}

struct sock *sock_new(void (*notify_fn)(void *data), void *data)
{
    struct sock *sock = calloc(1, sizeof(*sock));

    sock->notify = notify_fn;
    sock->data = data;
    sock->born_us = now_us();
    sock->out.arrival = (struct happening){.fn = arrive, .data = sock};
    sock->syn = (struct happening){.fn = sock_on_syn, .data = sock};
    sock->out.send_room = (size_t)draw_between(16, 256) * 1024;
    sock->out.receive_room = (size_t)draw_between(8, 256) * 1024;
    sock->latency_us = chance(50) ? draw_between(500, 40000) : draw_between(5, 150);
    socks++;
    return sock;
}

void sock_own(struct sock *sock, void (*notify_fn)(void *data), void *data)
{
    sock->notify = notify_fn;
    sock->data = data;
}

static void on_free(void *data)
{
    struct sock *sock = data;

    queue_done(&sock->out.bytes);
    free(sock);
    socks--;
}

/* Not at once: somebody may be telling its owner something just now. */
static void sock_free(struct sock *sock)
{
    sock_unbind(sock);
    sock->closed = true;
    sock->state = SOCK_dead;
    happen_not(&sock->out.arrival);
    sock->syn.fn = on_free;
    happen_in(&sock->syn, 0);
}

static void free_if_over(struct sock *sock)
{
    struct sock *peer = sock->peer;

    if (!sock->closed || sock->holds || (peer && (!peer->closed || peer->holds)))
        return;
    sock_free(sock);
    if (peer)
        sock_free(peer);
}

void sock_hold(struct sock *sock)
{
    sock->holds++;
}

void sock_let_go(struct sock *sock)
{
    sock->holds--;
    free_if_over(sock);
}

size_t sock_count(void)
{
    return socks;
}

/* ---- sending ---- */

void sock_die(struct sock *sock, int error)
{
    if (sock->state == SOCK_dead)
        return;
    sock->state = SOCK_dead;
    sock->error = error;
    sock->came_end = sock->shut = true;
    sock->out.written = sock->out.sent; /* what has not left will not */
    queue_cut(&sock->out.bytes, (size_t)(sock->out.written - sock->out.read));
    sock_notify(sock);
}

static void put_on_wire(struct sock *sock, struct segment segment)
{
    struct stream *out = &sock->out;
    size_t ring = sizeof(out->wire) / sizeof(out->wire[0]);
    struct segment *last = &out->wire[(out->wire_first + out->wire_count - 1) % ring];
    uint64_t at_us = now_us() + sock->latency_us + (chance(20) ? draw(5 * sock->latency_us) : draw(20));

    segment.at_us = out->last_at_us = at_us > out->last_at_us ? at_us : out->last_at_us;
    if (out->wire_count == ring && segment.kind == SEGMENT_BYTES && last->kind == SEGMENT_BYTES) {
        last->upto = segment.upto;
        return;
    }
    assert(out->wire_count < ring);
    out->wire[(out->wire_first + out->wire_count++) % ring] = segment;
    if (out->wire_count == 1)
        happen_at(&out->arrival, segment.at_us);
}

/* Three places of the wire are kept for ends and resets. */
static bool wire_is_full(const struct stream *out)
{
    return out->wire_count > sizeof(out->wire) / sizeof(out->wire[0]) - 4;
}

static void transmit(struct sock *sock)
{
    struct stream *out = &sock->out;
    uint64_t window = out->read + out->receive_room;

    if (sock->state != SOCK_connected)
        return;
    if (out->sent < out->written && out->sent < window && !wire_is_full(out)) {
        out->sent = out->written < window ? out->written : window;
        put_on_wire(sock, (struct segment){.upto = out->sent, .kind = SEGMENT_BYTES});
    }
    if (out->sent == out->written && out->end_written && !out->end_sent) {
        out->end_sent = true;
        put_on_wire(sock, (struct segment){.upto = out->sent, .kind = SEGMENT_END});
    }
}

static void send_reset(struct sock *sock)
{
    if (sock->out.reset_sent || !sock->peer || sock->peer->state == SOCK_dead)
        return;
    sock->out.reset_sent = true;
    put_on_wire(sock, (struct segment){.upto = sock->out.sent, .kind = SEGMENT_RESET});
}

size_t sock_room(const struct sock *sock)
{
    const struct stream *out = &sock->out;
    uint64_t queued = out->written - out->arrived;

    return queued < out->send_room ? out->send_room - (size_t)queued : 0;
}

ssize_t sock_send(struct sock *sock, const void *data, size_t len)
{
    size_t room = sock_room(sock);

    if (sock->error)
        return -sock_take_error(sock);
    if (sock->shut || sock->state == SOCK_dead)
        return -EPIPE;
    if (sock->state != SOCK_connected || room == 0)
        return -EAGAIN;
    if (len > room)
        len = room;
    if (len > SEND_WHOLE_BYTES && chance(100)) /* memory is short: it takes less than there is room for */
        len = (size_t)draw_between(1, len);
    queue_put(&sock->out.bytes, data, len);
    sock->out.written += len;
    transmit(sock);
    return (ssize_t)len;
}

int sock_shutdown(struct sock *sock)
{
    if (sock->state != SOCK_connected)
        return -ENOTCONN;
    sock->shut = true;
    sock->out.end_written = true;
    transmit(sock);
    return 0;
}

/* ---- what comes ---- */

/* What it has not put on the wire is lost. */
static void break_off(struct sock *sock)
{
    struct stream *out = &sock->out;

    send_reset(sock);
    sock->state = SOCK_dead;
    sock->reset = true;
    sock->came_end = sock->shut = true;
    out->written = out->sent;
    queue_cut(&out->bytes, (size_t)(out->written - out->read));
}

/* A reset behind an end of stream is told as EPIPE. */
static void come_reset(struct sock *sock)
{
    sock_die(sock, sock->came_end ? EPIPE : ECONNRESET);
}

static void come(struct sock *from, const struct segment *segment)
{
    struct sock *to = from->peer;

    from->out.arrived = segment->upto > from->out.arrived ? segment->upto : from->out.arrived;
    if (segment->kind == SEGMENT_RESET) {
        come_reset(to);
        return;
    }
    if (to->state == SOCK_dead || to->closed) {
        if (segment->kind == SEGMENT_BYTES)
            break_off(to);
        return;
    }
    if (segment->kind == SEGMENT_END) {
        to->came_end = true;
        to->ended_us = now_us();
    }
    sock_notify(to);
}

static void arrive(void *data)
{
    struct sock *sock = data;
    struct stream *out = &sock->out;
    struct segment segment = out->wire[out->wire_first];
    bool was_writable = sock_ready(sock) & SOCK_WRITABLE;

    out->wire_first = (out->wire_first + 1) % (sizeof(out->wire) / sizeof(out->wire[0]));
    out->wire_count--;
    if (out->wire_count > 0)
        happen_at(&out->arrival, out->wire[out->wire_first].at_us);
    come(sock, &segment);
    if (sock->state == SOCK_dead)
        return;
    transmit(sock);
    if (!was_writable && (sock_ready(sock) & SOCK_WRITABLE))
        sock_notify(sock);
}

size_t sock_unread(const struct sock *sock)
{
    return sock->peer ? (size_t)(sock->peer->out.arrived - sock->peer->out.read) : 0;
}

ssize_t sock_recv(struct sock *sock, void *to, size_t room, bool peek)
{
    struct stream *in = sock->peer ? &sock->peer->out : NULL;
    size_t len = sock_unread(sock);

    if (len == 0 && sock->error)
        return -sock_take_error(sock);
    if (len == 0 && (sock->came_end || sock->state == SOCK_dead))
        return 0;
    if (sock->state == SOCK_fresh || sock->state == SOCK_listening)
        return -ENOTCONN;
    if (len == 0)
        return -EAGAIN;
    len = len < room ? len : room;
    memcpy(to, queue_data(&in->bytes), len);
    if (peek)
        return (ssize_t)len;
    queue_take(&in->bytes, len);
    in->read += len;
    transmit(sock->peer); /* the window has opened */
    return (ssize_t)len;
}

/* ---- ends ---- */

int sock_take_error(struct sock *sock)
{
    int error = sock->error;

    sock->error = 0;
    return error;
}

unsigned sock_ready(const struct sock *sock)
{
    unsigned ready = sock->error ? SOCK_ERROR : 0;

    if (sock->state == SOCK_listening)
        return sock->waiting ? SOCK_READABLE : 0;
    if (sock->state == SOCK_fresh)
        return SOCK_HUNG_UP | SOCK_WRITABLE;
    if (sock->state == SOCK_connecting)
        return ready;
    if (sock_unread(sock) > 0 || sock->came_end)
        ready |= SOCK_READABLE;
    if (sock->came_end)
        ready |= SOCK_CAME_END;
    if (sock->state == SOCK_dead || (sock->came_end && sock->shut))
        ready |= SOCK_HUNG_UP;
    /* The kernel waits until a third of the buffer is free before it tells. */
    if (sock->shut || sock_room(sock) >= sock->out.send_room / 3)
        ready |= SOCK_WRITABLE;
    return ready;
}

static void close_listener(struct sock *sock)
{
    while (sock->waiting)
        sock_close(sock_accept(sock), true);
    sock_free(sock);
}

void sock_close(struct sock *sock, bool reset)
{
    if (sock->state == SOCK_listening) {
        close_listener(sock);
        return;
    }
    happen_not(&sock->syn);
    sock->closed = true;
    if (sock->state == SOCK_connected && (reset || sock_unread(sock) > 0))
        break_off(sock);
    else if (sock->state == SOCK_connected && !sock->shut)
        sock_shutdown(sock);
    free_if_over(sock);
}
