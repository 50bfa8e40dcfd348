/* SPDX-License-Identifier: MIT */
#include "actor.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <utlist.h>

#include "house.h"
#include "oracle.h"

#define BACKLOG 128
#define LINES_MAX 256

struct actor actors[ACTORS_MAX];
size_t actors_count;

static void on_tick(void *data);
static void on_again(void *data);

/* Names that are parts of others, and the other way round in the order of the alphabet. */
static const char *const names[ACTORS_MAX] = {"n1", "n10", "n2", "rabbit1", "rabbit2", "a", "zz", "n3"};

void actors_begin(size_t count, uint64_t ticktime_us, bool some_hide)
{
    actors_count = count;
    for (unsigned i = 0; i < count; i++) {
        struct actor *actor = &actors[i];

        *actor = (struct actor){.index = i, .ticktime_us = ticktime_us};
        snprintf(actor->name, sizeof(actor->name), "%s", names[i]);
        snprintf(actor->full_name, sizeof(actor->full_name), "%s@sim", names[i]);
        /* With old nodes the daemon cannot know whether who dials is the hidden node that has registered. */
        actor->generation = chance(600)                ? GENERATION_new
                            : some_hide || chance(500) ? GENERATION_between
                                                       : GENERATION_old;
        actor->hidden = some_hide && actor->generation == GENERATION_new && chance(250);
        actor->ip = chance(500) ? EVERYWHERE : LOOPBACK;
        actor->again = (struct happening){.fn = on_again, .data = actor};
        actor->tick = (struct happening){.fn = on_tick, .data = actor};
    }
}

struct actor *actor_named(const char *full_name, size_t len)
{
    for (size_t i = 0; i < actors_count; i++)
        if (strlen(actors[i].full_name) == len && memcmp(actors[i].full_name, full_name, len) == 0)
            return &actors[i];
    return NULL;
}

/* ---- registration: ALIVE2_REQ and its answer ---- */

static void lose_registration(struct actor *actor)
{
    if (actor->epmd) /* its request may still come through */
        oracle_left(actor);
    actor->registered = false;
    if (actor->epmd)
        sock_close(actor->epmd, false);
    actor->epmd = NULL;
    queue_done(&actor->epmd_in);
}

static void say_alive(struct actor *actor)
{
    uint8_t request[128] = {0,
                            0,
                            'x',
                            (uint8_t)(actor->port >> 8),
                            (uint8_t)actor->port,
                            actor->hidden ? 72 : 77,
                            0,
                            0,
                            actor->generation == GENERATION_old ? 5 : 6,
                            0,
                            5};
    size_t len = strlen(actor->name), at = 11;

    request[at++] = (uint8_t)(len >> 8);
    request[at++] = (uint8_t)len;
    memcpy(request + at, actor->name, len);
    at += len + 2; /* no extra data */
    request[1] = (uint8_t)(at - 2);
    if (sock_send(actor->epmd, request, at) < 0)
        trace("%s cannot register", actor->name);
}

static void hear_alive(struct actor *actor)
{
    const uint8_t *reply = queue_data(&actor->epmd_in);
    size_t creation_bytes = actor->generation == GENERATION_old ? 2 : 4;

    if (actor->registered)
        wrong("%s hears something from the port mapper behind its registration", actor->name);
    if (actor->epmd_in.len < 2 + creation_bytes)
        return;
    if (reply[0] != (creation_bytes == 4 ? 118 : 121) || actor->epmd_in.len > 2 + creation_bytes)
        wrong("%s gets a malformed answer to ALIVE2", actor->name);
    if (reply[1] != 0) {
        trace("%s is refused", actor->name);
        oracle_refused(actor);
        lose_registration(actor);
        happen_in(&actor->again, ACTOR_AGAIN_US);
        return;
    }
    actor->creation = 0;
    for (size_t i = 0; i < creation_bytes; i++)
        actor->creation = actor->creation << 8 | reply[2 + i];
    actor->registered = true;
    actor->registered_us = now_us();
    trace("%s is registered, creation %u", actor->name, actor->creation);
    oracle_registered(actor);
}

static void on_epmd(void *data)
{
    struct actor *actor = data;
    uint8_t some[64];
    ssize_t got;

    if (actor->frozen)
        return;
    if (actor->epmd->state == SOCK_connected && !actor->registered && actor->epmd->out.written == 0)
        say_alive(actor);
    while (actor->epmd && (got = sock_recv(actor->epmd, some, sizeof(some), false)) != -EAGAIN) {
        if (got <= 0) {
            trace("%s has lost the port mapper", actor->name);
            oracle_lost_registration(actor);
            lose_registration(actor);
            happen_in(&actor->again, ACTOR_AGAIN_US);
            return;
        }
        queue_put(&actor->epmd_in, some, (size_t)got);
        hear_alive(actor);
    }
}

