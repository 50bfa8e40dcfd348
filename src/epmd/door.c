/* SPDX-License-Identifier: MIT */
#include "epmd/door.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "model/counters.h"
#include "loop/listeners.h"
#include "loop/descriptors.h"
#include "loop/expiry.h"
#include "loop/loop.h"
#include "epmd/mapper.h"
#include "epmd/session.h"

/* A connection that has not shown its first byte yet. */
struct visitor {
    struct door *door;
    int fd;
    struct watch *watch;
    struct address peer;
    struct expiring expiring; /* door->entering or door->delayed */
    struct stranger stranger;
};

struct door {
    struct mapper *mapper;
    struct sessions *sessions;
    struct listeners *listeners;
    struct expiry entering, delayed;
    door_http_fn *http;
    void *http_data;
    void (*kill)(void *data);
    void *kill_data;
};

static void on_kill(void *data)
{
    struct door *door = data;

    door->kill(door->kill_data);
}

/* The visitor is no more; its socket and watch belong to somebody else. */
static void visitor_forget(struct visitor *visitor)
{
    expiry_remove(&visitor->expiring);
    stranger_leave(&visitor->stranger);
    free(visitor);
}

static void visitor_close(struct visitor *visitor)
{
    watch_free(visitor->watch);
    close(visitor->fd);
    visitor_forget(visitor);
}

static void evict(void *owner)
{
    visitor_close(owner);
}

/* Whoever may not ask must not take one of the places there are for HTTP, either. */
static void visitor_to_http(struct visitor *visitor)
{
    struct door *door = visitor->door;
    struct address local = address_of_socket(visitor->fd);

    if (!door->http || !address_is_local_peer(&visitor->peer, &local)) {
        visitor_close(visitor);
        return;
    }
    watch_free(visitor->watch);
    door->http(door->http_data, visitor->fd, &visitor->peer);
    visitor_forget(visitor);
}

static void on_visitor(void *data, unsigned ready)
{
    struct visitor *visitor = data;
    struct door *door = visitor->door;
    unsigned char first;
    ssize_t got = recv(visitor->fd, &first, 1, MSG_PEEK);

    (void)ready;
    if (got < 0 && errno == EAGAIN)
        return;
    if (got == 1 && isalpha(first)) {
        visitor_to_http(visitor);
        return;
    }
    /* An end or an error as well: sessions know what to do with those. */
    session_open(door->sessions, visitor->fd, visitor->watch, &visitor->peer, &visitor->stranger);
    visitor_forget(visitor);
}

static void tell_unwatched(const struct address *peer, int status)
{
    char text[ADDRESS_TEXT_MAX];

    address_print(peer, text);
    log_warning("a connection from %s is closed: it cannot be watched: %s", text, strerror(-status));
}

static void enter(void *owner)
{
    struct visitor *visitor = owner;
    int status = watch_want(visitor->watch, READY_READ);

    if (status < 0) {
        tell_unwatched(&visitor->peer, status);
        visitor_close(visitor);
        return;
    }
    expiry_add(&visitor->door->entering, &visitor->expiring, visitor);
    on_visitor(visitor, READY_READ); /* what it has to say is often there already */
}

static void on_entering_expired(void *owner)
{
    struct visitor *visitor = owner;

    COUNT(visitor->door->mapper->counters, epmd_timeouts);
    visitor_close(visitor);
}

static void admit(void *data, int fd, const struct address *peer)
{
    struct door *door = data;
    struct visitor *visitor;
    struct watch *watch;

    COUNT(door->mapper->counters, connections_accepted);
    visitor = mem_new(sizeof(*visitor));
    watch = watch_new(door->mapper->loop, fd, on_visitor, visitor);
    if (!watch) {
        tell_unwatched(peer, -errno);
        free(visitor);
        close(fd);
        return;
    }
    visitor->door = door;
    visitor->fd = fd;
    visitor->watch = watch;
    visitor->peer = *peer;
    stranger_enter(&visitor->stranger, door->mapper->descriptors, evict, visitor);
    if (door->mapper->options.accept_delay_ms > 0)
        expiry_add(&door->delayed, &visitor->expiring, visitor);
    else
        enter(visitor);
}

struct door *door_new(struct mapper *mapper, void (*kill)(void *data), void *data)
{
    struct door *door = mem_new(sizeof(*door));

    door->mapper = mapper;
    door->kill = kill;
    door->kill_data = data;
    door->sessions = sessions_new(mapper, on_kill, door);
    expiry_init(&door->entering, mapper->loop, mapper->options.packet_timeout_ms, on_entering_expired);
    expiry_init(&door->delayed, mapper->loop, mapper->options.accept_delay_ms, enter);
    door->listeners = listeners_new(mapper->loop, mapper->descriptors, admit, door);
    return door;
}

void door_free(struct door *door)
{
    listeners_free(door->listeners);
    while (door->entering.first)
        visitor_close(expiry_oldest(&door->entering));
    while (door->delayed.first)
        visitor_close(expiry_oldest(&door->delayed));
    expiry_done(&door->entering);
    expiry_done(&door->delayed);
    sessions_free(door->sessions);
    free(door);
}

void door_set_http(struct door *door, door_http_fn *fn, void *data)
{
    door->http = fn;
    door->http_data = data;
}

int door_listen(struct door *door, int fd)
{
    return listeners_add(door->listeners, fd);
}
