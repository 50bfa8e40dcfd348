/* SPDX-License-Identifier: MIT */
/*
 * Pipes, and what goes through them; timers, and the time of day.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "calls.h"
#include "descriptors_table.h"
#include "loop_sim.h"

#define PIPE_ROOM_FIRST (64 * 1024)

#define WRAPPED(type, name, parameters) \
    type __real_##name parameters;      \
    type __wrap_##name parameters;      \
    type __wrap_##name parameters

static int refuse(int error)
{
    errno = error;
    return -1;
}

WRAPPED(int, pipe2, (int ends[2], int flags))
{
    struct sim_pipe *pipe;

    (void)flags;
    if (calls_fails("pipe2", EMFILE, NULL))
        return -1;
    pipe = calloc(1, sizeof(*pipe));
    *pipe = (struct sim_pipe){.room = PIPE_ROOM_FIRST, .ends = 1};
    ends[0] = descriptor_open((struct descriptor){.kind = DESCRIPTOR_pipe_out, .pipe = pipe});
    if (ends[0] < 0) {
        free(pipe);
        return -1;
    }
    ends[1] = descriptor_open((struct descriptor){.kind = DESCRIPTOR_pipe_in, .pipe = pipe});
    if (ends[1] < 0) {
        descriptor_close(ends[0]);
        return refuse(EMFILE);
    }
    pipe->ends = 2;
    return 0;
}

static ssize_t into_pipe(struct sock *sock, struct sim_pipe *pipe, size_t len)
{
    uint8_t some[64 * 1024];
    size_t room = pipe->room - pipe->bytes.len;
    ssize_t got;

    if (room == 0)
        return -EAGAIN;
    len = len < room ? len : room;
    len = len < sizeof(some) ? len : sizeof(some);
    if (len > 1 && chance(300)) /* a pipe has room for so many pieces, however small they are */
        len = (size_t)draw_between(1, len);
    got = sock_recv(sock, some, len, false);
    if (got > 0)
        queue_put(&pipe->bytes, some, (size_t)got);
    if (got > 0)
        calls_took(sock, (size_t)got);
    return got;
}

static ssize_t out_of_pipe(struct sim_pipe *pipe, struct sock *sock, size_t len)
{
    ssize_t sent;

    len = len < pipe->bytes.len ? len : pipe->bytes.len;
    if (len == 0)
        return -EAGAIN;
    sent = sock_send(sock, queue_data(&pipe->bytes), len);
    if (sent > 0)
        queue_take(&pipe->bytes, (size_t)sent);
    return sent;
}

WRAPPED(ssize_t, splice, (int in, off64_t *in_offset, int out, off64_t *out_offset, size_t len, unsigned flags))
{
    struct descriptor *from = descriptor_of(in), *to = descriptor_of(out);
    ssize_t moved;

    if (!from || !to)
        return __real_splice(in, in_offset, out, out_offset, len, flags);
    if (calls_fails("splice", draw(2) ? EINVAL : EPERM, NULL))
        return -1;
    moved =
        from->kind == DESCRIPTOR_sock ? into_pipe(from->sock, to->pipe, len) : out_of_pipe(from->pipe, to->sock, len);
    return moved < 0 ? refuse((int)-moved) : moved;
}

WRAPPED(ssize_t, read, (int fd, void *to, size_t room))
{
    struct descriptor *descriptor = descriptor_of(fd);
    size_t len;

    if (!descriptor)
        return __real_read(fd, to, room);
    if (descriptor->kind != DESCRIPTOR_pipe_out)
        wrong("read() of descriptor %d is not simulated", fd);
    pass_us(1);
    len = descriptor->pipe->bytes.len < room ? descriptor->pipe->bytes.len : room;
    if (len == 0)
        return refuse(EAGAIN);
    memcpy(to, queue_data(&descriptor->pipe->bytes), len);
    queue_take(&descriptor->pipe->bytes, len);
    return (ssize_t)len;
}

/* ---- timers ---- */

static void ring(void *data)
{
    struct sim_timer *timer = data;

    timer->rung = true;
    loop_sim_wake();
}

WRAPPED(int, timerfd_create, (int clock, int flags))
{
    struct sim_timer *timer = calloc(1, sizeof(*timer));

    (void)clock;
    (void)flags;
    timer->happening = (struct happening){.fn = ring, .data = timer};
    return descriptor_open((struct descriptor){.kind = DESCRIPTOR_timer, .timer = timer});
}

WRAPPED(int, timerfd_settime, (int fd, int flags, const struct itimerspec *when, struct itimerspec *old))
{
    struct descriptor *descriptor = descriptor_of(fd);
    uint64_t at_us = (uint64_t)when->it_value.tv_sec * SECOND_US + (uint64_t)when->it_value.tv_nsec / 1000;

    if (!descriptor)
        return __real_timerfd_settime(fd, flags, when, old);
    pass_us(1);
    descriptor->timer->rung = false;
    happen_not(&descriptor->timer->happening);
    if (at_us > 0)
        happen_at(&descriptor->timer->happening, at_us > now_us() ? at_us : now_us());
    return 0;
}

WRAPPED(time_t, time, (time_t * to))
{
    (void)to;
    return (time_t)(wall_ms() / 1000);
}
