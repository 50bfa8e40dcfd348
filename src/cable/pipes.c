/* SPDX-License-Identifier: MIT */
#include "cable/pipes.h"

#include <assert.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/memory.h"

struct pipes {
    struct pipe *idle;
    size_t count; /* lent and idle */
    size_t lent;
};

struct pipes *pipes_new(void)
{
    return mem_new(sizeof(struct pipes));
}

static void pipe_close(struct pipe *pipe)
{
    close(pipe->in);
    close(pipe->out);
    free(pipe);
}

void pipes_free(struct pipes *pipes)
{
    if (!pipes)
        return;
    assert(pipes->lent == 0);
    while (pipes->idle) {
        struct pipe *pipe = pipes->idle;

        pipes->idle = pipe->next;
        pipe_close(pipe);
    }
    free(pipes);
}

static struct pipe *pipe_open(void)
{
    struct pipe *pipe;
    int ends[2], size;

    if (pipe2(ends, O_NONBLOCK | O_CLOEXEC) < 0)
        return NULL;
    size = fcntl(ends[1], F_SETPIPE_SZ, PIPE_BYTES);
    if (size < PIPE_BYTES) { /* the user's share of large pipes is used up: copying is faster than a small pipe */
        close(ends[0]);
        close(ends[1]);
        return NULL;
    }
    pipe = mem_new(sizeof(*pipe));
    pipe->out = ends[0];
    pipe->in = ends[1];
    pipe->room = (size_t)size;
    return pipe;
}

struct pipe *pipes_borrow(struct pipes *pipes)
{
    struct pipe *pipe = pipes->idle;

    if (pipe) {
        pipes->idle = pipe->next;
    } else {
        if (pipes->count >= PIPES_MAX)
            return NULL;
        pipe = pipe_open();
        if (!pipe)
            return NULL;
        pipes->count++;
    }
    pipes->lent++;
    return pipe;
}

void pipes_give_back(struct pipes *pipes, struct pipe *pipe, bool empty)
{
    pipes->lent--;
    if (empty) {
        pipe->next = pipes->idle;
        pipes->idle = pipe;
        return;
    }
    pipes->count--;
    pipe_close(pipe);
}
