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
    size_t lent, most;
};

struct pipes *pipes_new(void)
{
    struct pipes *pipes = mem_new(sizeof(*pipes));

    pipes->most = PIPES_MAX;
    return pipes;
}

static void pipe_close(struct pipe *pipe)
{
    close(pipe->in);
    close(pipe->out);
    free(pipe);
}

static void close_idle(struct pipes *pipes)
{
    while (pipes->idle) {
        struct pipe *pipe = pipes->idle;

        pipes->idle = pipe->next;
        pipes->count--;
        pipe_close(pipe);
    }
}

void pipes_free(struct pipes *pipes)
{
    if (!pipes)
        return;
    assert(pipes->lent == 0);
    close_idle(pipes);
    free(pipes);
}

void pipes_lend_no_more(struct pipes *pipes)
{
    pipes->most = 0;
    close_idle(pipes);
}

bool pipes_are_lent(const struct pipes *pipes)
{
    return pipes->most > 0;
}

static struct pipe *pipe_open(void)
{
    struct pipe *pipe;
    int ends[2];

    if (pipe2(ends, O_NONBLOCK | O_CLOEXEC) < 0)
        return NULL;
    if (fcntl(ends[1], F_SETPIPE_SZ, PIPE_BYTES) <
        PIPE_BYTES) { /* the user's share of large pipes is used up: copying is faster than a small pipe */
        close(ends[0]);
        close(ends[1]);
        return NULL;
    }
    pipe = mem_new(sizeof(*pipe));
    pipe->out = ends[0];
    pipe->in = ends[1];
    return pipe;
}

struct pipe *pipes_borrow(struct pipes *pipes)
{
    struct pipe *pipe = pipes->idle;

    if (pipe) {
        pipes->idle = pipe->next;
    } else {
        if (pipes->count >= pipes->most)
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
    if (empty && pipes->most > 0) {
        pipe->next = pipes->idle;
        pipes->idle = pipe;
        return;
    }
    pipes->count--;
    pipe_close(pipe);
}

size_t pipe_read(const struct pipe *pipe, uint8_t *to, size_t room)
{
    ssize_t got = read(pipe->out, to, room);

    assert(got > 0);
    return (size_t)got;
}
