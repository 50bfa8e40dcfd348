/* SPDX-License-Identifier: MIT */
/*
 * What libmicrohttpd knows about a connection and its request, asked in our words.
 */
#ifndef CONTROL_CONNECTION_H
#define CONTROL_CONNECTION_H

#include <stdarg.h>
#include <stdbool.h>

#include "control/api.h"
#include "control/way.h"

struct MHD_Connection;
struct refusal;

/* What libmicrohttpd has to say about malformed requests goes to our log. */
void connection_log(void *nobody, const char *format, va_list args);

int connection_fd(struct MHD_Connection *connection);

/* NULL: it is left open when the request of that version of HTTP has been answered, however; else why it may not be. */
const char *connection_ends(struct MHD_Connection *connection, const char *version);

/* The value of a header, or NULL. */
const char *connection_header(struct MHD_Connection *connection, const char *name);

/* May whoever has come by that way ask? As guard_check(); the token is that of struct guard_request. */
unsigned connection_guard(struct MHD_Connection *connection, enum way way, const char *token, bool has_body,
                          struct refusal *refusal);

/* What is asked: good for as long as the connection has that request. */
struct api_request connection_request(struct MHD_Connection *connection, const char *method, const char *path,
                                      const char *body, size_t len);

#endif
