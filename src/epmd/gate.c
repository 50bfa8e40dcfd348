/* SPDX-License-Identifier: MIT */
/*
 *     question about b, at A ──> a gate of b that takes connections to A?  yes: its port
 *                                  │ no
 *                                  v
 *                                where does b listen? ──> a gate there?    yes: its port
 *                                                           │ no
 *                                                           v
 *                                                         one is opened:   its port
 */
#include "epmd/gate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <utlist.h>

#include "base/log.h"
#include "base/memory.h"
#include "model/counters.h"
#include "model/registry.h"
#include "loop/accepting.h"
#include "loop/descriptors.h"
#include "loop/listening.h"
#include "loop/loop.h"
#include "cable/cable.h"
#include "epmd/mapper.h"

/* As many as a node itself lets wait (inet_dist_listen_options). */
#define BACKLOG 128

/* Sockets at a node's port that are looked at: other "hosts" on this machine may have the same port. */
#define SITES_MAX 64

struct gate {
    struct gates *gates;
    struct node *node;
    struct site site;
    uint16_t port;
    int fd;
    struct watch *watch;
    struct gate *sibling;     /* the next of node->gates */
    struct gate *prev, *next; /* gates->all */
};

struct gates {
    struct mapper *mapper;
    struct listening *listening;
    struct gate *all; /* the one unused longest first */
    size_t count;
    struct alarm *resume; /* accepting paused: descriptors had run out */
    struct closed_gate {
        char *name; /* NULL: there is none here */
        uint16_t port, real_port;
        struct site site;
    } closed[GATES_REMEMBERED_MAX];
    size_t closed_next;
};

static void remember(struct gates *gates, const struct gate *gate)
{
    struct closed_gate *closed = &gates->closed[gates->closed_next++ % GATES_REMEMBERED_MAX];

    free(closed->name);
    *closed = (struct closed_gate){mem_string(gate->node->name, strlen(gate->node->name)), gate->port,
                                   gate->node->told.port, gate->site};
}

static void gate_close(struct gate *gate)
{
    struct gates *gates = gate->gates;

    remember(gates, gate);
    watch_free(gate->watch);
    close(gate->fd);
    LL_DELETE2(gate->node->gates, gate, sibling);
    DL_DELETE(gates->all, gate);
    gates->count--;
    free(gate);
}

void gates_close(struct node *node)
{
    while (node->gates)
        gate_close(node->gates);
}

/* It is asked for, or dialled: the last one to make room. */
static void use(struct gate *gate)
{
    DL_DELETE(gate->gates->all, gate);
    DL_APPEND(gate->gates->all, gate);
}

/* ---- room ---- */

/* Closes the one unused longest in whose backlog nobody waits; never the one in use now, which is the last. */
static bool close_spare(void *data)
{
    struct gates *gates = data;

    for (struct gate *gate = gates->all; gate && gate->next; gate = gate->next) {
        if (accepting_somebody_waits(gate->fd))
            continue;
        COUNT(gates->mapper->counters, gates_evicted);
        gate_close(gate);
        return true;
    }
    return false;
}

static void make_room(struct gates *gates)
{
    if (gates->count < GATES_MAX || close_spare(gates))
        return;
    COUNT(gates->mapper->counters, gates_evicted);
    gate_close(gates->all);
}

/* ---- connections ---- */

static void resume_all(void *data)
{
    struct gates *gates = data;
    bool all = true;

    for (struct gate *gate = gates->all; gate; gate = gate->next)
        all &= watch_want(gate->watch, READY_READ) == 0;
    if (!all)
        alarm_set(gates->resume, ACCEPTING_PAUSE_MS);
}

/* Dialers wait in the backlog until there are descriptors again. */
static void pause_accepting(struct gate *gate)
{
    if (watch_want(gate->watch, 0) < 0)
        return; /* it reports, and pauses, again */
    alarm_set(gate->gates->resume, ACCEPTING_PAUSE_MS);
}

/* On to the node, at the address that was dialled: beside a stock EPMD the dialer would have come there by itself. */
static void admit(struct gate *gate, int fd)
{
    struct target target = {.name = gate->node->name, .address = address_of_socket(fd)};

    if (target.address.len == 0) { /* it was reset meanwhile */
        close(fd);
        return;
    }
    address_set_port(&target.address, gate->node->told.port);
    cable_open(gate->gates->mapper->cabling, fd, &target);
}

static void on_connection(void *data, unsigned ready)
{
    struct gate *gate = data;
    int fd = 0;

    (void)ready;
    use(gate);
    for (int i = 0; i < ACCEPTING_BURST && fd >= 0; i++) {
        struct address peer;

        fd = accepting_next(gate->fd, gate->gates->mapper->descriptors, &peer);
        if (fd >= 0)
            admit(gate, fd);
    }
    if (fd == -EMFILE)
        pause_accepting(gate);
}

/* ---- opening ---- */

