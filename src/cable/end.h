/* SPDX-License-Identifier: MIT */
/*
 * One socket of a cable: the source of one of its lanes and the sink of the other. Every system call that moves bytes
 * of a cable is made here.
 *
 * An end knows what the loop has reported and nobody has used up yet, so nothing is tried in vain: what has nothing to
 * read is not read again, and what takes no more is not written to, until the loop says so.
 */
#ifndef CABLE_END_H
#define CABLE_END_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "loop/loop.h"

struct address;
struct pipe;

struct end {
    int fd; /* -1: not there (yet) */
    struct watch *watch;
    unsigned ready;  /* a set of enum ready; READY_HANGUP and READY_FAILED stay for ever */
    unsigned wanted; /* a set of those that the loop reports */
};

/* Takes over a connected socket, or -1. */
void end_init(struct end *end, int fd);

/* fn hears of what end_want() asks for; it does no more than end_note() it. Returns 0 or a negative errno. */
int end_watch(struct end *end, struct loop *loop, watch_fn *fn, void *data);

/*
 * Begins to connect. fn hears when there is an outcome, which end_connected() tells: 0, a negative errno, or
 * -EINPROGRESS. Returns 0 or a negative errno.
 */
int end_connect(struct end *end, struct loop *loop, const struct address *address, watch_fn *fn, void *data);
int end_connected(const struct end *end);

/* The loop has reported this. */
void end_note(struct end *end, unsigned ready);

/*
 * What is to be reported from now on: nothing is any more once it has failed. Returns 0, or a negative errno when the
 * kernel refuses: what is waited for might never be reported.
 */
int end_want(struct end *end, unsigned wanted) __attribute__((warn_unused_result));

/*
 * Returns how many bytes were read; 0: its node has ended the stream; -EAGAIN: there are none for now; any other
 * negative errno: the connection is broken, and all that had come was read.
 */
ssize_t end_read(struct end *end, uint8_t *to, size_t room);

/* The same, but the bytes stay, and will be read again. */
ssize_t end_look(struct end *end, uint8_t *to, size_t room);

/*
 * Returns how many bytes were taken, which may be none; or a negative errno: the connection is broken. That is for both
 * directions: what the node has sent is still read, and its end then is that of a broken connection.
 */
ssize_t end_write(struct end *end, const uint8_t *data, size_t len);

/* The same through a pipe, without copying. -ENOSYS: the kernel, or a sandbox, does not let us. */
ssize_t end_splice_in(struct end *end, const struct pipe *pipe, size_t most);
ssize_t end_splice_out(struct end *end, const struct pipe *pipe, size_t len);

/* Nothing more will be written: its node reads the end of the stream. */
void end_finish(const struct end *end);

/*
 * Acknowledges what was read at once. Nodes set TCP_NODELAY only behind their handshake: the second of two messages in
 * a row would wait for the acknowledgement of the first, which the kernel may delay by 40 ms.
 */
void end_acknowledge(const struct end *end);

/* Is its node gone, as far as can be told without reading? */
bool end_has_left(const struct end *end);

/* It is broken: all that can be read is there already, and nothing will be reported again. */
bool end_is_broken(const struct end *end);

/* Closes it, orderly or with a reset. */
void end_close(struct end *end, bool reset);

/* How many bytes the node has sent that were not read yet. */
size_t end_unread(const struct end *end);

/* A copy of those, as far as there is room; they stay. Returns how many. */
size_t end_peek(const struct end *end, uint8_t *to, size_t room);

#endif
