/* SPDX-License-Identifier: MIT */
#include "cable/end.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "loop/address.h"
#include "cable/pipes.h"

void end_init(struct end *end, int fd)
{
    const int on = 1;

    *end = (struct end){.fd = fd};
    if (fd < 0)
        return;
    end->ready = READY_READ | READY_WRITE; /* nobody knows: it has to be tried */
    /* Small messages must not wait for acknowledgements: the nodes set it as well. */
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    /* Some hosts pace by default (bbr), which halves streams over loopback. Both may be refused; then it stays so. */
    if (setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "cubic", 5) < 0)
        setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "reno", 4);
}

int end_watch(struct end *end, struct loop *loop, watch_fn *fn, void *data)
{
    end->watch = watch_new(loop, end->fd, fn, data);
    return end->watch ? 0 : -errno;
}

int end_connect(struct end *end, struct loop *loop, const struct address *address, watch_fn *fn, void *data)
{
    end_init(end, socket(address->any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    end->ready = 0;
    if (end->fd < 0)
        return -errno;
    if (connect(end->fd, &address->any, address->len) < 0 && errno != EINPROGRESS)
        return -errno;
    return end_watch(end, loop, fn, data);
}

int end_connected(const struct end *end)
{
    int error = 0;
    socklen_t len = sizeof(error);

    if (!end->ready)
        return -EINPROGRESS;
    if (getsockopt(end->fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
        return -errno;
    return -error;
}

void end_note(struct end *end, unsigned ready)
{
    end->ready |= ready;
}

int end_want(struct end *end, unsigned wanted)
{
    int status = watch_want(end->watch, wanted);

    if (status == 0)
        end->wanted = wanted;
    return status;
}

static bool may(const struct end *end, enum ready what)
{
    return end->ready & (what | READY_FAILED);
}

static bool would_block(void)
{
    return errno == EAGAIN || errno == EINTR;
}

/* Nothing came, for the reason that errno tells. */
static ssize_t nothing_read(struct end *end)
{
    if (!would_block())
        return -errno;
    end->ready &= ~(unsigned)READY_READ;
    return end_is_broken(end) ? -EPIPE : -EAGAIN;
}

/* Nothing was taken, for the reason that errno tells. */
static ssize_t nothing_written(struct end *end)
{
    if (would_block()) {
        end->ready &= ~(unsigned)READY_WRITE;
        return 0;
    }
    end->ready |= READY_FAILED;
    return -errno;
}

ssize_t end_read(struct end *end, uint8_t *to, size_t room)
{
    ssize_t got;

    if (!may(end, READY_READ))
        return -EAGAIN;
    got = recv(end->fd, to, room, 0);
    if (got < 0)
        return nothing_read(end);
    if ((size_t)got < room) /* do not ask again only to hear that there is no more */
        end->ready &= ~(unsigned)READY_READ;
    return got;
}

ssize_t end_look(struct end *end, uint8_t *to, size_t room)
{
    ssize_t got;

    if (!may(end, READY_READ))
        return -EAGAIN;
    got = recv(end->fd, to, room, MSG_PEEK);
    return got < 0 ? nothing_read(end) : got;
}

ssize_t end_write(struct end *end, const uint8_t *data, size_t len)
{
    ssize_t sent;

    if (!may(end, READY_WRITE))
        return 0;
    sent = send(end->fd, data, len, MSG_NOSIGNAL);
    if (sent < 0)
        return nothing_written(end);
    if ((size_t)sent < len)
        end->ready &= ~(unsigned)READY_WRITE;
    return sent;
}

/* No fault of the connection: sandboxes refuse splice() with EPERM or ENOSYS, some sockets with EINVAL. */
static bool is_refused(void)
{
    return errno == ENOSYS || errno == EINVAL || errno == EPERM;
}

ssize_t end_splice_in(struct end *end, const struct pipe *pipe, size_t most)
{
    ssize_t got;

    if (!may(end, READY_READ))
        return -EAGAIN;
    got = splice(end->fd, NULL, pipe->in, NULL, most, SPLICE_F_NONBLOCK);
    if (got < 0)
        return is_refused() ? -ENOSYS : nothing_read(end);
    if ((size_t)got < most)
        end->ready &= ~(unsigned)READY_READ;
    return got;
}

ssize_t end_splice_out(struct end *end, const struct pipe *pipe, size_t len)
{
    ssize_t sent;

    if (!may(end, READY_WRITE))
        return 0;
    sent = splice(pipe->out, NULL, end->fd, NULL, len, SPLICE_F_NONBLOCK);
    if (sent < 0)
        return is_refused() ? -ENOSYS : nothing_written(end);
    if ((size_t)sent < len)
        end->ready &= ~(unsigned)READY_WRITE;
    return sent;
}

void end_finish(const struct end *end)
{
    shutdown(end->fd, SHUT_WR);
}

void end_acknowledge(const struct end *end)
{
    const int on = 1;

    setsockopt(end->fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof(on));
}

bool end_has_left(const struct end *end)
{
    return end->ready & (READY_HANGUP | READY_FAILED); /* what has failed is watched no longer: no hang-up is heard */
}

bool end_is_broken(const struct end *end)
{
    return end->ready & READY_FAILED;
}

void end_close(struct end *end, bool reset)
{
    const struct linger at_once = {.l_onoff = 1};

    watch_free(end->watch);
    end->watch = NULL;
    if (end->fd < 0)
        return;
    if (reset)
        setsockopt(end->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    close(end->fd);
    end->fd = -1;
}

size_t end_unread(const struct end *end)
{
    int bytes = 0;

    return end->fd >= 0 && ioctl(end->fd, FIONREAD, &bytes) == 0 && bytes > 0 ? (size_t)bytes : 0;
}

size_t end_peek(const struct end *end, uint8_t *to, size_t room)
{
    ssize_t got = end->fd >= 0 ? recv(end->fd, to, room, MSG_PEEK | MSG_DONTWAIT) : 0;

    return got > 0 ? (size_t)got : 0;
}
