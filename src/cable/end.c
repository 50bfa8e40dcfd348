/* SPDX-License-Identifier: MIT */
#include "cable/end.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include "loop/address.h"

void end_init(struct end *end, int fd)
{
    const int on = 1;

    *end = (struct end){.fd = fd};
    if (fd < 0)
        return;
    /* Small messages must not wait for acknowledgements: the nodes set it as well. */
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    /* Some hosts pace by default (bbr), which halves streams over loopback. Both may be refused; then it stays so. */
    if (setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "cubic", 5) < 0)
        setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "reno", 4);
}

int end_connect(struct end *end, struct loop *loop, const struct address *address, watch_fn *fn, void *data)
{
    end_close(end, false);
    end_init(end, socket(address->any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (end->fd < 0)
        return -errno;
    if (connect(end->fd, &address->any, address->len) < 0 && errno != EINPROGRESS)
        return -errno;
    end->watch = watch_new(loop, end->fd, fn, data);
    return end->watch ? 0 : -ENOMEM;
}

void end_acknowledge(const struct end *end)
{
    const int on = 1;

    setsockopt(end->fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof(on));
}

bool end_has_left(const struct end *end)
{
    return end->hung_up || end->failed; /* what has failed is watched no longer, so no hang-up is heard */
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
