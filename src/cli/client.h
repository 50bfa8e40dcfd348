/* SPDX-License-Identifier: MIT */
/*
 * Requests to the daemon's control API.
 */
#ifndef CLI_CLIENT_H
#define CLI_CLIENT_H

#include <jansson.h>
#include <stdbool.h>

struct asking;
struct command;
struct target;
struct text;

/* How long a daemon may say nothing that has something to say; and how long while it tells events as they happen. */
#define CLIENT_SILENCE_S 10
#define CLIENT_STREAM_SILENCE_S 60

/* The next bytes of a stream; false: no more of it. */
typedef bool client_stream_fn(void *data, const char *bytes, size_t len);

struct client_request {
    const struct target *target;
    const char *method; /* NULL: POST with a body, else GET */
    const char *path;   /* with its query, escaped */
    json_t *body;       /* NULL: none; the reference is taken over */
    long waits_s;       /* so long the daemon may wait before it has something to say */
    bool may_be_gone;   /* HTTP status 404 is fine as well */

    client_stream_fn *stream; /* NULL: an answer; else events as they happen */
    void *stream_data;
    const char *last_event_id; /* from where on; NULL: the path says so */
};

/*
 * Sends it and waits for the answer. Returns STATUS_OK and the answer in *ret, the caller's; or another exit status,
 * and has said in one line what is wrong.
 */
int client_ask(const struct command *self, const struct client_request *request, json_t **ret);

/*
 * Listens to a stream until it ends. Returns STATUS_OK; or another exit status, and has said in one line what is wrong.
 * `again`: that nobody is there is as good as its end, and not said.
 */
int client_listen(const struct command *self, const struct client_request *request, bool again);

/*
 * client_ask() for a subcommand's last request, to the daemon that its options say; shows the answer: as JSON, or in
 * the lines that `add` makes of it (NULL: in none). Returns the exit status.
 */
int client_tell(const struct command *self, const struct asking *asking, struct client_request request,
                void (*add)(struct text *to, const json_t *answer));

/* A word as part of a path or query; the caller frees it with free(). */
char *client_escape(const char *word);

/* JSON for people and programs, on standard output. */
void client_print(const json_t *json);

#endif
