/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/text.h"
#include "control/connection.h"
#include "control/control.h"
#include "control/guard.h"
#include "control/places.h"
#include "control/reply.h"
#include "control/routes.h"
#include "control/serving.h"
#include "control/stream.h"
#include "control/turns.h"
#include "loop/loop.h"
#include "model/counters.h"
#include "model/events.h"
#include "model/rules.h"
#include "request/answers.h"
#include "request/terms.h"
#include "service/service.h"
#include "service/waits.h"

#define STREAM_TYPE "text/event-stream"

/* One request, while it comes and while it waits, or while events are told. */
struct incoming {
    struct control *control;
    struct MHD_Connection *connection;
    struct text body;
    bool too_large;
    struct wait *wait;        /* for a condition; the connection is suspended meanwhile */
    struct serving *serving;  /* of an answer in pieces; the connection is suspended until its turn comes */
    struct stream *stream;    /* of events; the connection is suspended while there is nothing to tell */
    struct watch *watch;      /* tells that whoever waits has left */
    struct api_answer answer; /* when it has waited */
};

struct control {
    struct api api;
    struct waits *waits;
    struct streams *streams;
    struct MHD_Daemon *mhd;
    struct watch *watch; /* of libmicrohttpd's own epoll descriptor */
    struct alarm *alarm; /* its time-outs, and what it has to be told behind our callbacks */
    struct places places;
    struct turns turns; /* of those to whom answers in pieces are brought */
    bool ends;          /* nobody is told any more: neither waits nor streams may begin */
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

static enum MHD_Result refuse_at_the_end(struct control *control, struct MHD_Connection *connection)
{
    struct api_answer answer = {0};

    refuse_as(&answer.refusal, -EBUSY, NULL, "the daemon ends");
    answer.status = routes_status_of(&answer.refusal);
    return send_answer(control, connection, &answer);
}

/* ---- answers in pieces ---- */

/* At the end control_free() runs libmicrohttpd, when all go on. */
static void go_on(void *data)
{
    struct incoming *incoming = data;

    MHD_resume_connection(incoming->connection);
    if (!incoming->control->ends)
        run(incoming->control);
}

/* ---- requests that wait ---- */

/* `id`: of the event that was waited for, or 0. */
static struct api_answer waited(const struct control *control, uint64_t id)
{
    const struct event *event = id ? events_next(control->api.service->events, id - 1) : NULL;
    json_t *document = json_pack("{s:b}", "holds", 1);

    if (event && event->id == id)
        json_object_set_new(document, "event", event_to_document(event));
    return (struct api_answer){.status = HTTP_OK, .document = document};
}

static struct api_answer refused(const struct refusal *refusal)
{
    return (struct api_answer){.status = routes_status_of(refusal), .refusal = *refusal};
}

static void stop_waiting(struct incoming *incoming)
{
    watch_free(incoming->watch);
    incoming->watch = NULL;
    incoming->wait = NULL;
}

/* libmicrohttpd calls on_request() again for it, when it runs. */
static void resume(struct incoming *incoming)
{
    stop_waiting(incoming);
    MHD_resume_connection(incoming->connection);
    alarm_set(incoming->control->alarm, 0);
}

static void on_wait_over(void *data, const struct refusal *refusal, uint64_t event)
{
    struct incoming *incoming = data;

    incoming->answer = refusal ? refused(refusal) : waited(incoming->control, event);
    resume(incoming);
}

/* libmicrohttpd does not look at a suspended connection; a client that has left must not keep a place. */
static void on_left(void *data, unsigned ready)
{
    struct incoming *incoming = data;

    (void)ready;
    wait_cancel(incoming->wait);
    incoming->answer = (struct api_answer){.status = 0};
    resume(incoming);
}

/* That its client leaves would not be heard, and it would keep its place. */
static enum MHD_Result refuse_to_wait(struct control *control, struct incoming *incoming)
{
    struct refusal refusal;
    struct api_answer answer;

    wait_cancel(incoming->wait);
    stop_waiting(incoming);
    refuse_as(&refusal, -EBUSY, NULL, "the connection cannot be watched meanwhile; try again");
    log_warning("a request that waits is refused: its connection cannot be watched");
    answer = refused(&refusal);
    return send_answer(control, incoming->connection, &answer);
}

static enum MHD_Result begin_waiting(struct control *control, struct incoming *incoming, struct api_answer *answer)
{
    struct refusal refusal;
    uint64_t event;
    int status = wait_begin(control->waits, &answer->wait, on_wait_over, incoming, &incoming->wait, &event, &refusal);

