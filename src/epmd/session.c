/* SPDX-License-Identifier: MIT */
/*
 *     reading ──request──> replying ──reply written──> closed
 *                              └──── ALIVE2 ────> kept ──any byte, end or error──> closed, the node is unregistered
 *
 * What the stock daemon does in each case stands in doc/PROTOCOL.md. Replies go out with one write where the socket
 * takes it: clients parse what one read gives them.
 */
#include "epmd/session.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <utlist.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/text.h"
#include "model/counters.h"
#include "model/events.h"
#include "model/registry.h"
#include "epmd/answers.h"
#include "loop/deadlines.h"
#include "loop/descriptors.h"
#include "loop/expiry.h"
#include "loop/loop.h"
#include "epmd/mapper.h"

/* One more than the longest request: what came too much must be seen. */
#define INPUT_BYTES (EPMD_LENGTH_BYTES + EPMD_REQUEST_MAX + 1)

enum session_state { SESSION_READING, SESSION_DELAYED, SESSION_REPLYING, SESSION_KEPT };

struct session {
    struct sessions *sessions;
    int fd;
    struct watch *watch;
    struct address peer;
    enum session_state state;
    uint8_t *input; /* INPUT_BYTES, while reading */
    size_t have;
    struct text reply;
    size_t sent;
    bool keep;                /* ALIVE2, also a refused one: stay when the reply is out */
    bool kill;                /* KILL: the daemon ends when the reply is out */
    struct node *node;        /* registered through this session, or NULL */
    struct deadline later;    /* a fault delays the answer until then */
    struct expiring expiring; /* sessions->busy, ->refused or ->delayed */
    struct stranger stranger; /* until it is registered */
    struct session *prev, *next;
};

struct sessions {
    struct mapper *mapper;
    void (*kill)(void *data);
    void *data;
    struct session *all;
    struct expiry busy;    /* a request is awaited, or a slow reader's reply goes out */
    struct expiry refused; /* ALIVE2 was refused */
    struct expiry delayed; /* replies wait because a slow EPMD was asked for */
    struct expiry slow;    /* answers wait because of a fault; their time is session->later */
    size_t reply_bytes;
};

void session_close(struct session *session)
{
    struct sessions *sessions = session->sessions;

    if (session->node) {
        events_add(
            sessions->mapper->events,
            &(struct event){.time_ms = loop_wall_ms(), .kind = EVENT_node_down, .from = node_name(session->node)});
        registry_remove(sessions->mapper->registry, session->node);
    }
    deadline_clear(sessions->mapper->deadlines, &session->later);
    expiry_remove(&session->expiring);
    stranger_leave(&session->stranger);
    DL_DELETE(sessions->all, session);
    watch_free(session->watch);
    close(session->fd);
    sessions->reply_bytes -= session->reply.len;
    text_done(&session->reply);
    free(session->input);
    free(session);
}

static void malformed(struct session *session, const char *reason)
{
    char peer[ADDRESS_TEXT_MAX];

    address_print(&session->peer, peer);
    log_debug("EPMD request from %s: %s", peer, reason);
    COUNT(session->sessions->mapper->counters, epmd_malformed);
    session_close(session);
}

/* ---- replies ---- */

static void keep(struct session *session)
{
    struct sessions *sessions = session->sessions;

    session->state = SESSION_KEPT;
    free(session->input);
    session->input = NULL;
    sessions->reply_bytes -= session->reply.len;
    text_done(&session->reply);
    watch_want(session->watch, READY_READ);
    if (session->node) {
        expiry_remove(&session->expiring);
        stranger_leave(&session->stranger);
        return;
    }
    if (sessions->refused.count >= SESSIONS_REFUSED_MAX)
        session_close(expiry_oldest(&sessions->refused));
    expiry_add(&sessions->refused, &session->expiring, session);
}

static void step_replying(struct session *session)
{
    struct sessions *sessions = session->sessions;

    while (session->sent < session->reply.len) {
        ssize_t sent =
            send(session->fd, session->reply.data + session->sent, session->reply.len - session->sent, MSG_NOSIGNAL);

        if (sent < 0 && errno == EAGAIN) {
            watch_want(session->watch, READY_WRITE);
            return;
        }
        if (sent < 0) {
            log_debug("EPMD reply: %s", strerror(errno));
            session_close(session);
            return;
        }
        session->sent += (size_t)sent;
        expiry_add(&sessions->busy, &session->expiring, session);
    }
    if (session->keep) {
        keep(session);
    } else {
        bool kill = session->kill;

        session_close(session);
        if (kill)
            sessions->kill(sessions->data);
    }
}

static void begin_reply(void *owner)
{
    struct session *session = owner;

    session->state = SESSION_REPLYING;
    step_replying(session);
}

/* Nothing goes out before its time. */
static void wait(struct session *session, unsigned wanted)
{
    session->state = SESSION_DELAYED;
    watch_want(session->watch, wanted);
}

/* The reply is complete: out with it, now or when a slow EPMD would. */
static void reply(struct session *session)
{
    struct sessions *sessions = session->sessions;

    sessions->reply_bytes += session->reply.len;
    if (sessions->reply_bytes > SESSIONS_REPLY_BYTES_MAX) {
        log_debug("EPMD reply: too much is waiting for slow readers");
        session_close(session);
    } else if (sessions->mapper->options.reply_delay_ms > 0) {
        wait(session, 0);
        expiry_add(&sessions->delayed, &session->expiring, session);
    } else {
        begin_reply(session);
    }
}

