/* SPDX-License-Identifier: MIT */
/*
 * The subcommands that talk to a daemon, or start one.
 */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

/* As which the program is started (argv[0]) when it is the daemon of exec. */
#define EXEC_DAEMON "epmdpxy exec"

struct command;

extern const struct command exec_command, status_command, cut_command, fix_command, flap_command, fault_command,
    wait_command, observe_command, lease_command, events_command, names_command, version_command;

#endif
