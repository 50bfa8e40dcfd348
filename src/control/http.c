/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <microhttpd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <utlist.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/utf8.h"
#include "control/control.h"
#include "control/guard.h"
#include "control/routes.h"
#include "control/waits.h"
#include "model/counters.h"
#include "loop/loop.h"
#include "loop/relay.h"

/* How often conditions that somebody waits for are looked at. */
#define LOOK_MS 20

/* One request, while it comes and while it waits. */
struct incoming {
    struct text body;
    bool too_large;
    struct wait *wait; /* for a condition; the connection is suspended meanwhile */
    enum wait_outcome outcome;
    struct api_error missing;
    struct MHD_Connection *connection;
    struct incoming *prev, *next; /* control->waiting */
};

struct control {
    struct relay *relay;
    struct api api;
    struct MHD_Daemon *mhd;
    struct watch *watch;      /* of libmicrohttpd's own epoll descriptor */
    struct alarm *alarm;      /* its time-outs */
    struct incoming *waiting; /* requests that are answered later */
    size_t waiting_count;
    struct alarm *look; /* at those */
};

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

/* libmicrohttpd's own words about malformed requests. */
static void on_log(void *data, const char *format, va_list args)
{
    char line[512];

    (void)data;
    vsnprintf(line, sizeof(line), format, args);
    line[strcspn(line, "\n")] = 0;
    log_debug("HTTP: %s", line);
}

static enum MHD_Result send_json(struct control *control, struct MHD_Connection *connection, unsigned status,
                                 json_t *json)
{
    char *text = json_dumps(json, JSON_INDENT(2));
    struct MHD_Response *response;
    enum MHD_Result result;

    json_decref(json);
    if (!text)
        return MHD_NO;
    if (status >= 400)
        COUNT(control->relay->counters, http_refused);
    text = mem_resize(text, strlen(text) + 2);
    strcat(text, "\n"); /* people read it in terminals */
    response = MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_MUST_FREE);
    MHD_add_response_header(response, "Content-Type", "application/json; charset=utf-8");
    MHD_add_response_header(response, "Cache-Control", "no-store");
    result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result send_error(struct control *control, struct MHD_Connection *connection, struct api_error *error)
{
    utf8_make_line(error->text); /* it repeats what was sent, perhaps cut off within a character */
    log_debug("HTTP: %d %s", error->status, error->text);
    return send_json(control, connection, (unsigned)error->status,
                     json_pack("{s:s, s:i}", "error", error->text, "status", error->status));
}

static void collect(struct incoming *incoming, const char *data, size_t len)
{
    if (incoming->body.len + len > CONTROL_BODY_BYTES_MAX)
        incoming->too_large = true;
    else
        text_add(&incoming->body, data, len);
}

static bool is_local(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct address peer = address_of_peer(info->connect_fd);
    struct address local = address_of_socket(info->connect_fd);

    return address_is_local_peer(&peer, &local);
}

static struct guard_request headers_of(struct MHD_Connection *connection)
{
    return (struct guard_request){
        .local = is_local(connection),
        .host = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Host"),
        .origin = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Origin"),
        .content_type = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Content-Type"),
    };
}

static const char *query(const void *connection, const char *name)
{
    return MHD_lookup_connection_value((struct MHD_Connection *)connection, MHD_GET_ARGUMENT_KIND, name);
}

struct unknown {
    const char *const *known;
    const char *found;
};

static enum MHD_Result look_at_name(void *data, enum MHD_ValueKind kind, const char *name, const char *value)
{
    struct unknown *unknown = data;

    (void)kind;
    (void)value;
    for (const char *const *known = unknown->known; *known; known++)
        if (strcmp(*known, name) == 0)
            return MHD_YES;
    unknown->found = name;
    return MHD_NO;
}

static const char *other_query(const void *connection, const char *const *known)
{
    struct unknown unknown = {.known = known};

    MHD_get_connection_values((struct MHD_Connection *)connection, MHD_GET_ARGUMENT_KIND, look_at_name, &unknown);
    return unknown.found;
}

/* ---- requests that wait ---- */

static enum MHD_Result answer_waited(struct control *control, struct incoming *incoming)
{
    if (incoming->outcome == WAIT_ON) /* it has left */
        return MHD_NO;
    if (incoming->outcome == WAIT_TIMED_OUT)
        return send_error(control, incoming->connection, &incoming->missing);
    return send_json(control, incoming->connection, MHD_HTTP_OK, json_pack("{s:b}", "holds", 1));
}

static void stop_waiting(struct control *control, struct incoming *incoming)
{
    DL_DELETE(control->waiting, incoming);
    control->waiting_count--;
    wait_free(incoming->wait);
    incoming->wait = NULL;
}

/* libmicrohttpd does not look at a suspended connection; a client that has left must not keep a place. */
static bool has_left(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    char byte;
    ssize_t got = recv(info->connect_fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);

    return got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR);
}

static enum MHD_Result begin_waiting(struct control *control, struct MHD_Connection *connection,
                                     struct incoming *incoming)
{
    incoming->connection = connection;
    incoming->outcome = wait_look(incoming->wait, &control->api, &incoming->missing);
    if (incoming->outcome == WAIT_ON && control->waiting_count >= WAITS_MAX) {
        incoming->outcome = WAIT_TIMED_OUT;
        api_refuse(&incoming->missing, 503, "%d requests are waiting already; try again when one of them has ended",
                   WAITS_MAX);
    }
    if (incoming->outcome != WAIT_ON) {
        wait_free(incoming->wait);
        incoming->wait = NULL;
        return answer_waited(control, incoming);
    }
    if (control->waiting_count == 0)
        alarm_set(control->look, LOOK_MS);
    DL_APPEND(control->waiting, incoming);
    control->waiting_count++;
    MHD_suspend_connection(incoming->connection);
    return MHD_YES;
}

