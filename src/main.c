/* SPDX-License-Identifier: MIT */
/*
 * One binary, two faces: started under the name epmd it is that program; else its first word is a subcommand.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/suggest.h"
#include "base/version.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "daemon/epmd.h"
#include "daemon/serve.h"

static const struct command *const commands[] = {
    &serve_command,   &exec_command, &status_command, &cut_command,    &fix_command,   &flap_command,    &fault_command,
    &observe_command, &wait_command, &lease_command,  &events_command, &names_command, &version_command,
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static int show_help(void)
{
    printf("epmdpxy " EPMDPXY_VERSION ": split and heal the network between Erlang nodes, by node name\n\n"
           "Usage: epmdpxy SUBCOMMAND [OPTION...]\n\n"
           "Subcommands:\n");
    for (size_t i = 0; i < COMMANDS; i++)
        printf("  %-9s %s\n", commands[i]->name, commands[i]->summary);
    printf("\nepmdpxy SUBCOMMAND --help tells more. In a nutshell:\n\n"
           "  epmdpxy serve --port 14369 &            # be the port mapper of all nodes\n"
           "  export ERL_EPMD_PORT=14369              # that are started with this\n"
           "  erl -sname node1                        # and node2, ...\n"
           "  epmdpxy cut node1 node2,node3           # node1 is alone now\n"
           "  epmdpxy wait noticed                    # the nodes have lost each other\n"
           "  epmdpxy fix                             # all is well again\n"
           "  epmdpxy fault add latency delay=50ms    # and now everything is slow\n"
           "  epmdpxy exec -- rebar3 ct               # or all of it for one command\n");
    return STATUS_OK;
}

/* What people type who have not read on, and what to type instead. */
static const struct {
    const char *word, *instead;
} others[] = {
    {"heal", "fix"},
    {"partition", "cut"},
    {"split", "cut"},
    {"list", "status, names, or fault list"},
    {"ls", "status, names, or fault list"},
    {"stop", "fix and fault clear, which end all faults (the daemon ends by Ctrl-C, or SIGTERM)"},
    {"start", "serve"},
    {"nodes", "names, or status"},
};

#define OTHERS (sizeof(others) / sizeof(others[0]))

static int refuse_word(const char *word)
{
    const char *names[COMMANDS], *meant;

    if (epmd_takes(word)) {
        fprintf(stderr,
                "epmdpxy: '%s' is an option of epmd: under that name, as a link to epmdpxy, it is taken; "
                "else see epmdpxy --help\n",
                word);
        return STATUS_BAD_INPUT;
    }
    for (size_t i = 0; i < OTHERS; i++)
        if (strcmp(others[i].word, word) == 0) {
            fprintf(stderr, "epmdpxy: unknown subcommand '%s'; there is %s\n", word, others[i].instead);
            return STATUS_BAD_INPUT;
        }
    for (size_t i = 0; i < COMMANDS; i++)
        names[i] = commands[i]->name;
    meant = suggest(word, names, COMMANDS, sizeof(*names));
    if (meant)
        fprintf(stderr, "epmdpxy: unknown subcommand '%s'; did you mean %s?\n", word, meant);
    else
        fprintf(stderr, "epmdpxy: unknown subcommand '%s'; see epmdpxy --help\n", word);
    return STATUS_BAD_INPUT;
}

/* What is closed would be the next socket's number, and that socket written to as if it were standard error. */
static void open_standard_files(void)
{
    int fd;

    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        close(fd);
}

/* A full disk must not pass for an answer. But nobody need read to its end what a daemon says when it begins. */
static int told(const struct command *by, int status)
{
    errno = 0;
    if (by == &serve_command)
        return status;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    fprintf(stderr, "epmdpxy: standard output: %s\n", errno ? strerror(errno) : "not all of it could be written");
    return status == STATUS_OK ? STATUS_FAILED : status;
}

static const struct command *find(const char *name)
{
    for (size_t i = 0; i < COMMANDS; i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

/* `epmdpxy help`, and `epmdpxy help cut`. */
static int help(const char *about)
{
    const struct command *command = about ? find(about) : NULL;
    char *argv[] = {"--help", NULL};

    if (about && !command)
        return refuse_word(about);
    return told(NULL, command ? command->run(command, 1, argv) : show_help());
}

int main(int argc, char **argv)
{
    const struct command *command;
    const char *program = argc > 0 ? strrchr(argv[0], '/') : NULL;

    open_standard_files();
    program = program ? program + 1 : argc > 0 ? argv[0] : "";
    if (strcmp(program, "epmd") == 0)
        return epmd_main(argc - 1, argv + 1);
    if (strcmp(program, EXEC_DAEMON) == 0)
        return exec_daemon_command.run(&exec_daemon_command, argc - 2, argv + 2);
    if (argc < 2) {
        fprintf(stderr, "epmdpxy: no subcommand; see epmdpxy --help\n");
        return STATUS_BAD_INPUT;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0)
        return help(strcmp(argv[1], "help") == 0 && argc > 2 ? argv[2] : NULL);
    if (strcmp(argv[1], "--version") == 0)
        return told(&version_command, version_command.run(&version_command, 0, argv + 2));
    command = find(argv[1]);
    return command ? told(command, command->run(command, argc - 2, argv + 2)) : refuse_word(argv[1]);
}
