/* SPDX-License-Identifier: MIT */
/*
 * What the stock epmd does in each case is listed in doc/PROTOCOL.md, with the few things done better here.
 */
#include "daemon/epmd.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/log.h"
#include "base/suggest.h"
#include "base/utf8.h"
#include "cli/query.h"
#include "cable/cabling.h"
#include "daemon/daemon.h"
#include "daemon/detach.h"
#include "daemon/listen.h"
#include "daemon/systemd.h"
#include "model/registry.h"

#define DEFAULT_PORT 4369
#define REMEMBERED_WHEN_DEBUGGED 5
#define PACKET_TIMEOUT_S 60
#define WRONG_BYTES 1024

struct epmd {
    int port;
    const char *addresses;
    int debug;
    bool daemon, relaxed, systemd, no_relay;
    int packet_timeout_s, accept_delay_s, reply_delay_s;
};

static int usage(void)
{
    fputs("usage: epmd [-d|-debug] [DaemonOption...]        run the port mapper\n"
          "       epmd [-port N] -names|-kill|-stop Name|-dump|-started   ask the one that runs\n"
          "\n"
          "DaemonOptions:\n"
          "  -daemon                  go to the background\n"
          "  -port N                  listen on that port (ERL_EPMD_PORT, or 4369)\n"
          "  -address List            listen on these addresses and on loopback\n"
          "                           (ERL_EPMD_ADDRESS, or all)\n"
          "  -relaxed_command_check   allow -kill with living nodes, and -stop\n"
          "                           (ERL_EPMD_RELAXED_COMMAND_CHECK)\n"
          "  -packet_timeout Seconds  close connections that stay silent for so long (60)\n"
          "  -delay_accept Seconds    wait after accepting a connection, to try clients\n"
          "  -delay_write Seconds     wait before answering, to try clients\n"
          "  -systemd                 use the sockets that systemd passes\n"
          "  -no_relay                tell the nodes' real ports, relay nothing\n"
          "                           (not in the stock epmd)\n"
          "\n"
          "  -d, -debug               say more; twice: much more\n"
          "\n"
          "Questions, as the last option:\n"
          "  -names                   list the registered nodes\n"
          "  -dump                    list them and the names that are remembered\n"
          "  -started                 exit status 0 if one runs, else 1\n"
          "  -kill                    end it\n"
          "  -stop Name               forget a node\n",
          stderr);
    return EXIT_FAILURE;
}

/* What is wrong, in a line before the usage; what was typed must not become a second one. */
static int wrong(const char *format, ...)
{
    char line[WRONG_BYTES];
    va_list args;

    va_start(args, format);
    vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    utf8_make_line(line);
    fprintf(stderr, "epmd: %s\n", line);
    return usage();
}

/* All that it takes, as the stock program does but for the last: a new flag is a row. */
enum flag_kind {
    FLAG_ON,       /* bool */
    FLAG_MORE,     /* int, one more each time */
    FLAG_NUMBER,   /* int, from the next word, above 0 */
    FLAG_PORT,     /* int, from the next word; the stock program takes any but 0 */
    FLAG_TEXT,     /* const char *, the next word */
    FLAG_QUESTION, /* to the daemon that runs: comes last, see ask() */
};

#define FIELD(name) offsetof(struct epmd, name)

static const struct flag {
    const char *name; /* first field, for suggest() */
    enum flag_kind kind;
    size_t offset; /* of the field in struct epmd */
} flags[] = {
    {"-d", FLAG_MORE, FIELD(debug)},
    {"-debug", FLAG_MORE, FIELD(debug)},
    {"-daemon", FLAG_ON, FIELD(daemon)},
    {"-port", FLAG_PORT, FIELD(port)},
    {"-address", FLAG_TEXT, FIELD(addresses)},
    {"-relaxed_command_check", FLAG_ON, FIELD(relaxed)},
    {"-packet_timeout", FLAG_NUMBER, FIELD(packet_timeout_s)},
    {"-delay_accept", FLAG_NUMBER, FIELD(accept_delay_s)},
    {"-delay_write", FLAG_NUMBER, FIELD(reply_delay_s)},
    {"-systemd", FLAG_ON, FIELD(systemd)},
    {"-names", FLAG_QUESTION, 0},
    {"-dump", FLAG_QUESTION, 0},
    {"-started", FLAG_QUESTION, 0},
    {"-kill", FLAG_QUESTION, 0},
    {"-stop", FLAG_QUESTION, 0},
    {"-no_relay", FLAG_ON, FIELD(no_relay)},
};

