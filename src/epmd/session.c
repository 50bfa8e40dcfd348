/* SPDX-License-Identifier: MIT */
/*
 *     reading ──request──> replying ──reply is out──┬──> closed
 *        │                    ^                     ├──ALIVE2──> registered ──any byte, end or error──> closed
 *        │                    │                     └──refused──> refused ───────────(the same)──────>
 *        ├──a slow EPMD──> delayed
 *        ├──a fault delays──> waiting ──> as if it had just been read
 *        └──a fault swallows──> ignored ──the client leaves──> closed
 *
 * What the stock daemon does in each case stands in doc/PROTOCOL.md. Replies go out with one write where the socket
 * takes it: clients parse what one read gives them.
 */
#include "epmd/session.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <utlist.h>

#include "base/log.h"
#include "base/memory.h"
#include "model/counters.h"
#include "model/registry.h"
#include "loop/deadlines.h"
#include "loop/descriptors.h"
#include "loop/expiry.h"
#include "loop/loop.h"
#include "epmd/answers.h"
#include "epmd/mapper.h"
#include "epmd/registration.h"

/* The longest request. As with the stock daemon what came beyond it is not read, so that the close is a reset. */
#define INPUT_BYTES (EPMD_LENGTH_BYTES + EPMD_REQUEST_MAX)

enum session_state {
    SESSION_READING,
    SESSION_DELAYED,    /* -delay_write: nothing goes out before its time */
    SESSION_WAITING,    /* a fault delays the answer; the time is session->later */
    SESSION_IGNORED,    /* a fault swallows the question */
    SESSION_REPLYING,   /* to a slow reader */
    SESSION_REFUSED,    /* ALIVE2 was */
    SESSION_REGISTERED, /* as long as its connection is silent */
    SESSION_STATES
};

#define MOVE(state) (1U << SESSION_##state)
#define REPLIED (MOVE(REPLYING) | MOVE(REFUSED) | MOVE(REGISTERED))

static const struct {
    const char *name;
    unsigned moves;  /* to which states */
    unsigned wanted; /* what the connection is watched for */
} states[SESSION_STATES] = {
    [SESSION_READING] = {"reading", MOVE(DELAYED) | MOVE(WAITING) | MOVE(IGNORED) | REPLIED, READY_READ},
    [SESSION_DELAYED] = {"delayed", REPLIED, 0},
    [SESSION_WAITING] = {"waiting", MOVE(DELAYED) | MOVE(IGNORED) | REPLIED, READY_HANGUP},
    [SESSION_IGNORED] = {"ignored", 0, READY_HANGUP},
    [SESSION_REPLYING] = {"replying", MOVE(REFUSED) | MOVE(REGISTERED), READY_WRITE},
    [SESSION_REFUSED] = {"refused", 0, READY_READ},
    [SESSION_REGISTERED] = {"registered", 0, READY_READ},
};

struct session {
    struct sessions *sessions;
    int fd;
    struct watch *watch;
    struct address peer;
    enum session_state state;
    uint8_t *input; /* INPUT_BYTES, until the reply is out */
    size_t have;
    struct text reply;
    size_t sent;
    enum answer_behind behind; /* the reply */
    struct owner owner;        /* of the registration that it may become ... */
    struct node *node;         /* ... and has become; or NULL */
    struct deadline later;
    struct expiring expiring; /* sessions->patience of its state; registered ones are on none */
    struct stranger stranger; /* until it is registered */
    struct session *prev, *next;
};

struct sessions {
    struct mapper *mapper;
    void (*kill)(void *data);
    void *data;
    struct session *all;
    struct expiry patience[SESSION_STATES];
    size_t reply_bytes; /* that wait for slow readers */
};

