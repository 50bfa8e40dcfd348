/* SPDX-License-Identifier: MIT */
#include "loop/accepting.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>

#include "loop/descriptors.h"

bool accepting_somebody_waits(int listener)
{
    struct pollfd at = {.fd = listener, .events = POLLIN};

    return poll(&at, 1, 0) > 0;
}

int accepting_next(int listener, struct descriptors *descriptors, struct address *ret_peer)
{
    for (;;) {
        /* The peer's name comes with the accept: it cannot be asked for once the peer has reset the connection. */
        struct address peer = {.len = sizeof(peer.v6)};
        int fd = accept4(listener, &peer.any, &peer.len, SOCK_NONBLOCK | SOCK_CLOEXEC);

        if (fd >= 0) {
            *ret_peer = peer;
            return fd;
        }
        if (errno == ECONNABORTED || errno == EINTR)
            continue;
        /* The kernel takes a descriptor before it looks whether somebody waits: nobody has to go for nothing. */
        if (!descriptors_ran_out(errno) || !accepting_somebody_waits(listener))
            return -EAGAIN;
        if (!descriptors_make_room(descriptors, NULL, "a new connection")) {
            descriptors_note_pause(descriptors);
            return -EMFILE;
        }
    }
}
