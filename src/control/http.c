/* SPDX-License-Identifier: MIT */
#include <microhttpd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/text.h"
#include "control/control.h"
#include "control/guard.h"
#include "control/routes.h"
#include "model/counters.h"
#include "net/loop.h"
#include "net/relay.h"

struct control {
    struct relay *relay;
    struct api api;
    struct MHD_Daemon *mhd;
    struct watch *watch; /* of libmicrohttpd's own epoll descriptor */
    struct alarm *alarm; /* its time-outs */
};

/* One request while it comes. */
struct incoming {
    struct text body;
    bool too_large;
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

static enum MHD_Result send_error(struct control *control, struct MHD_Connection *connection,
                                  const struct api_error *error)
{
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

static enum MHD_Result answer(struct control *control, struct MHD_Connection *connection, const char *path,
                              const char *method, const struct incoming *incoming)
{
    struct guard_request headers = headers_of(connection);
    struct api_error error = {0};
    json_t *reply = NULL;

    COUNT(control->relay->counters, http_requests);
    headers.has_body = incoming->body.len > 0 || incoming->too_large;
    if (guard_check(&headers, &error) < 0)
        return send_error(control, connection, &error);
    if (incoming->too_large)
        api_refuse(&error, 413, "the body is larger than %d bytes", CONTROL_BODY_BYTES_MAX);
    else
        reply = routes_answer(&control->api, method, path, incoming->body.data, incoming->body.len, &error);
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
    return answer(data, connection, path, method, incoming);
}

static void on_completed(void *data, struct MHD_Connection *connection, void **request,
                         enum MHD_RequestTerminationCode how)
{
    struct incoming *incoming = *request;

    (void)data;
    (void)connection;
    (void)how;
    if (incoming)
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
    control->mhd =
        MHD_start_daemon(MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_USE_ERROR_LOG, 0, NULL, NULL, on_request,
                         control, MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL, MHD_OPTION_NOTIFY_COMPLETED, on_completed,
                         NULL, MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONTROL_CONNECTIONS_MAX,
                         MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)CONTROL_IDLE_S, MHD_OPTION_END);
    info = control->mhd ? MHD_get_daemon_info(control->mhd, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
    if (info)
        control->watch = watch_new(relay->loop, info->epoll_fd, on_ready, control);
    if (!control->watch) {
        control_free(control);
        return NULL;
    }
    watch_want(control->watch, READY_READ);
    control->alarm = alarm_new(relay->loop, on_time, control);
    return control;
}

void control_free(struct control *control)
{
    if (!control)
        return;
    watch_free(control->watch);
    alarm_free(control->alarm);
    if (control->mhd)
        MHD_stop_daemon(control->mhd);
    free(control);
}
