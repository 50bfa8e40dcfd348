/* SPDX-License-Identifier: MIT */
/*
 * How long the loop's turns take, in processor time of its thread, which no other process can lengthen. Loaded before
 * the daemon (LD_PRELOAD): every epoll_wait() that asks for as many reports as the loop does (REPORTS_MAX of
 * loop/loop.c) ends a turn. The longest one, in ns, their number, and how many took more than LONG_NS stand in the file
 * that TURNS names.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define REPORTS_MAX 256
#define LONG_NS 2000000

static struct {
    uint64_t longest_ns, count, long_count;
} * turns;

static uint64_t used_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void open_file(void)
{
    int fd = open(getenv("TURNS"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    if (fd < 0 || ftruncate(fd, sizeof(*turns)) < 0)
        abort();
    turns = mmap(NULL, sizeof(*turns), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (turns == MAP_FAILED)
        abort();
    close(fd);
}

static void note(uint64_t took_ns)
{
    turns->count++;
    turns->long_count += took_ns > LONG_NS;
    if (took_ns > turns->longest_ns)
        turns->longest_ns = took_ns;
}

int epoll_wait(int epoll, struct epoll_event *events, int max, int timeout_ms)
{
    static int (*real)(int, struct epoll_event *, int, int);
    static uint64_t began_ns;
    int count;

    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "epoll_wait");
    if (max != REPORTS_MAX)
        return real(epoll, events, max, timeout_ms);
    if (!turns)
        open_file();
    note(began_ns ? used_ns() - began_ns : 0);
    count = real(epoll, events, max, timeout_ms);
    began_ns = used_ns();
    return count;
}
