/* SPDX-License-Identifier: MIT */
#include "descriptors_table.h"

#include <errno.h>
#include <stdlib.h>

#include "calls.h"

#define TABLE_MAX 4096

static struct descriptor table[TABLE_MAX];
static size_t most, count;

void descriptors_begin(size_t descriptors_max)
{
    most = descriptors_max < TABLE_MAX ? descriptors_max : TABLE_MAX;
}

size_t descriptors_open(void)
{
    return count;
}

bool descriptors_have_room(void)
{
    return count < most;
}

bool descriptor_is_ours(int fd)
{
    return fd >= CALLS_FD_FIRST && fd < CALLS_FD_FIRST + TABLE_MAX;
}

struct descriptor *descriptor_of(int fd)
{
    struct descriptor *descriptor = descriptor_is_ours(fd) ? &table[fd - CALLS_FD_FIRST] : NULL;

    if (descriptor && descriptor->kind == DESCRIPTOR_none)
        wrong("the daemon uses descriptor %d, which is closed", fd);
    return descriptor;
}

int descriptor_open(struct descriptor what)
{
    size_t fd = 0;

    while (fd < most && table[fd].kind != DESCRIPTOR_none)
        fd++;
    if (fd == most) {
        errno = EMFILE;
        return -1;
    }
    table[fd] = what;
    count++;
    return CALLS_FD_FIRST + (int)fd;
}

static void release_pipe(struct sim_pipe *pipe)
{
    if (--pipe->ends > 0)
        return;
    queue_done(&pipe->bytes);
    free(pipe);
}

void descriptor_close(int fd)
{
    struct descriptor was = *descriptor_of(fd);

    table[fd - CALLS_FD_FIRST] = (struct descriptor){0};
    count--;
    switch (was.kind) {
    case DESCRIPTOR_sock:
        sock_close(was.sock, was.at_once);
        return;
    case DESCRIPTOR_pipe_in:
    case DESCRIPTOR_pipe_out:
        release_pipe(was.pipe);
        return;
    case DESCRIPTOR_timer:
        happen_not(&was.timer->happening);
        free(was.timer);
        return;
    case DESCRIPTOR_none:
        return;
    }
}