static void on_again(void *data)
{
    struct actor *actor = data;

    actor->epmd = sock_new(on_epmd, actor);
    sock_connect(actor->epmd, LOOPBACK, EPMD_PORT_OF_HOUSE);
}

/* ---- life ---- */

static bool has_line(const struct actor *actor, const struct line *line)
{
    const struct line *one;

    DL_FOREACH(actor->lines, one)
        if (one == line)
            return true;
    return false;
}

/* What is done with one may end others. */
static void with_each_line(struct actor *actor, void (*fn)(struct line *line))
{
    struct line *line, *all[LINES_MAX];
    size_t count = 0;

    DL_FOREACH(actor->lines, line)
        if (count < LINES_MAX)
            all[count++] = line;
    for (size_t i = 0; i < count; i++)
        if (has_line(actor, all[i]))
            fn(all[i]);
}

static void go_on(struct line *line)
{
    line_ready(line);
}

static void on_dialled(void *data)
{
    struct actor *actor = data;
    struct sock *sock;

    while (!actor->frozen && actor->listener && (sock = sock_accept(actor->listener)))
        line_new(actor, sock, ACCEPTOR);
}

void actor_start(struct actor *actor)
{
    assert(!actor->running);
    actor->running = true;
    actor->frozen = false;
    actor->started_us = actor->thawed_us = now_us();
    actor->listener = sock_new(on_dialled, actor);
    if (!actor->port || chance(700) || sock_bind(actor->listener, actor->ip, actor->port) < 0)
        sock_bind(actor->listener, actor->ip, 0);
    sock_listen(actor->listener, BACKLOG);
    actor->port = actor->listener->port;
    trace("%s starts, at port %u%s", actor->name, actor->port, actor->hidden ? ", a hidden node" : "");
    on_again(actor);
    happen_in(&actor->tick, actor->ticktime_us / 4);
}

void actor_leave(struct actor *actor, bool crash)
{
    struct dial *dial, *next;

    trace("%s %s", actor->name, crash ? "crashes" : "leaves");
    actor->running = false;
    happen_not(&actor->again);
    happen_not(&actor->tick);
    sock_close(actor->listener, false);
    actor->listener = NULL;
    lose_registration(actor);
    DL_FOREACH_SAFE(dials_living(), dial, next)
        if (dial->from == actor && !dial->begun[DIALER])
            dial_give_up(dial);
    while (actor->lines)
        line_close(actor->lines, crash);
}

void actor_freeze(struct actor *actor, bool frozen)
{
    struct dial *dial, *next;

    trace("%s %s", actor->name, frozen ? "stops" : "goes on");
    actor->frozen = frozen;
    if (frozen)
        return;
    actor->thawed_us = now_us();
    if (actor->epmd)
        on_epmd(actor);
    on_dialled(actor);
    with_each_line(actor, go_on);
    DL_FOREACH_SAFE(dials_living(), dial, next)
        if (dial->from == actor && dial->asking)
            dial->asking->notify(dial);
}

static void on_tick(void *data)
{
    struct actor *actor = data;

    happen_in(&actor->tick, actor->ticktime_us / 4);
    if (!actor->frozen)
        with_each_line(actor, line_tick);
}

struct line *actor_line(const struct actor *actor, const struct actor *to)
{
    struct line *line;

    DL_FOREACH(actor->lines, line)
        if (line->state == LINE_up && line->dial->ends[line->side] == line &&
            (line->side == DIALER ? line->dial->to : line->dial->from) == to)
            return line;
    return NULL;
}

void actor_send(struct actor *actor, struct actor *to, unsigned frames)
{
    struct line *line = actor_line(actor, to);

    if (!actor->running || actor->frozen || actor == to)
        return;
    if (!line && !dial_pending(actor, to) && (actor->registered || !actor->hidden))
        dial_begin(actor, to);
    if (!line)
        return;
    trace("%s sends %u frames to %s", actor->name, frames, to->name);
    line->frames_wanted += frames;
    line_ready(line);
}

void actor_disconnect(struct actor *actor, struct actor *from, bool reset)
{
    struct line *line = actor->frozen ? NULL : actor_line(actor, from);

    if (line)
        line_close(line, reset);
}

void actors_end(void)
{
    for (size_t i = 0; i < actors_count; i++)
        if (actors[i].running)
            actor_leave(&actors[i], false);
    dials_end();
}
