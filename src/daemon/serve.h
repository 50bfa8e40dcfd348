/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_SERVE_H
#define DAEMON_SERVE_H

struct command;

/* The subcommand `serve`: the daemon in the foreground. */
extern const struct command serve_command;
extern const struct command exec_daemon_command; /* the same; its options were given to exec */

#endif
