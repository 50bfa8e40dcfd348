/* SPDX-License-Identifier: MIT */
#include "daemon/systemd.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define FIRST_FD 3

size_t systemd_sockets(int *ret_fds, size_t most)
{
    const char *pid = getenv("LISTEN_PID"), *fds = getenv("LISTEN_FDS");
    size_t count;

    if (!pid || !fds || atol(pid) != (long)getpid() || atoi(fds) <= 0)
        return 0;
    count = (size_t)atoi(fds) < most ? (size_t)atoi(fds) : most;
    for (size_t i = 0; i < count; i++) {
        ret_fds[i] = FIRST_FD + (int)i;
        fcntl(ret_fds[i], F_SETFD, FD_CLOEXEC);
        fcntl(ret_fds[i], F_SETFL, fcntl(ret_fds[i], F_GETFL) | O_NONBLOCK);
    }
    return count;
}

static void notify(const char *message)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t len = path ? strlen(path) : 0;
    int fd;

    if (len == 0 || len >= sizeof(address.sun_path) || (path[0] != '/' && path[0] != '@'))
        return;
    memcpy(address.sun_path, path, len);
    if (path[0] == '@') /* an abstract socket */
        address.sun_path[0] = 0;
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    if (sendto(fd, message, strlen(message), MSG_NOSIGNAL, (struct sockaddr *)&address,
               (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)) < 0)
        fprintf(stderr, "epmd: systemd was not told: %s\n", path);
    close(fd);
}

void systemd_notify_ready(void)
{
    char message[128];

    snprintf(message, sizeof(message), "READY=1\nSTATUS=Processing port mapping requests...\nMAINPID=%ld",
             (long)getpid());
    notify(message);
}

void systemd_notify_exit(int status)
{
    char message[64];

    snprintf(message, sizeof(message), "STATUS=Exited.\nERRNO=%d", status);
    notify(message);
}
