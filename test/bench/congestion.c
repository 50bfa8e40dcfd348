/* SPDX-License-Identifier: MIT */
/*
 * Loaded before all other libraries (LD_PRELOAD): every TCP socket of the process gets the congestion control that
 * BENCH_CONGESTION names, also those that are accepted, as they inherit it.
 */
#include <dlfcn.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

int socket(int domain, int type, int protocol)
{
    int (*const real)(int, int, int) = (int (*)(int, int, int))dlsym(RTLD_NEXT, "socket");
    const char *name = getenv("BENCH_CONGESTION");
    int fd = real(domain, type, protocol);

    if (fd >= 0 && name)
        setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, (socklen_t)strlen(name));
    return fd;
}
