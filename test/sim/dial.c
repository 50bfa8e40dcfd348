/* SPDX-License-Identifier: MIT */
/*
 * From a name to a line: the port mapper is asked for the port, which is a gate's, and that is connected to.
 */
#include "actor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "house.h"
#include "oracle.h"

/* The low bits of the flags that OTP does not use say which dial of its dialer a name message belongs to. */
#define TAGS 64

static struct dial *living;
static struct dial *past; /* nothing is left of them, but that an actor may still find one in its backlog */
static unsigned last_number;
static unsigned dialled[ACTORS_MAX][ACTORS_MAX];

struct dial *dials_living(void)
{
    return living;
}

static void close_asking(struct dial *dial)
{
    if (dial->asking)
        sock_close(dial->asking, false);
    dial->asking = NULL;
    queue_done(&dial->answer);
}

static void dial_ends(struct dial *dial)
{
    DL_DELETE(living, dial);
    DL_APPEND(past, dial);
    close_asking(dial);
    happen_not(&dial->setup);
    for (enum side side = DIALER; side <= ACCEPTOR; side++) {
        if (dial->daemon[side])
            sock_let_go(dial->daemon[side]);
        dial->daemon[side] = NULL;
    }
}

/* The oracle looks at it for as long as the daemon has one of its sockets. */
static void end_if_over(struct dial *dial)
{
    bool waits = dial->asking || dial->ends[DIALER] || dial->ends[ACCEPTOR];

    for (enum side side = DIALER; side <= ACCEPTOR; side++)
        waits |= dial->daemon[side] && !dial->daemon[side]->closed;
    if (!waits)
        dial_ends(dial);
}

void dial_end_came(struct dial *dial, enum side side)
{
    dial->ends[side] = NULL;
    dial->ways[side].ended = true;
    if (!dial->over_us)
        dial->over_us = now_us();
    if (side == DIALER)
        happen_not(&dial->setup);
}

/* Before it has a line. */
void dial_give_up(struct dial *dial)
{
    dial_ends(dial);
}

struct dial *dial_pending(const struct actor *from, const struct actor *to)
{
    struct dial *dial;

    DL_FOREACH(living, dial)
        if (dial->from == from && dial->to == to && !dial->up[DIALER] && (dial->asking || dial->ends[DIALER]))
            return dial;
    return NULL;
}

struct dial *dial_with_tag(const struct actor *from, const struct actor *to, unsigned tag)
{
    struct dial *dial, *found = NULL;

    DL_FOREACH(living, dial)
        if (dial->from == from && dial->to == to && dial->begun[DIALER] && dial->tag == tag)
            found = dial;
    if (found)
        return found;
    DL_FOREACH(past, dial)
        if (dial->from == from && dial->to == to && dial->begun[DIALER] && !dial->begun[ACCEPTOR] && dial->tag == tag)
            found = dial;
    if (found) {
        DL_DELETE(past, found);
        DL_APPEND(living, found);
    }
    return found;
}

/* ---- asking ---- */

static void connect_to(struct dial *dial, uint16_t port)
{
    struct actor *from = dial->from;
    struct sock *sock = sock_new(NULL, NULL);
    struct line *line = line_new(from, sock, DIALER);

    trace("%s dials %s at port %u: #%u", from->name, dial->to->name, port, dial->number);
    line->dial = dial;
    dial->ends[DIALER] = line;
    dial->begun[DIALER] = true;
    sock_connect(sock, LOOPBACK, port);
}

/* PORT2_RESP: 119, 0, port:16 type protocol highest:16 lowest:16 name extra; or 119 and a status. */
static void answered(struct dial *dial)
{
    const uint8_t *answer = queue_data(&dial->answer);
    size_t len = dial->answer.len, name_len = strlen(dial->to->name);
    uint16_t port;

    if (len == 0) {
        trace("%s is not answered where %s is", dial->from->name, dial->to->name);
        oracle_unanswered(dial->to, dial->began_us);
        dial_give_up(dial);
        return;
    }
    if (answer[0] != 119 || (answer[1] == 0 && (len != 14 + name_len || memcmp(answer + 12, dial->to->name, name_len))))
        wrong("%s gets a malformed answer to PORT_PLEASE2", dial->from->name);
    if (answer[1] != 0) {
        trace("%s is told that there is no %s", dial->from->name, dial->to->name);
        oracle_not_found(dial->to, dial->began_us);
        dial_give_up(dial);
        return;
    }
    port = (uint16_t)(answer[2] << 8 | answer[3]);
    oracle_found(dial->to, port, dial->began_us);
    close_asking(dial);
    connect_to(dial, port);
}

static void on_asking(void *data)
{
    struct dial *dial = data;
    struct sock *sock = dial->asking;
    uint8_t request[64] = {0, 0, 'z'}, some[256];
    size_t len = strlen(dial->to->name);
    ssize_t got;

    if (dial->from->frozen)
        return;
    if (sock->state == SOCK_connected && sock->out.written == 0) {
        request[1] = (uint8_t)(len + 1);
        memcpy(request + 3, dial->to->name, len);
        sock_send(sock, request, len + 3);
    }
    while ((got = sock_recv(sock, some, sizeof(some), false)) > 0)
        queue_put(&dial->answer, some, (size_t)got);
    if (got != -EAGAIN)
        answered(dial);
}

static void on_setup(void *data)
{
    struct dial *dial = data;
    struct line *line = dial->ends[DIALER];

    if (dial->from->frozen) {
        happen_in(&dial->setup, SECOND_US);
        return;
    }
    trace("%s has tried for long enough to connect with %s", dial->from->name, dial->to->name);
    oracle_setup_over(dial);
    if (line)
        line_close(line, false);
    else
        dial_give_up(dial);
}

void dial_begin(struct actor *from, struct actor *to)
{
    struct dial *dial = calloc(1, sizeof(*dial));

    *dial = (struct dial){.number = ++last_number, .from = from, .to = to, .began_us = now_us()};
    dial->tag = dialled[from->index][to->index]++ % TAGS;
    dial->setup = (struct happening){.fn = on_setup, .data = dial};
    DL_APPEND(living, dial);
    oracle_dial_begins(dial);
    trace("%s asks where %s is: #%u", from->name, to->name, dial->number);
    happen_in(&dial->setup, ACTOR_SETUP_US);
    dial->asking = sock_new(on_asking, dial);
    sock_connect(dial->asking, LOOPBACK, EPMD_PORT_OF_HOUSE);
}

void dials_reap(void)
{
    struct dial *dial, *next;

    DL_FOREACH_SAFE(living, dial, next)
        end_if_over(dial);
}

void dials_end(void)
{
    struct dial *dial, *next;

    DL_FOREACH_SAFE(living, dial, next)
        dial_ends(dial);
    DL_FOREACH_SAFE(past, dial, next) {
        DL_DELETE(past, dial);
        free(dial);
    }
    last_number = 0;
    memset(dialled, 0, sizeof(dialled));
}
