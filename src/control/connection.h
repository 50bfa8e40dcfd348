/* SPDX-License-Identifier: MIT */
/*
 * What libmicrohttpd knows about a connection and its request, asked in our words.
 */
#ifndef CONTROL_CONNECTION_H
#define CONTROL_CONNECTION_H

#include <stdarg.h>
#include <stdbool.h>

struct MHD_Connection;

/* What libmicrohttpd has to say about malformed requests goes to our log. */
void connection_log(void *nobody, const char *format, va_list args);

int connection_fd(struct MHD_Connection *connection);

/* The peer is on this machine. */
bool connection_is_local(struct MHD_Connection *connection);

/* It is left open when the request of that version of HTTP has been answered. */
bool connection_stays(struct MHD_Connection *connection, const char *version);

/* The value of a header, or NULL. */
const char *connection_header(struct MHD_Connection *connection, const char *name);

/* For a struct api_request, whose data is the connection. */
const char *connection_query(const void *connection, const char *name);
const char *connection_other_query(const void *connection, const char *const *known);

#endif
