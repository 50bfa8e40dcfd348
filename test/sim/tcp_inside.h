/* SPDX-License-Identifier: MIT */
/*
 * What the files of tcp share.
 */
#ifndef SIM_TCP_INSIDE_H
#define SIM_TCP_INSIDE_H

#include "tcp.h"

void sock_notify(struct sock *sock);
void sock_die(struct sock *sock, int error); /* it is broken, for the reason that its owner is told */
void sock_unbind(struct sock *sock);
void sock_on_syn(void *sock);

#endif
