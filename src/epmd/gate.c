/* SPDX-License-Identifier: MIT */
#include "epmd/gate.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <utlist.h>

#include "base/log.h"
#include "base/memory.h"
#include "model/counters.h"
#include "cable/cable.h"
#include "loop/descriptors.h"
#include "loop/expiry.h"
#include "loop/loop.h"
#include "epmd/mapper.h"

/* Until descriptors are tried for again. */
#define ACCEPT_PAUSE_MS 100

struct gate {
    struct mapper *mapper;
    int fd;
    uint16_t port;
    struct watch *watch;
    struct target target;
    struct expiring expiring; /* gates->waiting */
};

struct gates {
    struct mapper *mapper;
    struct expiry waiting; /* all gates, oldest first */
    struct alarm *resume;  /* accepting paused: descriptors had run out */
    struct closed_gate {
        char *name;
        uint16_t port, real_port;
    } closed[GATES_REMEMBERED_MAX];
    size_t closed_next;
};

static void remember(struct gates *gates, struct gate *gate)
{
    struct closed_gate *closed = &gates->closed[gates->closed_next++ % GATES_REMEMBERED_MAX];

    free(closed->name);
    closed->name = gate->target.name;
    closed->port = gate->port;
    closed->real_port = address_port(&gate->target.address);
    gate->target.name = NULL;
}

static void gate_free(struct gate *gate)
{
    struct gates *gates = gate->mapper->gates;

    expiry_remove(&gate->expiring);
    watch_free(gate->watch);
    if (gate->fd >= 0)
        close(gate->fd);
    if (gate->port)
        remember(gates, gate);
    target_done(&gate->target);
    free(gate);
}

static void on_expired(void *owner)
{
    struct gate *gate = owner;

    COUNT(gate->mapper->counters, gates_expired);
    gate_free(gate);
}

static void resume_all(void *data)
{
    struct gates *gates = data;

    for (struct expiring *item = gates->waiting.first; item; item = item->next)
        watch_want(((struct gate *)item->owner)->watch, READY_READ);
}

/* The dialer waits in the backlog until there are descriptors again, or the gate's time is over. */
static void pause_accepting(struct gate *gate)
{
    COUNT(gate->mapper->counters, accept_pauses);
    watch_want(gate->watch, 0);
    alarm_set(gate->mapper->gates->resume, ACCEPT_PAUSE_MS);
}

static void on_connection(void *data, unsigned ready)
{
    struct gate *gate = data;
    int fd = accept4(gate->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

    (void)ready;
    if (fd >= 0) {
        cable_open(gate->mapper->cabling, fd, &gate->target);
        gate_free(gate);
    } else if (descriptors_ran_out(errno) &&
               !descriptors_make_room(gate->mapper->descriptors, NULL, "a connection to a gate")) {
        pause_accepting(gate);
    }
    /* Anything else: the dialer left again while it waited. */
}

static int listen_at(struct gate *gate, struct address local)
{
    address_set_port(&local, 0);
    gate->fd = socket(local.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (gate->fd < 0 || bind(gate->fd, &local.any, local.len) < 0 || listen(gate->fd, 1) < 0)
        return -errno;
    gate->watch = watch_new(gate->mapper->loop, gate->fd, on_connection, gate);
    if (!gate->watch)
        return -ENOMEM;
    watch_want(gate->watch, READY_READ);
    local = address_of_socket(gate->fd);
    gate->port = address_port(&local);
    return 0;
}

/* Makes room for one more: the oldest of the same node goes, or the oldest of all. */
static void make_room(struct gates *gates, const char *name)
{
    struct gate *oldest = NULL;
    size_t count = 0;

    for (struct expiring *item = gates->waiting.first; item; item = item->next) {
        struct gate *gate = item->owner;

        if (strcmp(gate->target.name, name) != 0)
            continue;
        if (count++ == 0)
            oldest = gate;
    }
    if (count >= GATES_PER_NODE_MAX)
        on_expired(oldest);
    else if (gates->waiting.count >= GATES_MAX)
        on_expired(expiry_oldest(&gates->waiting));
}

int gate_open(struct mapper *mapper, const struct target *target, const struct address *local)
{
    struct gate *gate;
    int status;

    make_room(mapper->gates, target->name);
    gate = mem_new(sizeof(*gate));
    gate->mapper = mapper;
    gate->target = target_copy(target);
    status = listen_at(gate, *local);
    if (status < 0) {
        COUNT(mapper->counters, gates_failed);
        gate_free(gate);
        return status;
    }
    expiry_add(&mapper->gates->waiting, &gate->expiring, gate);
    COUNT(mapper->counters, gates_opened);
    return gate->port;
}

/* Does anybody listen there? Then it cannot be bound, whatever the options. */
static bool port_is_taken(uint16_t port)
{
    struct address any;
    const int on = 1;
    bool taken;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return true;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    address_parse("0.0.0.0", port, &any);
    taken = bind(fd, &any.any, any.len) < 0;
    close(fd);
    return taken;
}

uint16_t gates_real_port(struct gates *gates, const void *name, size_t name_len, uint16_t port)
{
    for (struct expiring *item = gates->waiting.first; item; item = item->next) {
        const struct gate *gate = item->owner;

        if (gate->port == port && strlen(gate->target.name) == name_len && !memcmp(gate->target.name, name, name_len))
            return address_port(&gate->target.address);
    }
    /* The port of a gate that closed may belong to somebody by now, even to the very node that registers. */
    for (size_t i = 0; i < GATES_REMEMBERED_MAX; i++) {
        const struct closed_gate *closed = &gates->closed[i];

        if (closed->port == port && closed->name && strlen(closed->name) == name_len &&
            !memcmp(closed->name, name, name_len) && !port_is_taken(port))
            return closed->real_port;
    }
    return port;
}

struct gates *gates_new(struct mapper *mapper)
{
    struct gates *gates = mem_new(sizeof(*gates));

    gates->mapper = mapper;
    expiry_init(&gates->waiting, mapper->loop, mapper->options.gate_ttl_ms, on_expired);
    gates->resume = alarm_new(mapper->loop, resume_all, gates);
    return gates;
}

void gates_free(struct gates *gates)
{
    while (gates->waiting.first)
        gate_free(expiry_oldest(&gates->waiting));
    expiry_done(&gates->waiting);
    alarm_free(gates->resume);
    for (size_t i = 0; i < GATES_REMEMBERED_MAX; i++)
        free(gates->closed[i].name);
    free(gates);
}

size_t gates_count(const struct gates *gates)
{
    return gates->waiting.count;
}
