/* SPDX-License-Identifier: MIT */
#include "cli/follow.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/client.h"
#include "cli/command.h"
#include "cli/target.h"
#include "request/answers.h"

#define PAUSE_MS 200

struct follower {
    bool json;
    struct text line; /* as far as it has come */
    char id[32];      /* the last number that was told, or "" */
    char event[32];
    json_t *data;
    bool heard;  /* something, over this connection */
    bool closed; /* nobody reads what is printed */
    bool strange;
};

/* ---- what is told ---- */

/* A line for programs, or for people; what is lost is said to these beside the events. */
static void print(struct follower *follower)
{
    struct text line = {0};

    if (strcmp(follower->event, "reset") == 0) {
        json_t *next = json_object_get(follower->data, "next");

        if (follower->json)
            json_object_set_new(follower->data, "event", json_string("reset"));
        else
            fprintf(stderr, "epmdpxy events: some are lost: it goes on with event %lld\n",
                    (long long)json_integer_value(next));
    } else if (!follower->json) {
        event_add_line(&line, follower->data);
    }
    if (follower->json) {
        json_dumpf(follower->data, stdout, JSON_COMPACT);
        putchar('\n');
    }
    command_print(&line);
    follower->closed = fflush(stdout) != 0;
    if (follower->closed && errno == EPIPE) /* it has read enough */
        _exit(STATUS_OK);
}

/* ---- text/event-stream, as far as we write it ---- */

/* The value of that field, behind its colon and one blank; or NULL. */
static const char *field(const char *line, const char *name)
{
    size_t len = strlen(name);

    if (strncmp(line, name, len) != 0 || line[len] != ':')
        return NULL;
    return line + len + 1 + (line[len + 1] == ' ');
}

static void take_line(struct follower *follower, const char *line)
{
    const char *value;

    if ((value = field(line, "id"))) {
        snprintf(follower->id, sizeof(follower->id), "%s", value);
    } else if ((value = field(line, "event"))) {
        snprintf(follower->event, sizeof(follower->event), "%s", value);
    } else if ((value = field(line, "data"))) {
        json_decref(follower->data);
        follower->data = json_loads(value, 0, NULL);
    } else if (!*line) {
        if (json_is_object(follower->data))
            print(follower);
        json_decref(follower->data);
        follower->data = NULL;
        follower->event[0] = 0;
    }
}

static bool on_bytes(void *data, const char *bytes, size_t len)
{
    struct follower *follower = data;

    follower->heard = true;
    while (len > 0 && !follower->closed) {
        const char *end = memchr(bytes, '\n', len);
        size_t part = end ? (size_t)(end - bytes) : len;

        text_add(&follower->line, bytes, part);
        follower->strange = follower->line.len > FOLLOW_LINE_BYTES_MAX;
        if (follower->strange)
            return false;
        if (end) {
            text_add(&follower->line, "", 1);
            take_line(follower, follower->line.data);
            text_done(&follower->line);
        }
        bytes += part + (end != NULL);
        len -= part + (end != NULL);
    }
    return !follower->closed;
}

/* ---- again and again ---- */

/* All that was told is out. */
static void on_signal(int signal)
{
    (void)signal;
    _exit(STATUS_OK);
}

static void end_quietly_by_signals(void)
{
    const struct sigaction action = {.sa_handler = on_signal};

    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
}

/* What was interrupted begins anew. */
static void forget_rest(struct follower *follower)
{
    text_done(&follower->line);
    json_decref(follower->data);
    follower->data = NULL;
    follower->event[0] = 0;
}

static int listen_on(const struct command *self, struct client_request *request, struct follower *follower)
{
    const struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000L};
    bool again = false;
    time_t until_s = 0;

    for (;;) {
        int status;

        follower->heard = false;
        request->last_event_id = follower->id[0] ? follower->id : NULL;
        status = client_listen(self, request, again);
        forget_rest(follower);
        if (status != STATUS_OK || follower->closed)
            return status;
        if (follower->strange)
            return command_fail("what answers %s is no stream of events", request->target->name);
        if (follower->heard || !again)
            until_s = time(NULL) + FOLLOW_PATIENCE_S;
        if (time(NULL) >= until_s)
            return command_fail("the daemon %s has ended", request->target->name);
        again = true;
        nanosleep(&pause, NULL);
    }
}

int follow(const struct command *self, const struct asking *asking, const char *path)
{
    struct follower follower = {.json = asking->json};
    struct target target;
    struct client_request request = {.target = &target, .path = path, .stream = on_bytes, .stream_data = &follower};

    if (target_find(self, asking, &target) < 0)
        return STATUS_BAD_INPUT;
    end_quietly_by_signals();
    return listen_on(self, &request, &follower);
}
