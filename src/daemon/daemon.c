/* SPDX-License-Identifier: MIT */
#include "daemon/daemon.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/refusal.h"
#include "base/version.h"
#include "cli/command.h"
#include "model/counters.h"
#include "model/events.h"
#include "model/registry.h"
#include "model/rules.h"
#include "request/answers.h"
#include "request/document.h"
#include "request/rules_request.h"
#include "loop/deadlines.h"
#include "loop/descriptors.h"
#include "loop/loop.h"
#include "cable/cable.h"
#include "cable/cabling.h"
#include "cable/pipes.h"
#include "epmd/door.h"
#include "epmd/gate.h"
#include "service/service.h"
#include "control/api.h"
#include "control/control.h"
#include "daemon/ways.h"
#include "endpoint/endpoint.h"

#define QUIET_MS 10000

/* All its parts, each of which knows those above it. */
struct daemon {
    struct counters counters;
    struct loop *loop;
    struct deadlines *deadlines;
    struct descriptors *descriptors;
    struct registry *registry;
    struct rules *rules;
    struct events *events;
    struct cabling cabling;
    struct mapper mapper;
    struct door *door;
    struct service service;
    struct api api;
    struct control *control;
    struct endpoint *endpoint; /* or NULL */
    struct watch *input;       /* standard input, when the daemon ends with it; or NULL */

    bool strict, vacuous;     /* a rule has ended and has changed nothing */
    struct alarm *quiet;      /* is nobody connected? */
    struct deadline next_end; /* the book has no clock: this one tells it when something in it has to end */
    uint64_t version;         /* of the rules that the cables go by */
};

/* The one way up: what the book says now becomes what the cables do. */
static void on_rules_changed(void *data)
{
    struct daemon *daemon = data;
    uint64_t next_us = rules_next_end_us(daemon->rules);

    if (next_us == RULES_NEVER)
        deadline_clear(daemon->deadlines, &daemon->next_end);
    else
        deadline_set(daemon->deadlines, &daemon->next_end, next_us);
    if (daemon->version == rules_version(daemon->rules)) /* a lease was renewed */
        return;
    daemon->version = rules_version(daemon->rules);
    events_add(
        daemon->events,
        &(struct event){.time_ms = loop_wall_ms(), .kind = EVENT_rules_changed, .number = rules_count(daemon->rules)});
    cables_apply_rules(daemon->cabling.cables);
}

/* A test whose fault has changed nothing has shown nothing. */
static void on_rule_ended(void *data, const struct rule *rule)
{
    struct daemon *daemon = data;
    struct text line = {0}, effect = {0};
    json_t *document;

    if (effect_has_bitten(&rule->effect) || rule->goes_on)
        return;
    events_add(daemon->events,
               &(struct event){.time_ms = loop_wall_ms(), .kind = EVENT_rule_vacuous, .rule = rule->id});
    if (!daemon->strict)
        return;
    daemon->vacuous = true;
    document = rule_to_document(rule, loop_clock_us(daemon->loop));
    rule_add_line(&line, document);
    rule_add_effect(&effect, document);
    log_error("this fault has ended and %.*s: %.*s", (int)effect.len, effect.data, (int)strcspn(line.data, "\n"),
              line.data);
    text_done(&line);
    text_done(&effect);
    json_decref(document);
}

static void on_end(void *data)
{
    struct daemon *daemon = data;

    rules_expire(daemon->rules, loop_clock_us(daemon->loop));
}

/* Thousands of strangers, or a mesh that is gone, leave memory that is free and in no one piece. */
static void on_quiet(void *data)
{
    struct daemon *daemon = data;

    if (!cables_first(daemon->cabling.cables))
        mem_give_back();
    alarm_set(daemon->quiet, QUIET_MS);
}

static void stop(void *loop)
{
    loop_stop(loop);
}

/* As many descriptors as the administrator allows: a mesh of n nodes takes about n * n of them. */
static size_t raise_descriptor_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return 1024;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    getrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_cur;
}

static uint64_t any_seed(void)
{
    uint16_t seed = 0; /* short enough to be typed again */

    if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed)) /* as in a sandbox */
        seed = (uint16_t)getpid();
    return (uint64_t)seed + 1;
}

