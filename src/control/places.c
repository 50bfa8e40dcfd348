/* SPDX-License-Identifier: MIT */
#include "control/places.h"

#include <stdlib.h>
#include <sys/socket.h>

#include "base/memory.h"
#include "control/control.h"

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

const char *place_owns_not(const struct place *place, bool stays)
{
    if (place->owner)
        return NULL;
    if (!stays)
        return "this connection ends with its answer: leave it open (no \"Connection: close\"), and send what is to "
               "follow on it";
    return place->places->owners < CONTROL_OWNERS_MAX ? NULL
                                                      : "rules go with too many connections already; use a lease";
}

void place_owns(struct place *place)
{
    place->places->owners++;
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