#define FLAGS (sizeof(flags) / sizeof(flags[0]))

static const struct flag *find_flag(const char *word)
{
    for (size_t i = 0; i < FLAGS; i++)
        if (strcmp(flags[i].name, word) == 0)
            return &flags[i];
    return NULL;
}

bool epmd_takes(const char *word)
{
    return find_flag(word);
}

static int refuse_unknown(const char *word)
{
    const char *meant = suggest(word, flags, FLAGS, sizeof(*flags));

    if (strcmp(word, "-h") == 0 || strcmp(word, "-help") == 0 || strcmp(word, "--help") == 0)
        return usage();
    if (meant)
        return wrong("unknown option '%s'; did you mean %s?", word, meant);
    return wrong("unknown option '%s'", word);
}

/* ---- questions to the daemon that runs ---- */

static int no_daemon(void)
{
    fprintf(stderr, "epmd: Cannot connect to local epmd\n");
    return EXIT_FAILURE;
}

static int ask_list(int port, char opcode)
{
    struct text reply;
    struct bytes in;
    uint32_t reported;

    if (query_ask(port, opcode, NULL, &reply) < 0)
        return no_daemon();
    in = bytes_over(reply.data, reply.len);
    reported = bytes_u32(&in);
    if (in.overrun) {
        printf("epmd: no response from local epmd\n");
        text_done(&reply);
        return EXIT_FAILURE;
    }
    printf("epmd: up and running on port %d with data:\n", (int)reported);
    fwrite(in.at, 1, in.left, stdout);
    text_done(&reply);
    return EXIT_SUCCESS;
}

/* The first `len` bytes of the reply as a string. Returns 0, or -ENOTCONN. */
static int ask_word(int port, char opcode, const char *name, char *to, size_t len)
{
    struct text reply;
    size_t got;

    if (query_ask(port, opcode, name, &reply) < 0)
        return -ENOTCONN;
    got = reply.len < len ? reply.len : len;
    if (got > 0)
        memcpy(to, reply.data, got);
    to[got] = 0;
    text_done(&reply);
    return 0;
}

static int ask_kill(int port)
{
    char word[3];

    if (ask_word(port, 'k', NULL, word, 2) < 0)
        return no_daemon();
    if (strcmp(word, "OK") == 0) {
        printf("Killed\n");
        return EXIT_SUCCESS;
    }
    if (strcmp(word, "NO") == 0)
        printf("Killing not allowed - living nodes in database.\n");
    else
        printf("epmd: local epmd responded with <%s>\n", word);
    return EXIT_FAILURE;
}

static int ask_stop(int port, const char *name)
{
    char word[8];

    if (strlen(name) > QUERY_NAME_BYTES_MAX) {
        printf("epmd: Name too long!");
        return EXIT_FAILURE;
    }
    if (ask_word(port, 's', name, word, 7) < 0)
        return no_daemon();
    if (strlen(word) == 7) {
        printf("%s\n", word);
        return EXIT_SUCCESS;
    }
    printf("epmd: local epmd responded with <%s>\n", word);
    return EXIT_FAILURE;
}

