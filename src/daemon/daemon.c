/* SPDX-License-Identifier: MIT */
#include "daemon/daemon.h"

#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/log.h"
#include "base/version.h"
#include "control/control.h"
#include "model/counters.h"
#include "model/registry.h"
#include "model/rules.h"
#include "net/cable.h"
#include "net/door.h"
#include "net/loop.h"

/* Of the descriptors the process may have, the part that connections to the port may take; cables need the rest. */
#define PORT_SHARE 2

static void on_rules_changed(void *relay)
{
    cables_apply_rules(((struct relay *)relay)->cables);
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

/*
 * A batch process is not put before the nodes that wake it, so it finds more to do each time it runs: with 100 busy
 * pairs the throughput nearly doubles (doc/decisions/). Needs no privilege; where it is refused nothing is lost.
 */
static void be_batch(void)
{
    const struct sched_param param = {0};

    if (sched_setscheduler(0, SCHED_BATCH, &param) < 0)
        log_debug("SCHED_BATCH was refused");
}

int daemon_run(struct daemon_config *config)
{
    struct counters counters = {0};
    struct relay relay = {.options = &config->relay, .counters = &counters};
    struct door *door;
    struct control *control;

    signal(SIGPIPE, SIG_IGN); /* splice() to a closed socket raises it */
    config->relay.connections_max = raise_descriptor_limit() / PORT_SHARE;
    if (config->relay.batch)
        be_batch();

    relay.loop = loop_new();
    relay.registry = registry_new(config->remembered_max);
    relay.rules = rules_new(on_rules_changed, &relay);
    relay_init(&relay);
    door = door_new(&relay, stop, relay.loop);
    control = control_new(&relay, EPMDPXY_VERSION);
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
    relay_done(&relay);
    rules_free(relay.rules);
    registry_free(relay.registry);
    loop_free(relay.loop);
    return EXIT_SUCCESS;
}
