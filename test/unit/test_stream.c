/* SPDX-License-Identifier: MIT */
/* What a client of a stream is sent, to the byte, and when. */
#include "house.h"
#include "refusal_line.h"
#include "unit.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/text.h"
#include "control/stream.h"
#include "request/events_request.h"

#define GUARD_MS 20000

static struct house house;
static struct streams *streams;
static int ends[2]; /* the daemon's, the client's */

static int with_streams(void **state)
{
    (void)state;
    house_init(&house);
    streams = streams_new(&house.service);
    return socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
}

static int without(void **state)
{
    (void)state;
    streams_free(streams);
    house_done(&house);
    close(ends[0]);
    close(ends[1]);
    return 0;
}

static void happens(const char *name)
{
    events_add(house.cabling.events, &(struct event){.kind = EVENT_node_up, .time_ms = 7, .from = name});
}

static void happens_often(size_t times)
{
    for (size_t i = 0; i < times; i++)
        happens("n");
}

/* Stops the loop that waits for it. */
static void on_news(void *data)
{
    (void)data;
    loop_stop(house.cabling.loop);
}

static struct stream *begin_at(int fd, const struct events_request *request)
{
    struct stream *stream = NULL;
    struct refusal refusal;

    assert_int_equal(stream_begin(streams, request, fd, on_news, NULL, &stream, &refusal), 0);
    return stream;
}

static struct stream *begin(const struct events_request *request)
{
    return begin_at(ends[0], request);
}

/* All that there is by now, read in pieces of that size; it is asleep then. */
static const char *read_all(struct stream *stream, size_t piece)
{
    static struct text text;
    char bytes[8192];
    ssize_t len;

    text.len = 0;
    while ((len = stream_read(stream, bytes, piece)) > 0)
        text_add(&text, bytes, (size_t)len);
    assert_int_equal(len, 0);
    text_add(&text, "", 1);
    return text.data;
}

static void on_guard(void *data)
{
    (void)data;
    fail_msg("nobody was told");
}

static void wait_for_news(void)
{
    struct alarm *guard = alarm_new(house.cabling.loop, on_guard, NULL);

    alarm_set(guard, GUARD_MS);
    loop_run(house.cabling.loop);
    alarm_free(guard);
}

#define NODE_UP(id, name)                                                                                   \
    "id: " id "\nevent: node_up\ndata: {\"id\":" id ",\"time_ms\":7,\"event\":\"node_up\",\"from\":\"" name \
    "\",\"text\":\"" name "\"}\n\n"

static void what_is_there_and_what_comes(void **state)
{
    struct stream *stream;
    (void)state;

    happens("a");
    happens("b\nc"); /* a line of its own it must not become */
    for (size_t piece = 1; piece < 200; piece++) {
        stream = begin(&(struct events_request){.from_one = true, .after = 0});
        assert_string_equal(read_all(stream, piece), "id: 0\n\n" NODE_UP("1", "a") NODE_UP("2", "b\\nc"));
        stream_leave(stream);
    }
    stream = begin(&(struct events_request){0});
    assert_string_equal(read_all(stream, 100), "id: 2\n\n");
    happens("d");
    wait_for_news();
    assert_string_equal(read_all(stream, 100), NODE_UP("3", "d"));
    stream_leave(stream);
}

static void only_what_is_meant(void **state)
{
    char node[] = "b*";
    struct stream *stream = begin(&(struct events_request){.node = node});
    (void)state;

    node[0] = 'a'; /* the request is whoever's who asked */
    assert_string_equal(read_all(stream, 100), "id: 0\n\n");
    happens_often(EVENTS_MAX / 2);
    happens("b1");
    wait_for_news();
    assert_string_equal(read_all(stream, 100), NODE_UP("501", "b1"));
    happens_often(EVENTS_MAX / 2); /* none of these is told, and none is lost */
    assert_string_equal(read_all(stream, 100), "");
    happens_often(EVENTS_MAX - 1);
    happens("b2");
    wait_for_news();
    assert_string_equal(read_all(stream, 100), NODE_UP("2001", "b2"));
    stream_leave(stream);
}

static void who_is_too_slow_is_told(void **state)
{
    struct stream *stream = begin(&(struct events_request){.kinds = 1U << EVENT_node_down});
    (void)state;

    assert_string_equal(read_all(stream, 100), "id: 0\n\n");
    happens_often(EVENTS_MAX + 5);
    assert_string_equal(read_all(stream, 100), "id: 5\nevent: reset\ndata: {\"next\":6}\n\n");
    stream_leave(stream);
    stream = begin(&(struct events_request){.from_one = true, .after = UINT64_MAX}); /* there was another daemon */
    assert_string_equal(read_all(stream, 100), "id: 1005\nevent: reset\ndata: {\"next\":1006}\n\n");
    happens("a");
    assert_string_equal(read_all(stream, 100), NODE_UP("1006", "a"));
    stream_leave(stream);
    stream = begin(&(struct events_request){.from_one = true, .after = 1005});
    assert_string_equal(read_all(stream, 100), "id: 1005\n\n" NODE_UP("1006", "a"));
    stream_leave(stream);
}

static void it_ends(void **state)
{
    struct stream *stream = begin(&(struct events_request){0}), *others[STREAMS_MAX], *none = NULL;
    int fds[STREAMS_MAX];
    struct refusal refusal;
    char byte;
    (void)state;

    assert_string_equal(read_all(stream, 100), "id: 0\n\n");
    close(ends[1]); /* the client leaves */
    ends[1] = -1;
    wait_for_news();
    assert_int_equal(stream_read(stream, &byte, 1), STREAM_OVER);
    assert_int_equal(read(ends[0], &byte, 1), 0);
    stream_leave(stream);
    for (size_t i = 0; i < STREAMS_MAX; i++) {
        fds[i] = dup(ends[0]);
        others[i] = begin_at(fds[i], &(struct events_request){0});
    }
    assert_int_equal(stream_begin(streams, &(struct events_request){0}, ends[0], on_news, NULL, &none, &refusal),
                     -EBUSY);
    assert_string_equal(line_of(&refusal),
                        "64 streams of events are open already; try again when one of them has ended");
    assert_null(none);
    streams_end(streams);
    for (size_t i = 0; i < STREAMS_MAX; i++) {
        assert_int_equal(stream_read(others[i], &byte, 1), STREAM_OVER);
        stream_leave(others[i]);
        close(fds[i]);
    }
}

#define WITH_STREAMS(name) cmocka_unit_test_setup_teardown(name, with_streams, without)

RUN(WITH_STREAMS(what_is_there_and_what_comes), WITH_STREAMS(only_what_is_meant), WITH_STREAMS(who_is_too_slow_is_told),
    WITH_STREAMS(it_ends))
