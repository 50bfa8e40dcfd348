/* SPDX-License-Identifier: MIT */
#include "daemon/serve.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/version.h"
#include "cli/command.h"
#include "cable/cabling.h"
#include "daemon/daemon.h"
#include "daemon/listen.h"
#include "daemon/own_node.h"
#include "daemon/rules_file.h"
#include "daemon/taken.h"
#include "daemon/ways.h"
#include "loop/awake.h"
#include "model/registry.h"
#include "model/rules.h"
#include "request/whom.h"

struct serve_options {
    int port;
    const char *port_file;
    const char *addresses, *observers, *rules, *token_file, *node, *cookie_file;
    struct option_texts control;
    bool loopback, relay, relaxed, unkillable, batch, splice, strict, until_input_closes;
    uint64_t packet_timeout_us, lane_bytes, awake_us;
    int seed, log_level;
};

static const char *const log_levels[] = {"error", "warning", "info", "debug", NULL};

#define FIELD(name) offsetof(struct serve_options, name)

static const struct option_row rows[] = {
    {"port", "N", "listen there; 0: any free port (ERL_EPMD_PORT, or 4369)", OPTION_NUMBER, FIELD(port), 0, 65535,
     NULL},
    {"port-file", "FILE", "the port number is there while it listens", OPTION_TEXT, FIELD(port_file), 0, 0, NULL},
    {"address", "LIST", "listen on these addresses and on loopback (ERL_EPMD_ADDRESS, or all)", OPTION_TEXT,
     FIELD(addresses), 0, 0, NULL},
    {"loopback", NULL, "listen on 127.0.0.1 and ::1 only", OPTION_FLAG, FIELD(loopback), 0, 0, NULL},
    {"control", "WHERE", "take control requests there too: unix:PATH, or ADDRESS:PORT; may be given several times",
     OPTION_TEXTS, FIELD(control), 0, 0, NULL},
    {"token-file", "FILE", "the token in it is asked for at each ADDRESS:PORT, see doc/API.md", OPTION_TEXT,
     FIELD(token_file), 0, 0, NULL},
    {"observer", "NAMES", "these nodes are no part of the experiment, see epmdpxy observe", OPTION_TEXT,
     FIELD(observers), 0, 0, NULL},
    {"rules", "FILE", "faults that hold from the start, in JSON as POST /v1/rules takes them", OPTION_TEXT,
     FIELD(rules), 0, 0, NULL},
    {"node", "NAME", "be a hidden node as well, NAME or NAME@HOST: nodes call epmdpxy:cut_cables/2 there, by rpc",
     OPTION_TEXT, FIELD(node), 0, 0, NULL},
    {"cookie-file", "FILE", "the cookie of that node (as erl: $HOME/.erlang.cookie, which is made where there is none)",
     OPTION_TEXT, FIELD(cookie_file), 0, 0, NULL},
    {"no-relay", NULL, "be a plain EPMD: tell the nodes' real ports", OPTION_NOT, FIELD(relay), 0, 0, NULL},
    {"gate-ttl", "TIME", "is gone: a gate stays open for as long as its node is registered", OPTION_REFUSED, 0, 0, 0,
     NULL},
    {"ticktime", "SECONDS",
     "is for epmdpxy exec, which starts nodes; here start them with -kernel net_ticktime SECONDS", OPTION_REFUSED, 0, 0,
     0, NULL},
    {"packet-timeout", "TIME", "how long an EPMD request may take to come (60s)", OPTION_DURATION,
     FIELD(packet_timeout_us), 1000, 0, NULL},
    {"lane-bytes", "SIZE", "a delayed lane keeps no more than that (16MiB)", OPTION_SIZE, FIELD(lane_bytes), 4096, 0,
     NULL},
    {"seed", "N", "seed of all chance: the same one, the same jitter (a random one)", OPTION_NUMBER, FIELD(seed), 1,
     INT_MAX, NULL},
    {"no-kill", NULL, "refuse epmd -kill, also while no node is registered", OPTION_FLAG, FIELD(unkillable), 0, 0,
     NULL},
    {"relaxed-command-check", NULL, "allow epmd -kill with live nodes, and epmd -stop", OPTION_FLAG, FIELD(relaxed), 0,
     0, NULL},
    {"no-batch", NULL, "do not run as a batch process (SCHED_BATCH)", OPTION_NOT, FIELD(batch), 0, 0, NULL},
    {"no-splice", NULL, "copy all bytes, those of large frames too", OPTION_NOT, FIELD(splice), 0, 0, NULL},
    {"stay-awake", "TIME", "look on for so long before going to sleep, while that pays; 0s: never (0s)",
     OPTION_DURATION, FIELD(awake_us), 0, 0, NULL},
    {"strict", NULL, "exit status 3, and a line each, when a fault has ended that changed nothing", OPTION_FLAG,
     FIELD(strict), 0, 0, NULL},
    {"until-stdin-closes", NULL,
     "for whoever starts it as a child: print the port alone, and end when standard input does", OPTION_FLAG,
     FIELD(until_input_closes), 0, 0, NULL},
    {"log-level", "LEVEL", "error, warning, info or debug (warning)", OPTION_CHOICE, FIELD(log_level), 0, 0,
     log_levels},
};

