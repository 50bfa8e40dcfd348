/* SPDX-License-Identifier: MIT */
#include "daemon/detach.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void leave_parent(void)
{
    pid_t pid = fork();

    if (pid != 0)
        _exit(pid < 0 ? EXIT_FAILURE : EXIT_SUCCESS);
}

static bool is_kept(int fd, const int *keep, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (keep[i] == fd)
            return true;
    return false;
}

/* Whoever started us may have left descriptors open, whose other ends wait for us to close them. */
static void close_others(const int *keep, size_t count)
{
    DIR *open_ones = opendir("/proc/self/fd");
    struct dirent *entry;

    if (!open_ones)
        return;
    while ((entry = readdir(open_ones))) {
        int fd = atoi(entry->d_name);

        if (fd > STDERR_FILENO && fd != dirfd(open_ones) && !is_kept(fd, keep, count))
            close(fd);
    }
    closedir(open_ones);
}

void detach(const int *keep, size_t count)
{
    int null;

    leave_parent();
    setsid();
    signal(SIGHUP, SIG_IGN);
    leave_parent(); /* no longer the leader of the session: it can never get a terminal again */

    if (chdir("/") < 0)
        _exit(EXIT_FAILURE);
    umask(0);
    close_others(keep, count);
    null = open("/dev/null", O_RDWR);
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        dup2(null, fd);
    if (null > STDERR_FILENO)
        close(null);
}
