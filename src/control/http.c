/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/text.h"
#include "control/connection.h"
#include "control/control.h"
#include "control/places.h"
#include "control/reply.h"
#include "control/routes.h"
#include "control/serving.h"
#include "control/stream.h"
#include "control/turns.h"
#include "control/waiting.h"
#include "loop/listeners.h"
#include "loop/loop.h"
#include "model/counters.h"
#include "model/rules.h"
#include "service/service.h"
#include "service/waits.h"

/* One request, while it comes and is answered. One of the last three may be there: its connection is suspended ... */
struct incoming {
    struct control *control;
    struct MHD_Connection *connection;
    struct text body;
    const char *ends;        /* why the connection is not left open behind it; NULL: it is */
    bool refused, too_large; /* whatever its body will be */
    struct waiting *waiting; /* ... until a condition holds, */
    struct serving *serving; /* or its turn comes to have a piece of the answer made, */
    struct stream *stream;   /* or there are events to tell */
};

struct control {
    struct api api;
    struct waits *waits;
    struct streams *streams;
    struct MHD_Daemon *mhd;
    struct watch *watch; /* of libmicrohttpd's own epoll descriptor */
    struct alarm *alarm; /* its time-outs, and what it has to be told behind our callbacks */
    struct places places;
    enum way adopts;                        /* the connection that libmicrohttpd is given comes by that way */
    struct listeners *by_unix, *by_address; /* the further ways in */
    struct turns turns;                     /* of those whose answers take their time */
    bool ends;                              /* nobody is told any more: neither waits nor streams may begin */
};

/* Never from inside libmicrohttpd's callbacks. */
static void run(struct control *control)
{
    MHD_UNSIGNED_LONG_LONG wait_ms;

    MHD_run(control->mhd);
    if (MHD_get_timeout(control->mhd, &wait_ms) == MHD_YES)
        alarm_set(control->alarm, wait_ms);
    else
        alarm_clear(control->alarm);
}

static void on_time(void *data)
{
    run(data);
}

static void on_ready(void *data, unsigned ready)
{
    (void)ready;
    run(data);
}

/* ---- answers ---- */

static enum MHD_Result send_answer(struct control *control, struct MHD_Connection *connection,
                                   const struct api_answer *answer)
{
    char line[REFUSAL_LINE_BYTES];

    if (answer->status == HTTP_OK)
        return reply_document(connection, HTTP_OK, answer->document, "");
    COUNT(control->api.service->counters, http_refused);
    refusal_print(&answer->refusal, line, sizeof(line));
    log_debug("HTTP: %u %s", answer->status, line);
    return reply_document(connection, answer->status,
                          json_pack("{s:s, s:i}", "error", line, "status", (int)answer->status), answer->allow);
}

static enum MHD_Result send_refusal(struct control *control, struct MHD_Connection *connection,
                                    const struct refusal *refusal)
{
    return send_answer(control, connection,
                       &(struct api_answer){.status = routes_status_of(refusal), .refusal = *refusal});
}

static enum MHD_Result refuse_at_the_end(struct control *control, struct MHD_Connection *connection)
{
    struct refusal refusal;

    refuse_as(&refusal, -EBUSY, NULL, "the daemon ends");
    return send_refusal(control, connection, &refusal);
}

/* ---- answers that take their time ---- */

/* Its turn has come. At the end control_free() runs libmicrohttpd, when all go on. */
static void go_on(void *data)
{
    struct incoming *incoming = data;

    MHD_resume_connection(incoming->connection);
    if (!incoming->control->ends)
        run(incoming->control);
}

/* libmicrohttpd goes on with it when it runs. */
static void resume(void *data)
{
    struct incoming *incoming = data;

    MHD_resume_connection(incoming->connection);
    alarm_set(incoming->control->alarm, 0);
}

static enum MHD_Result begin_waiting(struct control *control, struct incoming *incoming,
                                     const struct api_answer *answer)
{
    incoming->waiting = waiting_begin(control->waits, &control->turns, control->api.service, incoming->connection,
                                      &answer->wait, resume, incoming);
    return MHD_YES;
}

static enum MHD_Result end_waiting(struct control *control, struct incoming *incoming)
{
    struct api_answer answer;

    return waiting_answer(incoming->waiting, &answer) ? send_answer(control, incoming->connection, &answer) : MHD_NO;
}

static ssize_t read_stream(void *data, uint64_t position, char *to, size_t max)
{
    struct incoming *incoming = data;
    ssize_t len = stream_read(incoming->stream, to, max);

    (void)position;
    if (len == 0)
        MHD_suspend_connection(incoming->connection);
    return len == STREAM_OVER ? MHD_CONTENT_READER_END_OF_STREAM : len;
}