    if (status != -EAGAIN) {
        struct api_answer now = status == 0 ? waited(control, event) : refused(&refusal);

        return send_answer(control, incoming->connection, &now);
    }
    incoming->watch = watch_new(control->api.service->loop, connection_fd(incoming->connection), on_left, incoming);
    if (!incoming->watch || watch_want(incoming->watch, READY_HANGUP) < 0)
        return refuse_to_wait(control, incoming);
    MHD_suspend_connection(incoming->connection);
    return MHD_YES;
}

/* ---- streams of events ---- */

static void on_news(void *data)
{
    struct incoming *incoming = data;

    MHD_resume_connection(incoming->connection);
    alarm_set(incoming->control->alarm, 0);
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

    if (!head && stream_begin(control->streams, &answer->events, connection_fd(incoming->connection), on_news, incoming,
                              &incoming->stream, &refusal) < 0) {
        struct api_answer now = refused(&refusal);

        return send_answer(control, incoming->connection, &now);
    }
    return reply_from(incoming->connection, head, read_stream, incoming, STREAM_BLOCK_BYTES_MAX, STREAM_TYPE);
}

/* ---- requests ---- */

static void collect(struct incoming *incoming, const char *data, size_t len)
{
    if (incoming->body.len + len > CONTROL_BODY_BYTES_MAX)
        incoming->too_large = true;
    else
        text_add(&incoming->body, data, len);
}

static struct place *place_of(struct MHD_Connection *connection)
{
    return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

static enum MHD_Result answer_request(struct control *control, struct incoming *incoming, const char *path,
                                      const char *method, bool stays)
{
    struct MHD_Connection *connection = incoming->connection;
    struct place *place = place_of(connection);
    const char *why_not = place_owns_not(place, stays);
    bool owned = place->owner;
    const struct guard_request guarded = {.local = connection_is_local(connection),
                                          .has_body = incoming->body.len > 0 || incoming->too_large,
                                          .host = connection_header(connection, "Host"),
                                          .origin = connection_header(connection, "Origin"),
                                          .content_type = connection_header(connection, "Content-Type")};
    bool head = strcmp(method, "HEAD") == 0;
    bool streams = guard_accepts(connection_header(connection, "Accept"), STREAM_TYPE);
    const struct api_request request = {
        .method = method,
        .path = path,
        .body = incoming->body.data,
        .len = incoming->body.len,
        .in_terms = guard_is_type(connection_header(connection, "Content-Type"), TERMS_TYPE),
        .wants_terms = reply_is_in_terms(connection),
        .wants_stream = streams,
        .last_event_id = streams ? connection_header(connection, "Last-Event-ID") : NULL,
        .owner = why_not ? NULL : &place->owner,
        .owns_not = why_not,
        .query = connection_query,
        .other_query = connection_other_query,
        .data = connection};
    struct api_answer answer = {.status = HTTP_OK};

    COUNT(control->api.service->counters, http_requests);
    answer.status = guard_check(&guarded, &answer.refusal);
    if (answer.status == HTTP_OK && incoming->too_large) {
        answer.status = HTTP_TOO_LARGE;
        refuse(&answer.refusal, NULL, "the body is larger than %d bytes", CONTROL_BODY_BYTES_MAX);
    }
    if (answer.status == HTTP_OK && control->ends)
        return refuse_at_the_end(control, connection);
    if (answer.status == HTTP_OK)
        routes_answer(&control->api, &request, &answer);
    if (!owned && place->owner) {
        place_owns(place);
        MHD_set_connection_option(connection, MHD_CONNECTION_OPTION_TIMEOUT, 0U);
    }
    if (answer.streams)
        return begin_streaming(control, incoming, head, &answer);
    if (answer.pieces) {
        incoming->serving = serving_begin(&control->turns, connection, head, answer.pieces, go_on, incoming);
        return MHD_YES;
    }
    return answer.waits ? begin_waiting(control, incoming, &answer) : send_answer(control, connection, &answer);
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
        return MHD_YES;
    }
    if (*upload_len > 0) {
        collect(incoming, upload, *upload_len);
        *upload_len = 0;
        return MHD_YES;
    }
    if (incoming->serving)
        return control->ends ? refuse_at_the_end(control, connection) : serving_reply(incoming->serving);
    if (incoming->connection) /* it has waited; status 0: and has left */
        return incoming->answer.status ? send_answer(control, connection, &incoming->answer) : MHD_NO;
    incoming->connection = connection;
    place_entered(place_of(connection));
    return answer_request(control, incoming, path, method, connection_stays(connection, version));
}

static void on_completed(void *data, struct MHD_Connection *connection, void **request,
                         enum MHD_RequestTerminationCode how)
{
    struct incoming *incoming = *request;

    (void)data;
    (void)how;
    if (!incoming)
        return;
    if (incoming->wait) {
        wait_cancel(incoming->wait);
        stop_waiting(incoming);
    }
    if (incoming->stream)
        stream_leave(incoming->stream);
    serving_free(incoming->serving);
    text_done(&incoming->body);
    free(incoming);
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
        *place = place_take(&control->places, connection_fd(connection));
    else
        leave(control, *place);
}

/* libmicrohttpd closes a connection that was shut when it runs. */
static void on_shut(void *data)
{
    struct control *control = data;

    alarm_set(control->alarm, 0);
}

void control_adopt(void *data, int fd, const struct address *peer)
{
    struct control *control = data;

    if (places_make_room(&control->places))
        run(control);
    /* libmicrohttpd closes the socket in any case, also when it has too many. */
    if (MHD_add_connection(control->mhd, fd, &peer->any, peer->len) != MHD_YES && (errno == ENOSPC || errno == ENOMEM))
        log_warning("an HTTP connection is closed: it cannot be watched: %s", strerror(errno));
    run(control);
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
