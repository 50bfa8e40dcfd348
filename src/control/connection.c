/* SPDX-License-Identifier: MIT */
#include "control/connection.h"

#include <microhttpd.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "loop/address.h"

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

bool connection_is_local(struct MHD_Connection *connection)
{
    int fd = connection_fd(connection);
    struct address peer = address_of_peer(fd), local = address_of_socket(fd);

    return address_is_local_peer(&peer, &local);
}

bool connection_stays(struct MHD_Connection *connection, const char *version)
{
    const char *wanted = connection_header(connection, MHD_HTTP_HEADER_CONNECTION);

    if (strcmp(version, MHD_HTTP_VERSION_1_1) != 0)
        return wanted && strcasestr(wanted, "keep-alive");
    return !wanted || !strcasestr(wanted, "close");
}

const char *connection_header(struct MHD_Connection *connection, const char *name)
{
    return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

const char *connection_query(const void *connection, const char *name)
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

const char *connection_other_query(const void *connection, const char *const *known)
{
    struct unknown unknown = {.known = known};

    MHD_get_connection_values((struct MHD_Connection *)connection, MHD_GET_ARGUMENT_KIND, look_at_name, &unknown);
    return unknown.found;
}