/* HEAD is told how it would begin, and takes no place. */
static enum MHD_Result begin_streaming(struct control *control, struct incoming *incoming, bool head,
                                       const struct api_answer *answer)
{
    struct refusal refusal;

    if (!head && stream_begin(control->streams, &answer->events, connection_fd(incoming->connection), resume, incoming,
                              &incoming->stream, &refusal) < 0)
        return send_refusal(control, incoming->connection, &refusal);
    return reply_from(incoming->connection, head, read_stream, incoming, STREAM_BLOCK_BYTES_MAX, STREAM_TYPE);
}

/* ---- requests ---- */

static struct place *place_of(struct MHD_Connection *connection)
{
    return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

/* Nothing is kept of what will be refused. */
static void collect(struct incoming *incoming, const char *data, size_t len)
{
    if (incoming->body.len + len > CONTROL_BODY_BYTES_MAX)
        incoming->too_large = true;
    else if (!incoming->refused && !incoming->too_large)
        text_add(&incoming->body, data, len);
}

static unsigned guard(const struct control *control, struct MHD_Connection *connection, bool has_body,
                      struct refusal *refusal)
{
    return connection_guard(connection, place_of(connection)->way, control->api.token, has_body, refusal);
}

/* 0: without an end. An owner may be silent for as long as it likes; but what it is told it has to take. */
static void be_patient(struct MHD_Connection *connection, unsigned seconds)
{
    if (place_of(connection)->owner)
        MHD_set_connection_option(connection, MHD_CONNECTION_OPTION_TIMEOUT, seconds);
}

static enum MHD_Result answer_request(struct control *control, struct incoming *incoming, const char *path,
                                      const char *method)
{
    struct MHD_Connection *connection = incoming->connection;
    struct place *place = place_of(connection);
    bool head = strcmp(method, "HEAD") == 0, owned = place->owner;
    struct api_request request = connection_request(connection, method, path, incoming->body.data, incoming->body.len);
    struct api_answer answer = {.status = HTTP_OK};

    request.owns_not = incoming->ends ? incoming->ends : place_owns_not(place);
    request.owner = request.owns_not ? NULL : &place->owner;
    COUNT(control->api.service->counters, http_requests);
    answer.status = guard(control, connection, incoming->body.len > 0 || incoming->too_large, &answer.refusal);
    if (answer.status == HTTP_OK && incoming->too_large) {
        answer.status = HTTP_TOO_LARGE;
        refuse(&answer.refusal, NULL, "the body is larger than %d bytes", CONTROL_BODY_BYTES_MAX);
    }
    if (answer.status == HTTP_OK && control->ends)
        return refuse_at_the_end(control, connection);
    if (answer.status == HTTP_OK)
        routes_answer(&control->api, &request, &answer);
    if (!owned && place->owner)
        place_owns(place);
    be_patient(connection, CONTROL_IDLE_S);
    if (answer.streams)
        return begin_streaming(control, incoming, head, &answer);
    if (answer.pieces) {
        incoming->serving = serving_begin(&control->turns, connection, head, answer.pieces, go_on, incoming);
        return MHD_YES;
    }
    return answer.waits ? begin_waiting(control, incoming, &answer) : send_answer(control, connection, &answer);
}

/* All of it has come, or as much as there is any need for. */
static enum MHD_Result on_complete(struct control *control, struct incoming *incoming, const char *path,
                                   const char *method)
{
    place_entered(place_of(incoming->connection));
    return answer_request(control, incoming, path, method);
}

/* Whoever asks whether it may send a body that nobody will look at is answered now; else that has to come first. */
static enum MHD_Result on_headers(struct control *control, struct incoming *incoming, const char *path,
                                  const char *method)
{
    struct MHD_Connection *connection = incoming->connection;
    const char *expects = connection_header(connection, "Expect");
    const char *length = connection_header(connection, "Content-Length");
    struct refusal refusal;

    incoming->refused = guard(control, connection, false, &refusal) != HTTP_OK;
    incoming->too_large = length && strtoull(length, NULL, 10) > CONTROL_BODY_BYTES_MAX;
    if (expects && strcasecmp(expects, "100-continue") == 0 && (incoming->refused || incoming->too_large))
        return on_complete(control, incoming, path, method);
    return MHD_YES;
}

/* Called once with the headers, then with each part of the body, and once more when it is complete. */
static enum MHD_Result on_request(void *data, struct MHD_Connection *connection, const char *path, const char *method,
                                  const char *version, const char *upload, size_t *upload_len, void **request)
{
    struct incoming *incoming = *request;
    struct control *control = data;

    if (!incoming) {
        incoming = *request = mem_new(sizeof(*incoming));
        incoming->control = control;
        incoming->connection = connection;
        incoming->ends = connection_ends(connection, version);
        return on_headers(control, incoming, path, method);
    }
    if (*upload_len > 0) {
        collect(incoming, upload, *upload_len);
        *upload_len = 0;
        return MHD_YES;
    }
    if (incoming->serving)
        return control->ends ? refuse_at_the_end(control, connection) : serving_reply(incoming->serving);
    if (incoming->waiting)
        return end_waiting(control, incoming);
    return on_complete(control, incoming, path, method);
}

static void on_completed(void *data, struct MHD_Connection *connection, void **request,
                         enum MHD_RequestTerminationCode how)
{
    struct incoming *incoming = *request;

