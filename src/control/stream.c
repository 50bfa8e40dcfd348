/* SPDX-License-Identifier: MIT */
#include "control/stream.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <utlist.h>

#include "base/memory.h"
#include "base/text.h"
#include "loop/deadlines.h"
#include "loop/expiry.h"
#include "model/events.h"
#include "request/answers.h"
#include "request/events_request.h"
#include "service/service.h"

/* Things often happen in bursts, and each wakes all who listen: how long after the first one. Nobody sees such a time.
 */
#define GATHER_US 20000

/* Events whose text is kept: most streams tell the same ones at the same time. */
#define TOLD_MAX 128

struct stream {
    struct streams *streams;
    struct events_request request;
    char *node;        /* that the request points to */
    uint64_t at;       /* the last event that was told, or passed over */
    uint64_t id;       /* the last number that was told */
    struct text block; /* of which `sent` bytes were read */
    size_t sent;
    bool asleep, beats, over;
    struct expiring quiet; /* while it sleeps */
    int fd;                /* not owned */
    struct watch *watch;   /* NULL: the peer has hung up */
    stream_fn *fn;
    void *data;
    struct stream *prev, *next; /* streams->all */
};

struct streams {
    struct service *service;
    struct subscriber subscriber;
    struct deadline wake;
    struct expiry quiet;
    struct stream *all;
    size_t count;
    struct told {
        uint64_t id;
        struct text text;
    } told[TOLD_MAX]; /* event n stands at n % TOLD_MAX */
};

/* ---- what is told ---- */

static const struct text *text_of(struct streams *streams, const struct event *event)
{
    struct told *told = &streams->told[event->id % TOLD_MAX];
    json_t *document;
    char *json;

    if (told->id == event->id)
        return &told->text;
    document = event_to_document(event);
    json = json_dumps(document, JSON_COMPACT);
    text_done(&told->text);
    text_addf(&told->text, "id: %" PRIu64 "\nevent: %s\ndata: %s\n\n", event->id, event_name(event->kind),
              json ? json : "{}");
    told->id = event->id;
    free(json);
    json_decref(document);
    return &told->text;
}

/* The next event that is to be told, or the next one at all when there is none between that and the last; or NULL. */
static const struct event *look_ahead(struct stream *stream)
{
    const struct event *event;

    while ((event = events_next(stream->streams->service->events, stream->at))) {
        if (event->id != stream->at + 1 || events_request_means(&stream->request, event))
            return event;
        stream->at = event->id;
    }
    return NULL;
}

static void add_position(struct stream *stream)
{
    stream->id = stream->at;
    text_addf(&stream->block, "id: %" PRIu64 "\n", stream->id);
}

static void add_reset(struct stream *stream, uint64_t next)
{
    stream->at = next - 1;
    add_position(stream);
    text_addf(&stream->block, "event: reset\ndata: {\"next\":%" PRIu64 "}\n\n", next);
}

/* Whoever listens for what is rare gets to know how far that is: else it would come back with a number long gone. */
static void add_heartbeat(struct stream *stream)
{
    text_addf(&stream->block, ": \n");
    if (stream->id != stream->at)
        add_position(stream);
    text_addf(&stream->block, "\n");
}

static void fill(struct stream *stream)
{
    const struct event *event;

    while (stream->block.len < STREAM_BLOCK_BYTES_MAX && (event = look_ahead(stream))) {
        const struct text *text;

        if (event->id != stream->at + 1) {
            add_reset(stream, event->id);
            continue;
        }
        text = text_of(stream->streams, event);
        text_add(&stream->block, text->data, text->len);
        stream->id = stream->at = event->id;
    }
    if (stream->block.len == 0 && stream->beats)
        add_heartbeat(stream);
    stream->beats = false;
}

ssize_t stream_read(struct stream *stream, char *to, size_t max)
{
    size_t len;

    if (stream->over)
        return STREAM_OVER;
    if (stream->block.len == 0)
        fill(stream);
    len = stream->block.len - stream->sent;
    if (len > max)
        len = max;
    if (len > 0)
        memcpy(to, stream->block.data + stream->sent, len);
    stream->sent += len;
    if (stream->sent == stream->block.len) {
        text_done(&stream->block);
        stream->sent = 0;
    }
    if (len == 0) {
        stream->asleep = true;
        expiry_add(&stream->streams->quiet, &stream->quiet, stream);
    }
    return (ssize_t)len;
}

/* ---- when ---- */