static void session_close(void *data)
{
    struct session *session = data;
    struct sessions *sessions = session->sessions;

    if (session->node)
        registration_end(sessions->mapper, session->node);
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

/* Something has come or gone: the patience of its state begins anew. */
static void be_patient(struct session *session)
{
    expiry_add(&session->sessions->patience[session->state], &session->expiring, session);
}

static void close_unwatched(struct session *session, int status)
{
    char peer[ADDRESS_TEXT_MAX];

    address_print(&session->peer, peer);
    log_warning("the EPMD connection from %s is closed: it cannot be watched: %s", peer, strerror(-status));
    session_close(session);
}

/* The last thing its caller does: the session may be gone behind it. */
static void enter(struct session *session, enum session_state state)
{
    int status;

    assert(states[session->state].moves & 1U << state);
    log_debug("EPMD session %d: %s -> %s", session->fd, states[session->state].name, states[state].name);
    status = watch_want(session->watch, states[state].wanted);
    if (status < 0) {
        close_unwatched(session, status);
        return;
    }
    session->state = state;
    if (state != SESSION_REGISTERED) {
        be_patient(session);
        return;
    }
    expiry_remove(&session->expiring);
    stranger_leave(&session->stranger);
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

static void stay(struct session *session)
{
    struct sessions *sessions = session->sessions;
    struct expiry *refused = &sessions->patience[SESSION_REFUSED];

    free(session->input);
    session->input = NULL;
    sessions->reply_bytes -= session->reply.len;
    text_done(&session->reply);
    if (!session->node && refused->count >= SESSIONS_REFUSED_MAX)
        session_close(expiry_oldest(refused));
    enter(session, session->node ? SESSION_REGISTERED : SESSION_REFUSED);
}

static void kill_daemon(struct session *session)
{
    struct sessions *sessions = session->sessions;

    session_close(session);
    sessions->kill(sessions->data);
}

/* The reply is out. */
static void go_on_behind(struct session *session)
{
    switch (session->behind) {
    case BEHIND_CLOSE:
        session_close(session);
        return;
    case BEHIND_STAY:
        stay(session);
        return;
    case BEHIND_KILL:
        kill_daemon(session);
        return;
    }
}

static void send_reply(void *data)
{
    struct session *session = data;

    while (session->sent < session->reply.len) {
        ssize_t sent =
            send(session->fd, session->reply.data + session->sent, session->reply.len - session->sent, MSG_NOSIGNAL);

        if (sent < 0 && errno == EAGAIN) {
            if (session->state != SESSION_REPLYING)
                enter(session, SESSION_REPLYING);
            return;
        }
        if (sent < 0) {
            log_debug("EPMD reply: %s", strerror(errno));
            session_close(session);
            return;
        }
        session->sent += (size_t)sent;
        be_patient(session);
    }
    go_on_behind(session);
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
        enter(session, SESSION_DELAYED);
    } else {
        send_reply(session);
    }
}

/* The request is complete; `waited`: a fault has delayed its answer, and the time is over. */
static void serve(struct session *session, bool waited)
{
    struct mapper *mapper = session->sessions->mapper;
    struct asker asker = {.owner = &session->owner,
                          .stranger = &session->stranger,
                          .fd = session->fd,
                          .peer = session->peer,
                          .local = address_of_socket(session->fd),
                          .waited = waited};
    struct answer answer;

    answer_request(mapper, session->input + EPMD_LENGTH_BYTES, session->have - EPMD_LENGTH_BYTES, &asker, &answer);
    switch (answer.kind) {
    case ANSWER_REFUSED:
        malformed(session, answer.refusal);
        return;
    case ANSWER_NEVER: /* until the client has had enough, or the request's time is over */
        enter(session, SESSION_IGNORED);
        return;
    case ANSWER_LATER: /* may be long, and the client leave before */
        deadline_set(mapper->deadlines, &session->later, loop_clock_us(mapper->loop) + answer.delay_us);
        enter(session, SESSION_WAITING);
        return;
    case ANSWER_SAID:
        session->reply = answer.text;
        session->behind = answer.behind;
        session->node = answer.registered;
        reply(session);
        return;
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
    be_patient(session);

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

/* A registration, also a refused one, lasts as long as its connection is silent. */
static void step_staying(struct session *session)
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
    case SESSION_WAITING:
    case SESSION_IGNORED:
        if (ready & READY_HANGUP)
            session_close(session);
        return;
    case SESSION_REPLYING:
        send_reply(session);
        return;
    case SESSION_REFUSED:
    case SESSION_REGISTERED:
        step_staying(session);
        return;
    case SESSION_STATES:
        break;
    }
    assert(false);
}

static void on_timeout(void *data)
{
    struct session *session = data;

    COUNT(session->sessions->mapper->counters, epmd_timeouts);
    session_close(session);
}

/* Has it ended, or (for a registered node) been broken off, without us having come to hear of it? */
static bool is_gone(void *data)
{
    const struct session *session = data;
    char byte;
    ssize_t got = recv(session->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);

    return got >= 0 || (errno != EAGAIN && errno != EINTR);
}

/* ---- all of them ---- */

void session_open(struct sessions *sessions, int fd, struct watch *watch, const struct address *peer,
                  struct stranger *stranger)
{
    struct session *session = mem_new(sizeof(*session));
    int status;

    session->sessions = sessions;
    session->fd = fd;
    session->watch = watch;
    session->peer = *peer;
    session->state = SESSION_READING;
    session->input = mem_new(INPUT_BYTES);
    session->owner = (struct owner){.is_gone = is_gone, .end = session_close, .data = session};
    session->later = (struct deadline){.fn = on_later, .data = session};
    DL_APPEND(sessions->all, session);
    stranger_hand_over(stranger, &session->stranger, session_close, session);
    be_patient(session);
    watch_give(watch, on_ready, session);
    status = watch_want(watch, states[SESSION_READING].wanted);
    if (status < 0)
        close_unwatched(session, status);
    else
        step_reading(session);
}

struct sessions *sessions_new(struct mapper *mapper, void (*kill)(void *data), void *data)
{
    struct sessions *sessions = mem_new(sizeof(*sessions));
    const struct mapper_options *options = &mapper->options;
    struct {
        uint64_t patience_ms;
        void (*over)(void *session);
    } of[SESSION_REGISTERED] = {
        [SESSION_READING] = {options->packet_timeout_ms, on_timeout},
        [SESSION_DELAYED] = {options->reply_delay_ms, send_reply},
        [SESSION_WAITING] = {SESSIONS_SLOW_MS, on_timeout},
        [SESSION_IGNORED] = {options->packet_timeout_ms, on_timeout},
        [SESSION_REPLYING] = {options->packet_timeout_ms, on_timeout},
        [SESSION_REFUSED] = {SESSIONS_REFUSED_MS, session_close},
    };

    sessions->mapper = mapper;
    sessions->kill = kill;
    sessions->data = data;
    for (size_t i = 0; i < SESSION_REGISTERED; i++)
        expiry_init(&sessions->patience[i], mapper->loop, of[i].patience_ms, of[i].over);
    return sessions;
}

void sessions_free(struct sessions *sessions)
{
    while (sessions->all)
        session_close(sessions->all);
    for (size_t i = 0; i < SESSION_REGISTERED; i++)
        expiry_done(&sessions->patience[i]);
    free(sessions);
}
