/* SPDX-License-Identifier: MIT */
/*
 * Questions in the EPMD protocol, as the stock `epmd` program asks them: to whichever daemon runs on this machine.
 */
#ifndef CLI_QUERY_H
#define CLI_QUERY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

#define QUERY_NAME_BYTES_MAX 1000 /* as with the stock program */

/*
 * Connects to ::1, else to 127.0.0.1, sends the request (opcode and perhaps a name) and collects the reply until the
 * daemon closes. Returns 0, or a negative errno when nobody listens. The reply is the caller's to end.
 */
int query_ask(int port, char opcode, const char *name, struct text *ret_reply);

/*
 * Asks for the names, and calls that for each registered node. Returns 0; -ECONNREFUSED or the like when nobody
 * listens, -EPROTO when it is no port mapper.
 */
int query_names(int port, void (*each)(void *data, const char *name, int node_port), void *data);

/* Does anybody listen there? 0, or a negative errno. */
int query_connects(int port);

/* Is the port mapper that answers there one of ours? */
bool query_is_epmdpxy(int port);

#endif
