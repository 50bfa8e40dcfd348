/* SPDX-License-Identifier: MIT */
#include "epmd/door.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include <utlist.h>

#include "base/log.h"
#include "base/memory.h"
#include "model/counters.h"
#include "loop/expiry.h"
#include "loop/loop.h"
#include "loop/relay.h"
#include "epmd/session.h"

/* Accepting must not starve the connections that are there: so many at once, then they have their turn. */
#define ACCEPT_BURST 16
#define ACCEPT_PAUSE_MS 100

/* A connection that has not shown its first byte yet. */
struct visitor {
    struct door *door;
    int fd;
    struct watch *watch;
    struct address peer;
    struct expiring expiring; /* door->entering or door->delayed */
};

struct listener {
    struct door *door;
    int fd;
    struct watch *watch;
};

struct door {
    struct relay *relay;
    struct sessions *sessions;
    struct listener listeners[DOOR_LISTENERS_MAX];
    size_t listener_count;
    struct expiry entering, delayed;
    size_t open; /* visitors and sessions */
    struct alarm *resume;
    door_http_fn *http;
    void *http_data;
    void (*kill)(void *data);
    void *kill_data;
};

static void on_session_closed(void *data)
{
    struct door *door = data;

    door->open--;
}

static void on_kill(void *data)
{
    struct door *door = data;

    door->kill(door->kill_data);
}

/* The visitor is no more; its socket and watch belong to somebody else. */
static void visitor_forget(struct visitor *visitor)
{
    expiry_remove(&visitor->expiring);
    free(visitor);
}

static void visitor_close(struct visitor *visitor)
{
    visitor->door->open--;
    watch_free(visitor->watch);
    close(visitor->fd);
    visitor_forget(visitor);
}

static void visitor_to_http(struct visitor *visitor)
{
    struct door *door = visitor->door;

    if (!door->http) {
        visitor_close(visitor);
        return;
    }
    door->open--; /* HTTP has a limit of its own */
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
    session_open(door->sessions, visitor->fd, visitor->watch, &visitor->peer);
    visitor_forget(visitor);
}

static void enter(void *owner)
{
    struct visitor *visitor = owner;

    expiry_add(&visitor->door->entering, &visitor->expiring, visitor);
    watch_want(visitor->watch, READY_READ);
    on_visitor(visitor, READY_READ); /* what it has to say is often there already */
}

static void on_entering_expired(void *owner)
{
    struct visitor *visitor = owner;

    COUNT(visitor->door->relay->counters, epmd_timeouts);
    visitor_close(visitor);
}

/* Is there room for one more? Whoever has kept us waiting longest makes it; registered nodes never do. */
static bool make_room(struct door *door)
{
    struct visitor *oldest = expiry_oldest(&door->entering);

    if (door->open < door->relay->options->connections_max)
        return true;
    if (oldest) {
        visitor_close(oldest);
        return true;
    }
    return sessions_evict(door->sessions);
}

static void admit(struct door *door, int fd, const struct address *peer)
{
    struct visitor *visitor;
    struct watch *watch;

    COUNT(door->relay->counters, connections_accepted);
    if (!make_room(door)) {
        COUNT(door->relay->counters, connections_refused);
        log_debug("connection refused: %zu are open", door->open);
        close(fd);
        return;
    }
    visitor = mem_new(sizeof(*visitor));
    watch = watch_new(door->relay->loop, fd, on_visitor, visitor);
    if (!watch) {
        free(visitor);
        close(fd);
        return;
    }
    visitor->door = door;
    visitor->fd = fd;
    visitor->watch = watch;
    visitor->peer = *peer;
    door->open++;
    if (door->relay->options->accept_delay_ms > 0)
        expiry_add(&door->delayed, &visitor->expiring, visitor);
    else
        enter(visitor);
}

static void watch_listeners(struct door *door, unsigned wanted)
{
    for (size_t i = 0; i < door->listener_count; i++)
        watch_want(door->listeners[i].watch, wanted);
}

static void on_listener(void *data, unsigned ready)
{
    struct listener *listener = data;
    struct door *door = listener->door;

    (void)ready;
    for (int i = 0; i < ACCEPT_BURST; i++) {
        /* The peer's name comes with the accept: it cannot be asked for once the peer has reset the connection. */
        struct address peer = {.len = sizeof(peer.v6)};
        int fd = accept4(listener->fd, &peer.any, &peer.len, SOCK_NONBLOCK | SOCK_CLOEXEC);

        if (fd >= 0) {
            admit(door, fd, &peer);
        } else if (relay_errno_is_exhaustion()) {
            COUNT(door->relay->counters, accept_pauses);
            relay_out_of_descriptors(door->relay, "accepting");
            watch_listeners(door, 0);
            alarm_set(door->resume, ACCEPT_PAUSE_MS);
            return;
        } else if (errno != ECONNABORTED && errno != EINTR) {
            return;
        }
    }
}

static void resume(void *data)
{
    watch_listeners(data, READY_READ);
}

struct door *door_new(struct relay *relay, void (*kill)(void *data), void *data)
{
    struct door *door = mem_new(sizeof(*door));

    door->relay = relay;
    door->kill = kill;
    door->kill_data = data;
    door->sessions = sessions_new(relay, on_session_closed, on_kill, door);
    expiry_init(&door->entering, relay->loop, relay->options->packet_timeout_ms, on_entering_expired);
    expiry_init(&door->delayed, relay->loop, relay->options->accept_delay_ms, enter);
    door->resume = alarm_new(relay->loop, resume, door);
    return door;
}

void door_free(struct door *door)
{
    for (size_t i = 0; i < door->listener_count; i++) {
        watch_free(door->listeners[i].watch);
        close(door->listeners[i].fd);
    }
    while (door->entering.first)
        visitor_close(expiry_oldest(&door->entering));
    while (door->delayed.first)
        visitor_close(expiry_oldest(&door->delayed));
    expiry_done(&door->entering);
    expiry_done(&door->delayed);
    sessions_free(door->sessions);
    alarm_free(door->resume);
    free(door);
}

void door_set_http(struct door *door, door_http_fn *fn, void *data)
{
    door->http = fn;
    door->http_data = data;
}

int door_listen(struct door *door, int fd)
{
    struct listener *listener = &door->listeners[door->listener_count];

    if (door->listener_count == DOOR_LISTENERS_MAX)
        return -ENOSPC;
    *listener = (struct listener){.door = door, .fd = fd};
    listener->watch = watch_new(door->relay->loop, fd, on_listener, listener);
    if (!listener->watch)
        return -EINVAL;
    door->listener_count++;
    watch_want(listener->watch, READY_READ);
    return 0;
}
