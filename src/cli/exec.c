/* SPDX-License-Identifier: MIT */
/*
 * exec: a private daemon for one command.
 *
 *     epmdpxy exec ──fork──> epmdpxy serve --port 0, whose first line says its port   (a session of its own: Ctrl-C is
 *          │                                                                           not for it)
 *          └───────fork──> CMD, with ERL_EPMD_PORT                       (our process group: it gets Ctrl-C itself)
 *
 * When CMD has ended the daemon is ended, and we exit with CMD's status. Should we be killed, the kernel ends the
 * daemon.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/query.h"

/* As shells have it. */
#define STATUS_NOT_FOUND 127
#define STATUS_NOT_EXECUTABLE 126
#define STATUS_SIGNALLED 128

/* How long nodes may take to end behind CMD, and how often that is looked at. */
#define ENDING_MS 1000
#define ENDING_LOOK_MS 20

struct family {
    pid_t self;
    pid_t daemon, command; /* 0: not running */
    int daemon_status, command_status;
    sigset_t awaited; /* what wait_for() waits for, and is blocked meanwhile */
    sigset_t before;  /* what was blocked when we were started */
};

static const int forwarded[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2};

#define FORWARDED (sizeof(forwarded) / sizeof(forwarded[0]))

struct exec_options {
    int ticktime;     /* s; 0: not given */
    const char *node; /* the daemon's own; or NULL */
};

static const struct option_row rows[] = {
    {"ticktime", "SECONDS",
     "the nodes' net_ticktime, by ERL_ZFLAGS, unless that has one: they notice a cut that "
     "holds after 3/4 to 5/4 of it (60). It wins over a net_ticktime on a node's own command line",
     OPTION_NUMBER, offsetof(struct exec_options, ticktime), 1, 3600, NULL},
    {"node", "NAME", "the daemon is a hidden node as well, see epmdpxy serve", OPTION_TEXT,
     offsetof(struct exec_options, node), 0, 0, NULL},
};

static int exit_status(int wait_status)
{
    return WIFSIGNALED(wait_status) ? STATUS_SIGNALLED + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}

/* From now on signals and ended children are waited for, in wait_for(). */
static void block_signals(struct family *family)
{
    sigemptyset(&family->awaited);
    sigaddset(&family->awaited, SIGCHLD);
    for (size_t i = 0; i < FORWARDED; i++)
        sigaddset(&family->awaited, forwarded[i]);
    sigprocmask(SIG_BLOCK, &family->awaited, &family->before);
}

/*
 * In the child. `args` are the user's options for serve; the last one wins, so that they may override ours. Standard
 * input and output are CMD's: it reads nothing, and what it prints is for us. Errors still show.
 */
static void become_daemon(const struct family *family, int output, const struct exec_options *options, int argc,
                          char **args)
{
    char **argv = mem_new(((size_t)argc + 8) * sizeof(*argv));
    int n = 0, null = open("/dev/null", O_RDONLY | O_CLOEXEC);

    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != family->self) /* killed before that could take effect */
        _exit(STATUS_FAILED);
    setsid();
    dup2(null, STDIN_FILENO);
    dup2(output, STDOUT_FILENO);
    argv[n++] = EXEC_DAEMON; /* so that it speaks of our options, not of those of serve */
    argv[n++] = "serve";
    argv[n++] = "--port";
    argv[n++] = "0";
    argv[n++] = "--no-kill"; /* a node that CMD starts behind an epmd -kill would start a stock epmd, which stays */
    if (options->node) {
        argv[n++] = "--node";
        argv[n++] = (char *)options->node;
    }
    memcpy(argv + n, args, (size_t)argc * sizeof(*argv));
    execv("/proc/self/exe", argv);
    fprintf(stderr, "epmdpxy exec: /proc/self/exe: %s; mount /proc\n", strerror(errno));
    _exit(STATUS_FAILED);
}

/*
 * Starts the daemon and waits until it listens. Returns its port, or 0 when it has ended instead. Its output stays open
 * for as long as we live.
 */
static int start_daemon(struct family *family, const struct exec_options *options, int argc, char **args)
{
    int ends[2], port = 0;
    char line[256];
    FILE *output;

    if (pipe2(ends, O_CLOEXEC) < 0)
        return 0;
    family->daemon = fork();
    if (family->daemon == 0)
        become_daemon(family, ends[1], options, argc, args);
    close(ends[1]);
    output = fdopen(ends[0], "r");
    if (output && fgets(line, sizeof(line), output) && sscanf(line, "epmdpxy %*s listens on port %d", &port) != 1)
        port = 0;
    return port;
}

/* What is there already stays, and comes first. */
static void set_ticktime(int seconds)
{
    const char *flags = getenv("ERL_ZFLAGS");
    struct text text = {0};

    if (flags && strstr(flags, "net_ticktime"))
        return;
    text_addf(&text, "%s%s-kernel net_ticktime %d", flags ? flags : "", flags ? " " : "", seconds);
    setenv("ERL_ZFLAGS", text.data, 1);
    text_done(&text);
}

