/* SPDX-License-Identifier: MIT */
/*
 * The system calls that the daemon makes, for descriptors of this world; --wrap leads them here. A descriptor that is
 * none of ours goes to the kernel.
 */
#ifndef SIM_CALLS_H
#define SIM_CALLS_H

#include <stdbool.h>
#include <stddef.h>

#include "tcp.h"

/* Those below are the kernel's own. The lowest that is free is given out first, so a number soon means something else.
 */
#define CALLS_FD_FIRST 1000

void calls_begin(size_t descriptors_max, void (*wake)(void));
void calls_end(void); /* the daemon must have closed everything */

/* What is ready there, of SOCK_READABLE and so on; 0 for one that is not open. */
unsigned calls_ready(int fd);
bool calls_is_open(int fd);
size_t calls_open_count(void);
struct sock *calls_sock(int fd); /* or NULL */

/*
 * From now on one of so many calls fails, once, with an errno that this call may have; 0: none does. What it hits is
 * marked: sock->hit.
 */
void calls_fail_one_of(unsigned calls);
uint64_t calls_failed_us(void); /* when the last one did */

/* Shall this call fail, with that errno? For those that are simulated elsewhere. */
bool calls_fails(const char *call, int error, struct sock *sock);

/* Connections that the daemon has accepted at that port so far. */
uint64_t calls_accepted(uint16_t port);

/* It has read so much; and how much it has from all sockets but those of that port. */
void calls_took(struct sock *sock, size_t bytes);
uint64_t calls_taken_but_at(uint16_t port);

#endif
