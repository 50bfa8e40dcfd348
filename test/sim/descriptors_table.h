/* SPDX-License-Identifier: MIT */
/*
 * The daemon's descriptors: sockets, pipes and timers.
 */
#ifndef SIM_DESCRIPTORS_TABLE_H
#define SIM_DESCRIPTORS_TABLE_H

#include "bytes_queue.h"
#include "tcp.h"

struct sim_pipe {
    struct bytes_queue bytes;
    size_t room;
    int ends; /* that are open */
};

struct sim_timer {
    struct happening happening;
    bool rung;
};

struct descriptor {
    enum { DESCRIPTOR_none, DESCRIPTOR_sock, DESCRIPTOR_pipe_in, DESCRIPTOR_pipe_out, DESCRIPTOR_timer } kind;
    struct sock *sock;
    struct sim_pipe *pipe;
    struct sim_timer *timer;
    bool at_once; /* SO_LINGER of no time: closing resets */
};

/* NULL, and errno, when it is none of this world (a number of the kernel's is no error: see descriptor_is_ours()). */
struct descriptor *descriptor_of(int fd);
bool descriptor_is_ours(int fd);

/* A new one, the lowest; or -1 and EMFILE. */
int descriptor_open(struct descriptor what);
void descriptor_close(int fd);
void descriptors_begin(size_t most);
size_t descriptors_open(void);
bool descriptors_have_room(void);

#endif
