/* SPDX-License-Identifier: MIT */
#include "control/places.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/memory.h"
#include "control/control.h"

/* The kernel asks a machine that is silent whether it is still there. */
#define OWNER_SILENT_S 20
#define OWNER_PROBE_S 10
#define OWNER_PROBES 3

static void on_expired(void *owner)
{
    struct place *place = owner;

    shutdown(place->fd, SHUT_RDWR);
    place->places->shut(place->places->data);
}

void places_init(struct places *places, struct loop *loop, void (*shut)(void *data), void *data)
{
    *places = (struct places){.shut = shut, .data = data};
    expiry_init(&places->entering, loop, CONTROL_IDLE_S * 1000, on_expired);
}

void places_done(struct places *places)
{
    expiry_done(&places->entering);
}

bool places_make_room(struct places *places)
{
    struct place *oldest = expiry_oldest(&places->entering);

    if (places->count < CONTROL_CONNECTIONS_MAX || !oldest)
        return false;
    expiry_remove(&oldest->expiring);
    shutdown(oldest->fd, SHUT_RDWR);
    return true;
}

struct place *place_take(struct places *places, int fd, enum way way)
{
    struct place *place = mem_new(sizeof(*place));

    place->places = places;
    place->fd = fd;
    place->way = way;
    places->count++;
    place_entering(place);
    return place;
}

void place_leave(struct place *place)
{
    place_entered(place);
    place->places->count--;
    place->places->owners -= place->owner != NULL;
    free(place);
}

const char *place_owns_not(const struct place *place)
{
    if (place->owner)
        return NULL;
    return place->places->owners < CONTROL_OWNERS_MAX ? NULL
                                                      : "rules go with too many connections already; use a lease";
}

/* One of another machine that has lost its power, or its network, would stay for ever. Unix sockets need none of it. */
static void watch_over(int fd)
{
    const int on = 1, silent_s = OWNER_SILENT_S, probe_s = OWNER_PROBE_S, probes = OWNER_PROBES;

    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &silent_s, sizeof(silent_s));
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &probe_s, sizeof(probe_s));
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof(probes));
}

void place_owns(struct place *place)
{
    place->places->owners++;
    watch_over(place->fd);
}

void place_entering(struct place *place)
{
    if (place->owner)
        return;
    expiry_add(&place->places->entering, &place->expiring, place);
}

void place_entered(struct place *place)
{
    expiry_remove(&place->expiring);
}
