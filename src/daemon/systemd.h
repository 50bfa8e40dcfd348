/* SPDX-License-Identifier: MIT */
/*
 * The two small protocols of systemd that the stock epmd speaks: sockets passed from descriptor 3 on
 * (sd_listen_fds(3)), and messages about our state (sd_notify(3)).
 */
#ifndef DAEMON_SYSTEMD_H
#define DAEMON_SYSTEMD_H

#include <stddef.h>

/* The passed sockets, at most `most`, made non-blocking. Returns how many there are; 0: none for this process. */
size_t systemd_sockets(int *ret_fds, size_t most);

/* Both do nothing when nobody wants to be told. */
void systemd_notify_ready(void);
void systemd_notify_exit(int status);

#endif