/* FILE never shows half a number: it is written aside and moved into place, unless it is a pipe or the like. */
static int write_port_file(const char *path, int port)
{
    struct stat there;
    char aside[4096];
    bool special = stat(path, &there) == 0 && !S_ISREG(there.st_mode);
    FILE *file;

    if (snprintf(aside, sizeof(aside), special ? "%s" : "%s.new", path) >= (int)sizeof(aside))
        return -ENAMETOOLONG;
    file = fopen(aside, "w");
    if (!file)
        return -errno;
    fprintf(file, "%d\n", port);
    if (fclose(file) != 0 || (!special && rename(aside, path) < 0))
        return -errno;
    return 0;
}

/* It tells of nobody any more; but when it has been written anew meanwhile, that is not ours. */
static void remove_port_file(const char *path, int port)
{
    struct stat there;
    FILE *file = stat(path, &there) == 0 && S_ISREG(there.st_mode) ? fopen(path, "r") : NULL;
    int told;

    if (!file)
        return;
    if (fscanf(file, "%d", &told) == 1 && told == port)
        unlink(path);
    fclose(file);
}

struct announcement {
    const char *port_file;
    int port;
    bool port_alone; /* to a program; else in a line for people */
    const struct ways *ways;
};

static void print_where(const struct announcement *is)
{
    printf("epmdpxy " EPMDPXY_VERSION " listens on port %d; control: http://localhost:%d/v1/status", is->port,
           is->port);
    for (size_t i = 0; i < is->ways->count; i++) {
        const struct where *where = &is->ways->at[i].where;

        if (where->path[0])
            printf(", unix:%s", where->path);
        else
            printf(strchr(where->host, ':') ? ", [%s]:%d" : ", %s:%d", where->host, where->port);
    }
    printf("\n");
}

/* Whoever waits for the port must not wait for ever: when it cannot be told nothing is served. */
static int announce(void *data)
{
    const struct announcement *is = data;
    int status = is->port_file ? write_port_file(is->port_file, is->port) : 0;

    if (status < 0) {
        log_error("--port-file: %s: %s", is->port_file, strerror(-status));
        return status;
    }
    if (is->port_alone)
        printf("%d\n", is->port);
    else
        print_where(is);
    fflush(stdout);
    return 0;
}

/* "a,b" as one island; none when they are not given. *ret is the caller's to end. */
static int read_observers(const char *names, struct islands *ret, struct refusal *refusal)
{
    const char field[] = "--observer";

    *ret = (struct islands){0};
    if (!names)
        return 0;
    if (island_from_word(names, ret, refusal) < 0)
        return refusal_within(refusal, field);
    if (island_check_names(&ret->at[0], field, refusal) < 0)
        return -EINVAL;
    return ret->at[0].count > OBSERVERS_MAX ? refuse(refusal, field, "more than %d names", OBSERVERS_MAX) : 0;
}

/* None when there is no file. *ret is the caller's to end. Returns 0, or STATUS_BAD_INPUT and has said so. */
static int read_rules(const struct command *self, const char *path, struct rules_request *ret)
{
    struct refusal refusal;
    char line[REFUSAL_LINE_BYTES];

    *ret = (struct rules_request){0};
    if (!path || rules_file_read(path, ret, &refusal) == 0)
        return 0;
    refusal_print(&refusal, line, sizeof(line));
    return command_refuse(self, "--rules: %s: %s", path, line);
}

/* Who is there, and what holds, before the first node comes. */
struct beginning {
    const struct island *observers;
    const struct rules_request *rules;
};

static int serve(const struct command *self, const struct serve_options *options, const struct beginning *beginning,
                 struct ways *ways)
{
    const char *addresses = options->addresses ? options->addresses : getenv("ERL_EPMD_ADDRESS");
    const struct listen_request where = {addresses, options->loopback, options->port};
    struct announcement announcement;
    struct listen_result sockets;
    struct own_node node;
    struct refusal refusal;
    int status = options->node ? own_node_read(options->node, options->cookie_file, &node, &refusal) : 0;