/* Returns false, and errno, when there is no loop or no timer to be had: out of descriptors. */
static bool make_base(struct daemon *daemon, const struct daemon_config *config)
{
    daemon->loop = loop_new();
    if (!daemon->loop)
        return false;
    loop_stay_awake(daemon->loop, config->awake_us);
    daemon->deadlines = deadlines_new(daemon->loop);
    if (!daemon->deadlines)
        return false;
    daemon->descriptors = descriptors_new(daemon->loop, &daemon->counters, raise_descriptor_limit());
    daemon->registry = registry_new(config->remembered_max);
    daemon->rules = rules_new(on_rules_changed, daemon);
    daemon->strict = config->strict;
    rules_tell_ends(daemon->rules, on_rule_ended, daemon);
    daemon->events = events_new();
    daemon->next_end = (struct deadline){.fn = on_end, .data = daemon};
    daemon->quiet = alarm_new(daemon->loop, on_quiet, daemon);
    alarm_set(daemon->quiet, QUIET_MS);
    return true;
}

static void make_cabling(struct daemon *daemon, const struct daemon_config *config)
{
    daemon->cabling = (struct cabling){.loop = daemon->loop,
                                       .deadlines = daemon->deadlines,
                                       .descriptors = daemon->descriptors,
                                       .registry = daemon->registry,
                                       .rules = daemon->rules,
                                       .events = daemon->events,
                                       .counters = &daemon->counters,
                                       .seed = config->seed,
                                       .lane_bytes_max = config->lane_bytes_max,
                                       .batch = config->batch};
    cabling_init(&daemon->cabling);
    if (!config->splice)
        pipes_lend_no_more(daemon->cabling.pipes);
    rules_set_note(daemon->rules, cables_note_effects, daemon->cabling.cables);
}

static void make_mapper(struct daemon *daemon, const struct daemon_config *config)
{
    daemon->mapper = mapper_over(&daemon->cabling, &config->mapper);
    daemon->mapper.gates = gates_new(&daemon->mapper);
    daemon->door = door_new(&daemon->mapper, stop, daemon->loop);
}

/* Returns false when who started the daemon relies on it, and it is not to be had. */
static bool make_control(struct daemon *daemon, const struct daemon_config *config)
{
    daemon->service = service_over(&daemon->cabling, config->mapper.relay, config->seed);
    daemon->api = (struct api){.service = &daemon->service,
                               .gates = daemon->mapper.gates,
                               .descriptors = daemon->descriptors,
                               .port = config->mapper.port,
                               .batch = config->batch,
                               .pipes = daemon->cabling.pipes,
                               .seed = config->seed,
                               .version = EPMDPXY_VERSION,
                               .node = config->node ? config->node->name : NULL,
                               .started_ms = loop_now_ms(daemon->loop),
                               .token = config->ways ? config->ways->token : NULL};
    daemon->control = control_new(&daemon->api);
    if (daemon->control)
        door_set_http(daemon->door, control_adopt, daemon->control);
    else if (config->ways && config->ways->count > 0)
        log_error("--control: libmicrohttpd cannot be started");
    else
        log_warning("no control API: libmicrohttpd cannot be started");
    return daemon->control || !config->ways || config->ways->count == 0;
}

/* Returns false when one of them would not be heard of: who started the daemon relies on it. */
static bool open_ways(struct daemon *daemon, struct ways *ways)
{
    for (size_t i = 0; ways && i < ways->count; i++) {
        struct one_way *one = &ways->at[i];
        int status = control_listen(daemon->control, one->fd, one->way);

        if (status < 0) {
            log_error("--control: a socket cannot be watched: %s", strerror(-status));
            return false;
        }
        one->fd = -1;
    }
    return true;
}

/* Returns false when connections at one of the sockets would wait for ever: nobody would hear of them. */
static bool listen_on(struct daemon *daemon, const struct daemon_config *config)
{
    for (size_t i = 0; i < config->fd_count; i++) {
        int status = door_listen(daemon->door, config->fds[i]);

        if (status < 0) {
            log_error("a listening socket cannot be watched: %s", strerror(-status));
            return false;
        }
    }
    loop_on_signal(daemon->loop, SIGTERM, stop, daemon->loop);
    loop_on_signal(daemon->loop, SIGINT, stop, daemon->loop);
    return true;
}