static void on_look(void *data)
{
    struct control *control = data;
    struct incoming *incoming, *next;
    bool any = false;

    DL_FOREACH_SAFE(control->waiting, incoming, next) {
        incoming->outcome = wait_look(incoming->wait, &control->api, &incoming->missing);
        if (incoming->outcome == WAIT_ON && !has_left(incoming->connection))
            continue;
        stop_waiting(control, incoming);
        MHD_resume_connection(incoming->connection); /* on_request() is called again for it */
        any = true;
    }
    if (control->waiting_count > 0)
        alarm_set(control->look, LOOK_MS);
    if (any)
        run(control);
}

/* The daemon ends. libmicrohttpd wants none suspended then. */
static void end_waiting(struct control *control)
{
    bool any = control->waiting;

    while (control->waiting) {
        struct incoming *incoming = control->waiting;

        incoming->outcome = WAIT_TIMED_OUT;
        api_refuse(&incoming->missing, 503, "the daemon has ended meanwhile");
        stop_waiting(control, incoming);
        MHD_resume_connection(incoming->connection);
    }
    if (any)
        MHD_run(control->mhd);
}

/* ---- requests ---- */

static enum MHD_Result answer(struct control *control, struct MHD_Connection *connection, const char *path,
                              const char *method, struct incoming *incoming)
{
    struct guard_request headers = headers_of(connection);
    struct api_request request = {.method = method,
                                  .path = path,
                                  .body = incoming->body.data,
                                  .len = incoming->body.len,
                                  .query = query,
                                  .other_query = other_query,
                                  .data = connection};
    struct api_error error = {0};
    json_t *reply = NULL;

    COUNT(control->relay->counters, http_requests);
    headers.has_body = incoming->body.len > 0 || incoming->too_large;
    if (guard_check(&headers, &error) < 0)
        return send_error(control, connection, &error);
    if (incoming->too_large)
        api_refuse(&error, 413, "the body is larger than %d bytes", CONTROL_BODY_BYTES_MAX);
    else
        reply = routes_answer(&control->api, &request, &incoming->wait, &error);
    if (incoming->wait)
        return begin_waiting(control, connection, incoming);
    return reply ? send_json(control, connection, MHD_HTTP_OK, reply) : send_error(control, connection, &error);
}

/* Called once with the headers, then with each part of the body, and once more when it is complete. */
static enum MHD_Result on_request(void *data, struct MHD_Connection *connection, const char *path, const char *method,
                                  const char *version, const char *upload, size_t *upload_len, void **request)
{
    struct incoming *incoming = *request;

    (void)version;
    if (!incoming) {
        *request = mem_new(sizeof(*incoming));
        return MHD_YES;
    }
    if (*upload_len > 0) {
        collect(incoming, upload, *upload_len);
        *upload_len = 0;
        return MHD_YES;
    }
    if (incoming->connection)
        return answer_waited(data, incoming);
    return answer(data, connection, path, method, incoming);
}

static void on_completed(void *data, struct MHD_Connection *connection, void **request,
                         enum MHD_RequestTerminationCode how)
{
    struct incoming *incoming = *request;

    (void)connection;
    (void)how;
    if (!incoming)
        return;
    if (incoming->wait)
        stop_waiting(data, incoming);
    text_done(&incoming->body);
    free(incoming);
}

void control_adopt(void *data, int fd, const struct address *peer)
{
    struct control *control = data;

    /* libmicrohttpd closes the socket in any case, also when it has too many. */
    MHD_add_connection(control->mhd, fd, &peer->any, peer->len);
    run(control);
}

struct control *control_new(struct relay *relay, const char *version)
{
    struct control *control = mem_new(sizeof(*control));
    const union MHD_DaemonInfo *info;

    control->relay = relay;
    control->api = (struct api){.relay = relay, .version = version, .started_ms = loop_now_ms(relay->loop)};
    control->mhd = MHD_start_daemon(
        MHD_ALLOW_SUSPEND_RESUME | MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_USE_ERROR_LOG, 0, NULL, NULL,
        on_request, control, MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL, MHD_OPTION_NOTIFY_COMPLETED, on_completed,
        control, MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONTROL_CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned)CONTROL_IDLE_S, MHD_OPTION_END);
    info = control->mhd ? MHD_get_daemon_info(control->mhd, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
    if (info)
        control->watch = watch_new(relay->loop, info->epoll_fd, on_ready, control);
    if (!control->watch) {
        control_free(control);
        return NULL;
    }
    watch_want(control->watch, READY_READ);
    control->alarm = alarm_new(relay->loop, on_time, control);
    control->look = alarm_new(relay->loop, on_look, control);
    return control;
}

void control_free(struct control *control)
{
    if (!control)
        return;
    watch_free(control->watch);
    alarm_free(control->alarm);
    alarm_free(control->look);
    end_waiting(control);
    if (control->mhd)
        MHD_stop_daemon(control->mhd);
    free(control);
}
