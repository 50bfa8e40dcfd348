/* SPDX-License-Identifier: MIT */
/*
 * Requests to the daemon's control API.
 */
#ifndef CLI_CLIENT_H
#define CLI_CLIENT_H

#include <jansson.h>

struct command;

/*
 * Sends `body` (NULL: GET, else POST; the reference is taken over) and waits for the answer. Returns STATUS_OK and the
 * answer in *ret, the caller's; or another exit status, and has said in one line what is wrong.
 */
int client_ask(const struct command *self, int port, const char *path, json_t *body, json_t **ret);

/* JSON for people and programs, on standard output. */
void client_print(const json_t *json);

#endif