static void wake(struct stream *stream)
{
    if (!stream->asleep)
        return;
    stream->asleep = false;
    expiry_remove(&stream->quiet);
    stream->fn(stream->data);
}

static void on_quiet(void *owner)
{
    struct stream *stream = owner;

    stream->beats = true;
    wake(stream);
}

static void on_wake(void *data)
{
    struct streams *streams = data;
    struct stream *stream;

    DL_FOREACH(streams->all, stream)
        if (stream->asleep && look_ahead(stream))
            wake(stream);
}

/* From inside of whatever has happened: nobody is told here. */
static void on_event(void *data, const struct event *event)
{
    struct streams *streams = data;
    struct service *service = streams->service;

    (void)event;
    if (streams->all && !streams->wake.place)
        deadline_set(service->deadlines, &streams->wake, loop_clock_us(service->loop) + GATHER_US);
}

static void end(struct stream *stream)
{
    stream->over = true;
    wake(stream);
}

/* Nobody would notice while there is nothing to write; and the end of the socket ends a write that waits, too. */
static void on_hangup(void *data, unsigned ready)
{
    struct stream *stream = data;

    (void)ready;
    watch_free(stream->watch);
    stream->watch = NULL;
    shutdown(stream->fd, SHUT_RDWR);
    end(stream);
}

/* ---- who ---- */

/* A number that is still to come is of another daemon, which was here before: its events are gone. */
static void begin_at(struct stream *stream, const struct events_request *request)
{
    uint64_t last = events_last(stream->streams->service->events);

    stream->at = request->from_one && request->after < last ? request->after : last;
    if (request->from_one && request->after > last) {
        add_reset(stream, last + 1);
        return;
    }
    add_position(stream);
    text_addf(&stream->block, "\n");
}

void stream_leave(struct stream *stream)
{
    watch_free(stream->watch);
    expiry_remove(&stream->quiet);
    DL_DELETE(stream->streams->all, stream);
    stream->streams->count--;
    text_done(&stream->block);
    free(stream->node);
    free(stream);
}

/* Returns false when nobody would hear that the peer hangs up: it would keep its place. */
static bool attach(struct stream *stream, int fd)
{
    int bytes = STREAM_SOCKET_BYTES_MAX;

    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes)); /* else the kernel keeps megabytes for it */
    stream->fd = fd;
    stream->watch = watch_new(stream->streams->service->loop, fd, on_hangup, stream);
    return stream->watch && watch_want(stream->watch, READY_HANGUP) == 0;
}

int stream_begin(struct streams *streams, const struct events_request *request, int fd, stream_fn *fn, void *data,
                 struct stream **ret, struct refusal *refusal)
{
    struct stream *stream;

    if (streams->count >= STREAMS_MAX)
        return refuse_as(refusal, -EBUSY, NULL,
                         "%d streams of events are open already; try again when one of them has ended", STREAMS_MAX);
    stream = mem_new(sizeof(*stream));
    *stream = (struct stream){.streams = streams, .request = *request, .fn = fn, .data = data};
    if (request->node)
        stream->request.node = stream->node = mem_string(request->node, strlen(request->node));
    DL_APPEND(streams->all, stream);
    streams->count++;
    if (!attach(stream, fd)) {
        stream_leave(stream);
        return refuse_as(refusal, -EBUSY, NULL, "the connection cannot be watched meanwhile; try again");
    }
    begin_at(stream, request);
    *ret = stream;
    return 0;
}

struct streams *streams_new(struct service *service)
{
    struct streams *streams = mem_new(sizeof(*streams));

    streams->service = service;
    streams->subscriber = (struct subscriber){.fn = on_event, .data = streams};
    streams->wake = (struct deadline){.fn = on_wake, .data = streams};
    expiry_init(&streams->quiet, service->loop, STREAM_HEARTBEAT_S * 1000, on_quiet);
    events_subscribe(service->events, &streams->subscriber);
    return streams;
}

void streams_end(struct streams *streams)
{
    struct stream *stream;

    DL_FOREACH(streams->all, stream)
        end(stream);
}

void streams_free(struct streams *streams)
{
    if (!streams)
        return;
    deadline_clear(streams->service->deadlines, &streams->wake);
    expiry_done(&streams->quiet);
    events_unsubscribe(streams->service->events, &streams->subscriber);
    for (size_t i = 0; i < TOLD_MAX; i++)
        text_done(&streams->told[i].text);
    free(streams);
}