static void start_command(struct family *family, int port, const struct exec_options *options, char **argv)
{
    char text[16];

    snprintf(text, sizeof(text), "%d", port);
    family->command = fork();
    if (family->command != 0)
        return;
    setenv("ERL_EPMD_PORT", text, 1);
    unsetenv("EPMDPXY_CONTROL"); /* it would go before that, and be another daemon's */
    if (options->ticktime)
        set_ticktime(options->ticktime);
    sigprocmask(SIG_SETMASK, &family->before, NULL);
    execvp(argv[0], argv);
    fprintf(stderr, "epmdpxy exec: %s: %s\n", argv[0], strerror(errno));
    _exit(errno == ENOENT ? STATUS_NOT_FOUND : STATUS_NOT_EXECUTABLE);
}

static void reap(struct family *family)
{
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        if (pid == family->command) {
            family->command = 0;
            family->command_status = exit_status(status);
        } else if (pid == family->daemon) {
            family->daemon = 0;
            family->daemon_status = exit_status(status);
        }
    }
}

/* Waits until that child has ended, and passes signals on to CMD meanwhile. */
static void wait_for(struct family *family, const pid_t *child)
{
    bool told = false;
    siginfo_t info;

    for (reap(family); *child; reap(family)) {
        if (!family->daemon && family->command && !told) {
            command_fail("the daemon has ended (status %d); the command goes on without it", family->daemon_status);
            told = true;
        }
        if (sigwaitinfo(&family->awaited, &info) < 0 || info.si_signo == SIGCHLD || !family->command)
            continue;
        if (info.si_code != SI_KERNEL) /* what comes from the terminal has reached CMD already */
            kill(family->command, info.si_signo);
    }
}

struct stayed {
    struct text names;
    const char *own; /* the daemon's node, which ends with it; or NULL */
};

static void add_name(void *data, const char *name, int port)
{
    struct stayed *stayed = data;
    struct text *to = &stayed->names;
    size_t own = stayed->own ? strcspn(stayed->own, "@") : 0;

    (void)port;
    if (own && strlen(name) == own && memcmp(name, stayed->own, own) == 0)
        return;
    text_addf(to, "%s", to->len ? ", " : "");
    text_add_escaped(to, name);
}

/* Nodes that CMD has detached live on, and nobody would know of them. Those that are ending have a moment for it. */
static void tell_who_stays(int port, const struct exec_options *options)
{
    const struct timespec pause = {.tv_nsec = ENDING_LOOK_MS * 1000000L};
    struct stayed stayed = {.own = options->node};

    query_names(port, add_name, &stayed);
    for (int ms = 0; stayed.names.len > 0 && ms < ENDING_MS; ms += ENDING_LOOK_MS) {
        nanosleep(&pause, NULL);
        text_done(&stayed.names);
        query_names(port, add_name, &stayed);
    }
    if (stayed.names.len > 0)
        command_fail("nodes that the command has started go on, without a port mapper now (end their processes, "
                     "beam.smp, by kill): %.*s",
                     (int)stayed.names.len, stayed.names.data);
    text_done(&stayed.names);
}

static bool asks_for_help(int options, char **argv)
{
    for (int i = 0; i < options; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return true;
    return false;
}

static int run(const struct command *self, int argc, char **argv)
{
    struct family family = {.self = getpid()};
    struct exec_options own = {0};
    struct options_result result;
    int options = 0, words, port;

    while (options < argc && strcmp(argv[options], "--") != 0)
        options++;
    words = options + 1;
    if (asks_for_help(options < argc || argc == 1 ? options : 0, argv))
        return command_begin(self, NULL, 1, (char *[]){"--help", NULL}, 0, 0);
    if (options == argc) { /* without -- there are no options either, or it is not clear where they end */
        if (argc > 0 && argv[0][0] == '-')
            return command_refuse(self, "where does the command begin? Put -- before it: epmdpxy %s", self->synopsis);
        options = words = 0;
    }
    if (words >= argc)
        return command_refuse(self, "no command; usage: epmdpxy %s", self->synopsis);

    options = options_take(&self->options, &own, options, argv, &result);
    if (options < 0)
        return command_refuse(self, "%s", result.error);
    port = start_daemon(&family, &own, options, argv);
    block_signals(&family); /* not before: what ends us while the daemon begins ends it as well */
    if (!port) {
        wait_for(&family, &family.daemon);
        return family.daemon_status ? family.daemon_status : STATUS_FAILED;
    }
    start_command(&family, port, &own, argv + words);
    wait_for(&family, &family.command);
    if (family.daemon) {
        tell_who_stays(port, &own);
        kill(family.daemon, SIGTERM);
        wait_for(&family, &family.daemon);
    }
    if (family.command_status == 0 && family.daemon_status == STATUS_VACUOUS)
        return STATUS_VACUOUS;
    return family.command_status;
}

const struct command exec_command = {
    .name = "exec",
    .synopsis = "exec [OPTION...] -- CMD [ARG...]",
    .summary = "run a command with a private daemon on a free port",
    .details = "CMD and all nodes that it starts find the daemon by ERL_EPMD_PORT; so do\n"
               "epmdpxy cut, fix and status when CMD calls them. Signals are passed on to CMD,\n"
               "the exit status is CMD's, and the daemon ends with it. With --strict a run that\n"
               "has succeeded fails (status 3) when one of its faults has changed nothing.\n"
               "Options before -- are these, and those of epmdpxy serve.\n",
    .options = {OPTION_ROWS(rows)},
    .run = run,
};
