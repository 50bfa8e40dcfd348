/* SPDX-License-Identifier: MIT */
/*
 * What the daemon asks of the kernel beside its descriptors: who listens where (loop/listening.h), and its log.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "calls.h"
#include "loop/listening.h"

int __wrap_listening_at(struct listening *listening, uint16_t port, struct site *ret, size_t most);
void __wrap_log_write(enum log_level level, const char *format, ...);

int __wrap_listening_at(struct listening *listening, uint16_t port, struct site *ret, size_t most)
{
    size_t count = 0;

    (void)listening;
    if (calls_fails("sock_diag", EPERM, NULL))
        return -EPERM;
    for (const struct sock *sock = sock_first_bound(); sock && count < most; sock = sock->next_bound) {
        struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(sock->ip)};

        if (sock->state != SOCK_listening || sock->port != port)
            continue;
        ret[count] = (struct site){.address.len = sizeof(v4)};
        memcpy(&ret[count++].address.v4, &v4, sizeof(v4));
    }
    return (int)count;
}

/* It is part of the trace: what the daemon has to say is the same when the run is. */
void __wrap_log_write(enum log_level level, const char *format, ...)
{
    char line[400];
    va_list args;

    (void)level;
    va_start(args, format);
    vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    trace("   daemon: %s", line);
}