/* The request is complete; `waited`: a fault has delayed its answer, and the time is over. */
static void serve(struct session *session, bool waited)
{
    struct mapper *mapper = session->sessions->mapper;
    struct asker asker = {session, &session->stranger, session->fd, session->peer, address_of_socket(session->fd),
                          waited};
    struct answer answer = {.refusal = NULL};

    answer_request(mapper, session->input + EPMD_LENGTH_BYTES, session->have - EPMD_LENGTH_BYTES, &asker, &answer);
    if (answer.refusal) {
        malformed(session, answer.refusal);
        return;
    }
    session->reply = answer.text;
    session->keep = answer.keep;
    session->kill = answer.kill;
    session->node = answer.registered;
    if (answer.silent) { /* until the client has had enough, or the request's time is over */
        wait(session, READY_HANGUP);
        expiry_add(&session->sessions->busy, &session->expiring, session);
    } else if (answer.delay_us > 0) { /* may be long, and the client leave before */
        wait(session, READY_HANGUP);
        expiry_add(&session->sessions->slow, &session->expiring, session);
        deadline_set(mapper->deadlines, &session->later, loop_clock_us(mapper->loop) + answer.delay_us);
    } else {
        reply(session);
    }
}

static void on_later(void *data)
{
    serve(data, true);
}

/*
 * Once the length is known only the missing bytes are read: more in the same read is refused, more in a later one is
 * left alone. Both as the stock daemon does.
 */
static void step_reading(struct session *session)
{
    int size = epmd_request_size(session->input, session->have);
    size_t wanted = (size > 0 ? (size_t)size : INPUT_BYTES) - session->have;
    ssize_t got = recv(session->fd, session->input + session->have, wanted, 0);

    if (got < 0 && errno == EAGAIN)
        return;
    if (got <= 0) {
        malformed(session, got < 0 ? strerror(errno) : "closed before the request was complete");
        return;
    }
    session->have += (size_t)got;
    expiry_add(&session->sessions->busy, &session->expiring, session);

    size = epmd_request_size(session->input, session->have);
    if (size < 0)
        malformed(session, "a request of an impossible size");
    else if (size > 0 && session->have > (size_t)size)
        malformed(session, "more bytes than the request's length says");
    else if (size > 0 && session->have == (size_t)size) {
        COUNT(session->sessions->mapper->counters, epmd_requests);
        serve(session, false);
    }
}

/* A registration lasts as long as its connection is silent. */
static void step_kept(struct session *session)
{
    char byte[256];
    ssize_t got = recv(session->fd, byte, sizeof(byte), 0);

    if (got < 0 && errno == EAGAIN)
        return;
    if (session->node)
        log_info("%s is no longer registered: %s", session->node->name,
                 got > 0    ? "it sent something"
                 : got == 0 ? "it closed its connection"
                            : strerror(errno));
    session_close(session);
}

static void on_ready(void *data, unsigned ready)
{
    struct session *session = data;

    switch (session->state) {
    case SESSION_READING:
        step_reading(session);
        return;
    case SESSION_DELAYED:
        if (ready & READY_HANGUP)
            session_close(session);
        return;
    case SESSION_REPLYING:
        step_replying(session);
        return;
    case SESSION_KEPT:
        step_kept(session);
        return;
    }
}

static void on_busy_expired(void *owner)
{
    struct session *session = owner;

    COUNT(session->sessions->mapper->counters, epmd_timeouts);
    session_close(session);
}

static void on_evicted(void *owner)
{
    session_close(owner);
}

static void on_refused_expired(void *owner)
{
    session_close(owner);
}

bool session_is_gone(const struct session *session)
{
    char byte;
    ssize_t got = recv(session->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);

    return got >= 0 || (errno != EAGAIN && errno != EINTR);
}

const struct address *session_peer(const struct session *session)
{
    return &session->peer;
}

/* ---- all of them ---- */

void session_open(struct sessions *sessions, int fd, struct watch *watch, const struct address *peer,
                  struct stranger *stranger)
{
    struct session *session = mem_new(sizeof(*session));

    session->sessions = sessions;
    session->fd = fd;
    session->watch = watch;
    session->peer = *peer;
    session->state = SESSION_READING;
    session->input = mem_new(INPUT_BYTES);
    session->later = (struct deadline){.fn = on_later, .data = session};
    DL_APPEND(sessions->all, session);
    expiry_add(&sessions->busy, &session->expiring, session);
    stranger_hand_over(stranger, &session->stranger, on_evicted, session);
    watch_give(watch, on_ready, session);
    watch_want(watch, READY_READ);
    step_reading(session);
}

struct sessions *sessions_new(struct mapper *mapper, void (*kill)(void *data), void *data)
{
    struct sessions *sessions = mem_new(sizeof(*sessions));
    const struct mapper_options *options = &mapper->options;

    sessions->mapper = mapper;
    sessions->kill = kill;
    sessions->data = data;
    expiry_init(&sessions->busy, mapper->loop, options->packet_timeout_ms, on_busy_expired);
    expiry_init(&sessions->refused, mapper->loop, SESSIONS_REFUSED_MS, on_refused_expired);
    expiry_init(&sessions->slow, mapper->loop, SESSIONS_SLOW_MS, on_busy_expired);
    expiry_init(&sessions->delayed, mapper->loop, options->reply_delay_ms, begin_reply);
    return sessions;
}

void sessions_free(struct sessions *sessions)
{
    while (sessions->all)
        session_close(sessions->all);
    expiry_done(&sessions->busy);
    expiry_done(&sessions->refused);
    expiry_done(&sessions->slow);
    expiry_done(&sessions->delayed);
    free(sessions);
}