/* argv[0] is a question. Returns the exit status. */
static int ask(const struct epmd *epmd, int argc, char **argv)
{
    const char *what = argv[0];

    if (strcmp(what, "-stop") == 0)
        return argc == 2 ? ask_stop(epmd->port, argv[1]) : wrong("-stop takes the name of a node, and comes last");
    if (argc != 1)
        return wrong("%s is a question, which comes last: '%s' is one word too many", what, argv[1]);
    if (strcmp(what, "-names") == 0)
        return ask_list(epmd->port, 'n');
    if (strcmp(what, "-dump") == 0)
        return ask_list(epmd->port, 'd');
    if (strcmp(what, "-kill") == 0)
        return ask_kill(epmd->port);
    return query_connects(epmd->port) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* ---- the daemon ---- */

/* Port 85957 listens on the lower 16 bits and reports what was asked for: both as the stock daemon does. */
static int open_sockets(const struct epmd *epmd, struct listen_result *ret)
{
    struct refusal refusal;
    int status;

    if (epmd->systemd) {
        ret->count = systemd_sockets(ret->fds, LISTENERS_MAX);
        if (ret->count > 0)
            return 0;
        log_error("systemd provides no sockets");
        return -ENOENT;
    }
    status = listen_open(&(struct listen_request){.addresses = epmd->addresses, .port = (uint16_t)epmd->port}, ret,
                         &refusal);
    if (status == -EADDRINUSE) {
        if (epmd->debug > 0 || !epmd->daemon)
            log_error("there is already an epmd, or something else, running at port %d", epmd->port);
    } else if (status < 0) {
        log_error("%s", refusal.text);
    }
    return status;
}

static int ready(void *systemd)
{
    if (*(const bool *)systemd)
        systemd_notify_ready();
    return 0;
}

static int run_daemon(struct epmd *epmd)
{
    enum log_level most = epmd->debug == 0 ? LOG_LEVEL_WARNING : epmd->debug == 1 ? LOG_LEVEL_INFO : LOG_LEVEL_DEBUG;
    struct listen_result sockets = {0};
    int status;

    log_open(LOG_EPMD, most);
    status = open_sockets(epmd, &sockets);
    if (status < 0)
        return status == -EADDRINUSE ? EXIT_SUCCESS : EXIT_FAILURE;
    if (epmd->daemon) {
        log_open(LOG_TO_SYSLOG, most);
        detach(sockets.fds, sockets.count);
    }
    status = daemon_run(&(struct daemon_config){
        .mapper = {.port = epmd->port,
                   .relay = !epmd->no_relay,
                   .relaxed = epmd->relaxed,
                   /* the stock daemon counts whole seconds, and lets the one that has begun go by as well */
                   .packet_timeout_ms = ((uint64_t)epmd->packet_timeout_s + 1) * 1000,
                   .accept_delay_ms = (uint64_t)epmd->accept_delay_s * 1000,
                   .reply_delay_ms = (uint64_t)epmd->reply_delay_s * 1000},
        .batch = true,
        .splice = true,
        .lane_bytes_max = CABLING_LANE_BYTES,
        .remembered_max = epmd->debug > 0 ? REMEMBERED_WHEN_DEBUGGED : REGISTRY_REMEMBERED_MAX,
        .fds = sockets.fds,
        .fd_count = sockets.count,
        .ready = ready,
        .ready_data = &epmd->systemd,
    });
    if (epmd->systemd)
        systemd_notify_exit(status);
    return status;
}

/* ---- the command line ---- */

/* A flag, and the word behind it or NULL. Numbers are read as the stock program reads them: atoi, and 0 is refused.
 * Returns how many words it took; or -1, and has said what is wrong. */
static int set(struct epmd *epmd, const struct flag *flag, const char *value)
{
    void *field = (char *)epmd + flag->offset;

    if (flag->kind == FLAG_ON) {
        *(bool *)field = true;
        return 1;
    }
    if (flag->kind == FLAG_MORE) {
        ++*(int *)field;
        return 1;
    }
    if (!value) {
        wrong("%s needs a value", flag->name);
        return -1;
    }
    if (flag->kind == FLAG_TEXT) {
        *(const char **)field = value;
        return 2;
    }
    *(int *)field = atoi(value);
    if (atoi(value) == 0 || (flag->kind == FLAG_NUMBER && atoi(value) < 0)) {
        wrong("%s: '%s' is not a number above 0", flag->name, value);
        return -1;
    }
    return 2;
}

int epmd_main(int argc, char **argv)
{
    const char *port = getenv("ERL_EPMD_PORT");
    struct epmd epmd = {
        .port = port ? atoi(port) : DEFAULT_PORT,
        .addresses = getenv("ERL_EPMD_ADDRESS"),
        .relaxed = getenv("ERL_EPMD_RELAXED_COMMAND_CHECK") != NULL,
        .packet_timeout_s = PACKET_TIMEOUT_S,
    };

    while (argc > 0) {
        const struct flag *flag = find_flag(argv[0]);
        int used;

        if (!flag)
            return refuse_unknown(argv[0]);
        if (flag->kind == FLAG_QUESTION)
            return ask(&epmd, argc, argv);
        used = set(&epmd, flag, argc < 2 ? NULL : argv[1]);
        if (used < 0)
            return EXIT_FAILURE;
        argc -= used;
        argv += used;
    }
    return run_daemon(&epmd);
}