    (void)data;
    (void)how;
    if (!incoming)
        return;
    waiting_free(incoming->waiting);
    if (incoming->stream)
        stream_leave(incoming->stream);
    serving_free(incoming->serving);
    text_done(&incoming->body);
    free(incoming);
    be_patient(connection, 0);
    place_entering(place_of(connection)); /* the next request may come on the same connection */
}

/* ---- connections ---- */

/* Its rules go with it. */
static void leave(struct control *control, struct place *place)
{
    struct lease *owner = place->owner;

    place_leave(place);
    rules_end_owner(control->api.service->rules, owner);
}

static void on_connection(void *data, struct MHD_Connection *connection, void **place,
                          enum MHD_ConnectionNotificationCode what)
{
    struct control *control = data;

    if (what == MHD_CONNECTION_NOTIFY_STARTED)
        *place = place_take(&control->places, connection_fd(connection), control->adopts);
    else
        leave(control, *place);
}

/* libmicrohttpd closes a connection that was shut when it runs. */
static void on_shut(void *data)
{
    struct control *control = data;

    alarm_set(control->alarm, 0);
}

static void adopt(void *data, int fd, const struct address *peer, enum way way)
{
    struct control *control = data;

    control->adopts = way;
    if (places_make_room(&control->places))
        run(control);
    /* libmicrohttpd closes the socket in any case, also when it has too many. */
    if (MHD_add_connection(control->mhd, fd, &peer->any, peer->len) != MHD_YES && (errno == ENOSPC || errno == ENOMEM))
        log_warning("an HTTP connection is closed: it cannot be watched, or there is no memory for it: %s",
                    strerror(errno));
    run(control);
}

void control_adopt(void *control, int fd, const struct address *peer)
{
    adopt(control, fd, peer, WAY_PORT);
}

/* The name of a Unix socket's peer is none of an address, and says nothing. */
static void adopt_by_unix(void *control, int fd, const struct address *peer)
{
    const struct address nobody = {.any.sa_family = AF_UNIX, .len = sizeof(sa_family_t)};

    (void)peer;
    adopt(control, fd, &nobody, WAY_UNIX);
}

static void adopt_by_address(void *control, int fd, const struct address *peer)
{
    adopt(control, fd, peer, WAY_ADDRESS);
}

int control_listen(struct control *control, int fd, enum way way)
{
    return listeners_add(way == WAY_UNIX ? control->by_unix : control->by_address, fd);
}

struct control *control_new(const struct api *api)
{
    struct control *control = mem_new(sizeof(*control));
    struct loop *loop = api->service->loop;
    const union MHD_DaemonInfo *info;

    control->api = *api;
    control->waits = waits_new(api->service);
    control->streams = streams_new(api->service);
    places_init(&control->places, loop, on_shut, control);
    turns_init(&control->turns, loop);
    control->by_unix = listeners_new(loop, api->descriptors, adopt_by_unix, control);
    control->by_address = listeners_new(loop, api->descriptors, adopt_by_address, control);
    control->alarm = alarm_new(loop, on_time, control);
    control->mhd = MHD_start_daemon(
        MHD_ALLOW_SUSPEND_RESUME | MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_USE_ERROR_LOG, 0, NULL, NULL,
        on_request, control, MHD_OPTION_EXTERNAL_LOGGER, connection_log, NULL, MHD_OPTION_NOTIFY_COMPLETED,
        on_completed, control, MHD_OPTION_NOTIFY_CONNECTION, on_connection, control, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)CONTROL_CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)CONTROL_IDLE_S, MHD_OPTION_END);
    info = control->mhd ? MHD_get_daemon_info(control->mhd, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
    if (info)
        control->watch = watch_new(loop, info->epoll_fd, on_ready, control);
    if (!control->watch || watch_want(control->watch, READY_READ) < 0) {
        control_free(control);
        return NULL;
    }
    return control;
}

void control_free(struct control *control)
{
    if (!control)
        return;
    control->ends = true;
    listeners_free(control->by_unix);
    listeners_free(control->by_address);
    waits_free(control->waits); /* libmicrohttpd wants none suspended when it stops */
    streams_end(control->streams);
    turns_end(&control->turns);
    watch_free(control->watch);
    if (control->mhd) {
        MHD_run(control->mhd);
        MHD_stop_daemon(control->mhd);
    }
    streams_free(control->streams);
    alarm_free(control->alarm);
    turns_done(&control->turns);
    places_done(&control->places);
    free(control);
}