/* A listening socket at that site and port (0: any free one), or a negative errno. */
static int listen_at(const struct site *site, uint16_t port)
{
    struct address address = site->address;
    const int on = 1, v6_only = site->v6_only;
    int fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int status;

    if (fd < 0)
        return -errno;
    address_set_port(&address, port);
    /* Connections that have ended must not keep a port from a gate that opens again. */
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (address.any.sa_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6_only, sizeof(v6_only));
    if (bind(fd, &address.any, address.len) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    status = -errno;
    close(fd);
    return status;
}

static int watch(struct gate *gate, struct loop *loop)
{
    int status;

    gate->watch = watch_new(loop, gate->fd, on_connection, gate);
    if (!gate->watch)
        return -errno;
    status = watch_want(gate->watch, READY_READ);
    if (status < 0)
        watch_free(gate->watch);
    return status;
}

static int open_at(struct gates *gates, struct node *node, const struct site *site, uint16_t port, struct gate **ret)
{
    int fd = listen_at(site, port);
    struct address bound;
    struct gate *gate;
    int status;

    if (fd < 0)
        return fd;
    bound = address_of_socket(fd);
    if (bound.len == 0) { /* nobody could be told of its port */
        close(fd);
        return -EADDRNOTAVAIL;
    }
    gate = mem_new(sizeof(*gate));
    gate->fd = fd;
    status = watch(gate, gates->mapper->loop);
    if (status < 0) {
        log_warning("the gate of %s cannot be watched: %s", node->name, strerror(-status));
        close(fd);
        free(gate);
        return status;
    }
    make_room(gates);
    gate->gates = gates;
    gate->node = node;
    gate->site = *site;
    gate->port = address_port(&bound);
    LL_PREPEND2(node->gates, gate, sibling);
    DL_APPEND(gates->all, gate);
    gates->count++;
    COUNT(gates->mapper->counters, gates_opened);
    *ret = gate;
    return 0;
}

static struct gate *find_taking(const struct node *node, const struct address *asked)
{
    struct gate *gate = node->gates;

    while (gate && !site_takes(&gate->site, asked))
        gate = gate->sibling;
    return gate;
}

static struct gate *find_at(const struct node *node, const struct site *site)
{
    struct gate *gate = node->gates;

    while (gate && !site_same(&gate->site, site))
        gate = gate->sibling;
    return gate;
}

/* Where the node listens, as far as this question is concerned; or else the address of the question. */
static struct site find_site(struct gates *gates, const struct node *node, const struct address *asked)
{
    struct site sites[SITES_MAX];
    int count = listening_at(gates->listening, node->told.port, sites, SITES_MAX);
    const struct site *meant = site_meant(sites, count > 0 ? (size_t)count : 0, asked);

    if (meant)
        return *meant;
    log_debug("where %s listens is not known: %s", node->name, count < 0 ? strerror(-count) : "nobody listens there");
    return (struct site){.address = *asked, .v6_only = !address_is_v4(asked)};
}

int gates_port(struct gates *gates, struct node *node, const struct address *asked, const struct stranger *asker)
{
    struct gate *gate = find_taking(node, asked);
    struct site site;
    int status;

    if (!gate) {
        site = find_site(gates, node, asked);
        gate = find_at(node, &site);
    }
    if (gate) {
        use(gate);
        return gate->port;
    }
    do
        status = open_at(gates, node, &site, 0, &gate);
    while (descriptors_ran_out(-status) && descriptors_make_room(gates->mapper->descriptors, asker, "a port query"));
    if (status < 0) {
        COUNT(gates->mapper->counters, gates_failed);
        log_debug("no gate for %s: %s", node->name, strerror(-status));
        return status;
    }
    return gate->port;
}

/* ---- those that have closed ---- */

static bool was_of(const struct closed_gate *closed, const void *name, size_t name_len)
{
    return closed->name && strlen(closed->name) == name_len && !memcmp(closed->name, name, name_len);
}

void gates_return(struct gates *gates, struct node *node)
{
    struct gate *gate;

    if (!gates->mapper->options.relay)
        return;
    for (size_t i = 0; i < GATES_REMEMBERED_MAX; i++) {
        struct closed_gate *closed = &gates->closed[i];

        if (!was_of(closed, node->name, strlen(node->name)) || closed->real_port != node->told.port ||
            find_at(node, &closed->site) || open_at(gates, node, &closed->site, closed->port, &gate) < 0)
            continue;
        free(closed->name);
        closed->name = NULL;
    }
}

/* Does anybody listen there? Then it cannot be bound, whatever the options. */
static bool port_is_taken(uint16_t port)
{
    struct site everywhere = {.v6_only = true};
    int fd;

    address_parse("0.0.0.0", 0, &everywhere.address);
    fd = listen_at(&everywhere, port);
    if (fd >= 0)
        close(fd);
    return fd < 0;
}

/* The port of a gate that closed may belong to somebody by now, even to the very node that registers. */
uint16_t gates_real_port(const struct gates *gates, const void *name, size_t name_len, uint16_t port)
{
    for (size_t i = 0; i < GATES_REMEMBERED_MAX; i++) {
        const struct closed_gate *closed = &gates->closed[i];

        if (closed->port == port && was_of(closed, name, name_len) && !port_is_taken(port))
            return closed->real_port;
    }
    return port;
}

/* ---- all of them ---- */

struct gates *gates_new(struct mapper *mapper)
{
    struct gates *gates = mem_new(sizeof(*gates));

    gates->mapper = mapper;
    gates->listening = listening_new();
    gates->resume = alarm_new(mapper->loop, resume_all, gates);
    descriptors_set_spare(mapper->descriptors, close_spare, gates);
    return gates;
}

void gates_free(struct gates *gates)
{
    descriptors_set_spare(gates->mapper->descriptors, NULL, NULL);
    listening_free(gates->listening);
    alarm_free(gates->resume);
    for (size_t i = 0; i < GATES_REMEMBERED_MAX; i++)
        free(gates->closed[i].name);
    free(gates);
}

size_t gates_count(const struct gates *gates)
{
    return gates->count;
}
