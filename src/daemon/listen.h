/* SPDX-License-Identifier: MIT */
/*
 * The sockets that the daemon listens on: made before anything else, so that whoever starts it learns at once when the
 * port is taken.
 */
#ifndef DAEMON_LISTEN_H
#define DAEMON_LISTEN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/refusal.h"
#include "loop/listeners.h"

struct listen_request {
    const char *addresses; /* separated by commas or blanks; NULL or empty: every address of the machine */
    bool loopback_only;
    int port; /* 0: any free one, the same for all addresses */
};

struct listen_result {
    int fds[LISTENERS_MAX]; /* listening, non-blocking; the caller's */
    size_t count;
    int port;
};

/*
 * With an address list, the loopback addresses are listened on as well, as nodes register there. Returns 0; or a
 * negative errno, as in the refusal, and no socket: -EADDRINUSE when the port is taken, -EINVAL for a bad address.
 */
int listen_open(const struct listen_request *request, struct listen_result *ret, struct refusal *refusal);

/* One socket that listens there, non-blocking; or a negative errno. *port: 0 becomes the one that it has got. */
int listen_at(struct address address, int *port);

/* What to do about such an error, to stand behind its strerror(); or "". */
const char *listen_remedy(int status);

#endif
