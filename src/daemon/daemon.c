/* SPDX-License-Identifier: MIT */
#include "daemon/daemon.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>

#include "base/log.h"
#include "base/random.h"
#include "base/version.h"
#include "control/api.h"
#include "control/control.h"
#include "model/counters.h"
#include "model/registry.h"
#include "model/rules.h"
#include "cable/cable.h"
#include "cable/cabling.h"
#include "loop/deadlines.h"
#include "epmd/door.h"
#include "epmd/gate.h"
#include "loop/descriptors.h"
#include "loop/loop.h"
#include "loop/relay.h"
#include "service/service.h"

/* The book has no clock: this one tells it when something in it has to end. */
struct clockwork {
    struct relay *relay;
    struct deadline next_end;
    uint64_t version; /* of the rules that the cables go by */
};

static void on_rules_changed(void *data)
{
    struct clockwork *clockwork = data;
    struct relay *relay = clockwork->relay;
    uint64_t next_us = rules_next_end_us(relay->rules);

    if (next_us == RULES_NEVER)
        deadline_clear(relay->deadlines, &clockwork->next_end);
    else
        deadline_set(relay->deadlines, &clockwork->next_end, next_us);
    if (clockwork->version == rules_version(relay->rules)) /* a lease was renewed */
        return;
    clockwork->version = rules_version(relay->rules);
    events_add(
        relay->events,
        &(struct event){.time_ms = loop_wall_ms(), .kind = EVENT_rules_changed, .number = rules_count(relay->rules)});
    cables_apply_rules(relay->cables);
}

static void on_end(void *data)
{
    struct clockwork *clockwork = data;

    rules_expire(clockwork->relay->rules, loop_clock_us(clockwork->relay->loop));
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

int daemon_run(struct daemon_config *config)
{
    struct counters counters = {0};
    struct random random;
    struct cabling cabling;
    struct relay_options options;
    struct service service;
    struct relay relay = {.options = &options, .counters = &counters, .random = &random, .cabling = &cabling};
    struct mapper mapper;
    struct descriptors *descriptors;
    struct clockwork clockwork = {.relay = &relay, .next_end = {.fn = on_end, .data = &clockwork}};
    struct door *door;
    struct control *control;

    signal(SIGPIPE, SIG_IGN); /* splice() to a closed socket raises it */

    relay.loop = loop_new();
    relay.registry = registry_new(config->remembered_max);
    relay.rules = rules_new(on_rules_changed, &clockwork);
    relay.events = events_new();
    relay.deadlines = deadlines_new(relay.loop);
    if (!relay.deadlines) {
        log_error("no timer can be had: %s", strerror(errno));
        return EXIT_FAILURE;
    }
    if (config->seed == 0 && getrandom(&config->seed, sizeof(uint16_t), 0) > 0)
        config->seed++; /* short enough to be typed again */
    random_seed(&random, config->seed);
    options = (struct relay_options){config->mapper.port, config->mapper.relay, config->batch, config->seed};
    descriptors = descriptors_new(relay.loop, &counters, raise_descriptor_limit());
    cabling = (struct cabling){.loop = relay.loop,
                               .deadlines = relay.deadlines,
                               .descriptors = descriptors,
                               .registry = relay.registry,
                               .rules = relay.rules,
                               .events = relay.events,
                               .counters = &counters,
                               .seed = config->seed,
                               .lane_bytes_max = config->lane_bytes_max,
                               .batch = config->batch};
    cabling_init(&cabling);
    relay.cables = cabling.cables;
    mapper = (struct mapper){.options = config->mapper,
                             .loop = relay.loop,
                             .deadlines = relay.deadlines,
                             .descriptors = descriptors,
                             .registry = relay.registry,
                             .rules = relay.rules,
                             .events = relay.events,
                             .counters = &counters,
                             .cabling = &cabling};
    mapper.gates = relay.gates = gates_new(&mapper);
    door = door_new(&mapper, stop, relay.loop);
    service = (struct service){.loop = relay.loop,
                               .deadlines = relay.deadlines,
                               .registry = relay.registry,
                               .rules = relay.rules,
                               .cables = cabling.cables,
                               .events = relay.events,
                               .counters = &counters,
                               .relayed = config->mapper.relay};
    random_seed(&service.chance, config->seed);
    control = control_new(&(struct api){.service = &service,
                                        .gates = mapper.gates,
                                        .port = config->mapper.port,
                                        .batch = config->batch,
                                        .seed = config->seed,
                                        .version = EPMDPXY_VERSION,
                                        .started_ms = loop_now_ms(relay.loop)});
    if (control)
        door_set_http(door, control_adopt, control);
    else
        log_warning("no control API: libmicrohttpd cannot be started");
    for (size_t i = 0; i < config->fd_count; i++)
        if (door_listen(door, config->fds[i]) < 0)
            log_warning("one of the listening sockets cannot be watched");
    loop_on_signal(relay.loop, SIGTERM, stop, relay.loop);
    loop_on_signal(relay.loop, SIGINT, stop, relay.loop);

    if (config->ready)
        config->ready(config->ready_data);
    loop_run(relay.loop);

    control_free(control);
    door_free(door);
    gates_free(relay.gates);
    cabling_done(&cabling);
    descriptors_free(descriptors);
    deadline_clear(relay.deadlines, &clockwork.next_end);
    deadlines_free(relay.deadlines);
    events_free(relay.events);
    rules_free(relay.rules);
    registry_free(relay.registry);
    loop_free(relay.loop);
    return EXIT_SUCCESS;
}