    if (status < 0)
        return command_refused(self, &refusal);
    status = listen_open(&where, &sockets, &refusal);
    if (status == -EINVAL)
        return command_refuse(self, "%s: %s", options->addresses ? "--address" : "ERL_EPMD_ADDRESS", refusal.text);
    if (status == -EADDRINUSE)
        port_taken(options->port, &refusal);
    if (status < 0)
        return command_fail("%s", refusal.text);
    if (options->node && own_node_listen(&node, &where, &refusal) < 0)
        return command_fail("--node: %s", refusal.text);

    announcement = (struct announcement){options->port_file, sockets.port, options->until_input_closes, ways};
    status = daemon_run(&(struct daemon_config){
        .mapper = {.port = sockets.port,
                   .relay = options->relay,
                   .relaxed = options->relaxed,
                   .unkillable = options->unkillable,
                   .packet_timeout_ms = options->packet_timeout_us / 1000},
        .batch = options->batch,
        .splice = options->splice,
        .awake_us = options->awake_us,
        .strict = options->strict,
        .until_input_closes = options->until_input_closes,
        .lane_bytes_max = options->lane_bytes,
        .seed = (uint64_t)options->seed,
        .observers = beginning->observers,
        .rules = beginning->rules,
        .ways = ways,
        .remembered_max = REGISTRY_REMEMBERED_MAX,
        .fds = sockets.fds,
        .fd_count = sockets.count,
        .node = options->node ? &node.config : NULL,
        .ready = announce,
        .ready_data = &announcement,
    });
    if (options->port_file)
        remove_port_file(options->port_file, sockets.port);
    return status;
}

static int serve_by_all_ways(const struct command *self, const struct serve_options *options,
                             const struct beginning *beginning)
{
    struct refusal refusal;
    struct ways ways;
    int status = ways_open(&ways, &options->control, options->token_file, &refusal);
    char line[REFUSAL_LINE_BYTES];

    if (status == -EADDRINUSE) {
        refusal_print(&refusal, line, sizeof(line));
        return command_fail("%s", line);
    }
    if (status < 0)
        return command_refused(self, &refusal);
    status = serve(self, options, beginning, &ways);
    ways_close(&ways);
    return status;
}

static int run(const struct command *self, int argc, char **argv)
{
    struct serve_options options = {.relay = true,
                                    .batch = true,
                                    .splice = true,
                                    .packet_timeout_us = 60000000,
                                    .lane_bytes = CABLING_LANE_BYTES,
                                    .log_level = LOG_LEVEL_WARNING,
                                    .relaxed = getenv("ERL_EPMD_RELAXED_COMMAND_CHECK") != NULL,
                                    .port = -1};
    struct islands observers;
    struct rules_request rules;
    struct refusal refusal;
    int status = command_begin(self, &options, argc, argv, 0, 0);

    if (status != COMMAND_GO)
        return status;
    if (command_port(self, options.port, &options.port) < 0)
        return STATUS_BAD_INPUT;
    if (options.awake_us > AWAKE_US_MAX)
        return command_refuse(self, "--stay-awake: more than %d us", AWAKE_US_MAX);
    if (options.cookie_file && !options.node)
        return command_refuse(self, "--cookie-file goes with --node");
    if (options.loopback && options.addresses)
        return command_refuse(self, "--loopback listens on no other address: give it or --address, not both");
    log_open(LOG_PLAIN, (enum log_level)options.log_level);
    if (read_rules(self, options.rules, &rules) != 0)
        return STATUS_BAD_INPUT;
    status = read_observers(options.observers, &observers, &refusal);
    status = status < 0 ? command_refused(self, &refusal)
                        : serve_by_all_ways(self, &options, &(struct beginning){observers.at, &rules});
    islands_done(&observers);
    rules_request_done(&rules);
    return status;
}

const struct command serve_command = {
    .name = "serve",
    .synopsis = "serve [OPTION...]",
    .summary = "run the daemon in the foreground",
    .details = "Be the port mapper of every node that is started with ERL_EPMD_PORT set to this\n"
               "port, and relay the connections between them. Start it before the first node:\n"
               "nodes start a stock epmd where none runs.\n",
    .options = {OPTION_ROWS(rows)},
    .last_counts = true,
    .run = run,
};

const struct command exec_daemon_command = {
    .name = "exec",
    .synopsis = "exec [OPTION...] -- CMD [ARG...]",
    .summary = "as epmdpxy serve",
    .options = {OPTION_ROWS(rows)},
    .last_counts = true,
    .run = run,
};
