/* SPDX-License-Identifier: MIT */
/*
 * The subcommands that talk to a daemon, or start one.
 */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

struct command;

extern const struct command exec_command, status_command, cut_command, fix_command, flap_command, fault_command,
    wait_command, observe_command, lease_command, events_command, names_command, version_command;

#endif
