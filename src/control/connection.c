/* SPDX-License-Identifier: MIT */
#include "control/connection.h"

#include <microhttpd.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "control/guard.h"
#include "control/reply.h"
#include "control/stream.h"
#include "loop/address.h"
#include "request/terms.h"

/* libmicrohttpd's own words about malformed requests. */
void connection_log(void *data, const char *format, va_list args)
{
    char line[512];

    (void)data;
    vsnprintf(line, sizeof(line), format, args);
    line[strcspn(line, "\n")] = 0;
    log_debug("HTTP: %s", line);
}

int connection_fd(struct MHD_Connection *connection)
{
    return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
}

/* The peer is on this machine. */
static bool is_local(struct MHD_Connection *connection)
{
    int fd = connection_fd(connection);
    struct address peer = address_of_peer(fd), local = address_of_socket(fd);

    return address_is_local_peer(&peer, &local);
}

/* What is sent in chunks is ended by the end of the connection before HTTP/1.1, "keep-alive" or not. */
const char *connection_ends(struct MHD_Connection *connection, const char *version)
{
    const char *wanted = connection_header(connection, MHD_HTTP_HEADER_CONNECTION);

    if (strcmp(version, MHD_HTTP_VERSION_1_1) != 0)
        return "this connection ends with a long answer, as it is HTTP/1.0: use HTTP/1.1, or a lease";
    if (wanted && strcasestr(wanted, "close"))
        return "this connection ends with its answer: leave it open (no \"Connection: close\"), and send what is to "
               "follow on it";
    return NULL;
}

const char *connection_header(struct MHD_Connection *connection, const char *name)
{
    return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
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

struct repeated {
    const char *name;
    int count;
};

static enum MHD_Result count_header(void *data, enum MHD_ValueKind kind, const char *name, const char *value)
{
    struct repeated *repeated = data;

    (void)kind;
    (void)value;
    repeated->count += strcasecmp(name, repeated->name) == 0;
    return MHD_YES;
}

static const char *repeated_header(struct MHD_Connection *connection, const char *const *names)
{
    for (; *names; names++) {
        struct repeated repeated = {.name = *names};

        MHD_get_connection_values(connection, MHD_HEADER_KIND, count_header, &repeated);
        if (repeated.count > 1)
            return *names;
    }
    return NULL;
}

unsigned connection_guard(struct MHD_Connection *connection, enum way way, const char *token, bool has_body,
                          struct refusal *refusal)
{
    static const char *const once[] = {"Host", "Origin", "Authorization", "Content-Type", NULL};

    return guard_check(&(struct guard_request){.way = way,
                                               .token = token,
                                               .local = is_local(connection),
                                               .repeated = repeated_header(connection, once),
                                               .host = connection_header(connection, "Host"),
                                               .origin = connection_header(connection, "Origin"),
                                               .authorization = connection_header(connection, "Authorization"),
                                               .has_body = has_body,
                                               .content_type = connection_header(connection, "Content-Type")},
                       refusal);
}

struct api_request connection_request(struct MHD_Connection *connection, const char *method, const char *path,
                                      const char *body, size_t len)
{
    bool streams = guard_accepts(connection_header(connection, "Accept"), STREAM_TYPE);

    return (struct api_request){.method = method,
                                .path = path,
                                .body = body,
                                .len = len,
                                .in_terms = guard_is_type(connection_header(connection, "Content-Type"), TERMS_TYPE),
                                .wants_terms = reply_is_in_terms(connection),
                                .wants_stream = streams,
                                .last_event_id = streams ? connection_header(connection, "Last-Event-ID") : NULL,
                                .query = query,
                                .other_query = other_query,
                                .data = connection};
}