/* Returns false when nodes could not call us. */
static bool become_node(struct daemon *daemon, const struct daemon_config *config)
{
    if (!config->node)
        return true;
    daemon->endpoint = endpoint_new(&daemon->mapper, &daemon->api, config->node);
    if (!daemon->endpoint)
        log_error("--node: its listening sockets cannot be watched: %s", strerror(errno));
    return daemon->endpoint;
}

/* What comes there is for nobody. The loop does not block, so neither does the read. */
static void on_input(void *data, unsigned ready)
{
    struct daemon *daemon = data;
    char nobody[512];
    ssize_t got;

    (void)ready;
    do
        got = read(STDIN_FILENO, nobody, sizeof(nobody));
    while (got > 0);
    if (got == 0 || (errno != EAGAIN && errno != EINTR))
        loop_stop(daemon->loop);
}

/* Returns false when nobody would hear of its end. */
static bool watch_input(struct daemon *daemon)
{
    daemon->input = watch_new(daemon->loop, STDIN_FILENO, on_input, daemon);
    return daemon->input && watch_want(daemon->input, READY_READ) == 0;
}

/* Takes it apart, the other way round. */
static void unmake(struct daemon *daemon)
{
    watch_free(daemon->input);
    endpoint_free(daemon->endpoint);
    control_free(daemon->control);
    door_free(daemon->door);
    gates_free(daemon->mapper.gates);
    cabling_done(&daemon->cabling);
    rules_set_note(daemon->rules, NULL, NULL);
    descriptors_free(daemon->descriptors);
    alarm_free(daemon->quiet);
    deadline_clear(daemon->deadlines, &daemon->next_end);
    rules_free(daemon->rules); /* each tells that it has ended */
    events_free(daemon->events);
    registry_free(daemon->registry);
    deadlines_free(daemon->deadlines);
    loop_free(daemon->loop);
}

/* What the book had to say against it was checked by whoever read them: there is nobody yet, and it is empty. */
static bool begin_with(struct daemon *daemon, const struct rules_request *rules)
{
    struct rules_answer answer;
    struct refusal refusal;
    char line[REFUSAL_LINE_BYTES];

    if (!rules || rules->count == 0)
        return true;
    if (service_add_rules(&daemon->service, rules, NULL, &answer, &refusal) < 0) {
        refusal_print(&refusal, line, sizeof(line));
        log_error("--rules: %s", line);
        return false;
    }
    rules_answer_done(&answer);
    return true;
}

int daemon_run(struct daemon_config *config)
{
    struct daemon daemon = {.version = 0};
    int status = EXIT_SUCCESS;
    bool has_control;

    document_begin();
    signal(SIGPIPE, SIG_IGN); /* splice() to a closed socket raises it */
    if (config->seed == 0)
        config->seed = any_seed();
    if (!make_base(&daemon, config)) {
        log_error("no event loop can be had: %s", strerror(errno));
        deadlines_free(daemon.deadlines);
        loop_free(daemon.loop);
        return EXIT_FAILURE;
    }
    make_cabling(&daemon, config);
    make_mapper(&daemon, config);
    has_control = make_control(&daemon, config);
    for (size_t k = 0; config->observers && k < config->observers->count; k++)
        rules_observe(daemon.rules, config->observers->patterns[k]);
    if (config->until_input_closes && !watch_input(&daemon)) {
        log_error("--until-stdin-closes: standard input is no pipe, socket or terminal (%s)", strerror(errno));
        status = EXIT_FAILURE;
    } else if (!has_control || !begin_with(&daemon, config->rules) || !become_node(&daemon, config) ||
               !listen_on(&daemon, config) || !open_ways(&daemon, config->ways) ||
               (config->ready && config->ready(config->ready_data) < 0))
        status = EXIT_FAILURE;
    else
        loop_run(daemon.loop);
    unmake(&daemon); /* the rules that are left end with it */
    return status == EXIT_SUCCESS && daemon.vacuous ? STATUS_VACUOUS : status;
}
