/* SPDX-License-Identifier: MIT */
/*
 * The acceptors of all measuring connections, in one thread (see talk.h): prints its port, and serves until its
 * standard input ends.
 */
#include "talk.h"

#include <errno.h>
#include <sys/epoll.h>

#define READ_BYTES (256 * 1024)
#define EVENTS_MAX 256

enum stage { STAGE_shaking, STAGE_choosing, STAGE_echo, STAGE_swallow };

struct connection {
    int fd;
    enum stage stage;
    uint8_t said[MESSAGE_BYTES_MAX]; /* what has come of a message */
    size_t have;
    uint32_t left; /* of the frame that is swallowed */
};

static uint8_t data[READ_BYTES];

/* Answers a complete message. Returns how many bytes it had, 0: it is not complete. */
static size_t shake(struct connection *with)
{
    size_t len = with->have < 2 ? 0 : 2 + (size_t)(with->said[0] << 8 | with->said[1]), all = 0;
    uint8_t answer[MESSAGE_BYTES_MAX], ack[17] = {'a'};

    if (with->have >= sizeof(no_node) && with->said[0] == no_node[0]) {
        with->stage = STAGE_choosing;
        return sizeof(no_node);
    }
    if (len < 3 || with->have < len)
        return 0;
    if (with->said[2] == 'N') {
        all = message(answer, "sok", 3);
        all += name_message(answer + all, "bench@127.0.0.1", 1);
    } else {
        all = message(answer, ack, sizeof(ack));
        with->stage = STAGE_choosing;
    }
    put(with->fd, answer, all);
    return len;
}

static size_t choose(struct connection *with)
{
    if (with->have < HEADER_BYTES + 1)
        return 0;
    with->stage = with->said[HEADER_BYTES] == PURPOSE_ECHO ? STAGE_echo : STAGE_swallow;
    return HEADER_BYTES + 1;
}

/* A frame begins when its header is there. */
static size_t begin(struct connection *with)
{
    uint32_t header;

    if (with->have < HEADER_BYTES)
        return 0;
    memcpy(&header, with->said, HEADER_BYTES);
    with->left = ntohl(header);
    if (with->left == 0)
        put(with->fd, with->said, HEADER_BYTES);
    return HEADER_BYTES;
}

/* Takes from the bytes what the message under way is short of, and looks whether it is complete. Returns how many. */
static size_t gather(struct connection *with, const uint8_t *bytes, size_t len)
{
    static size_t (*const look[])(struct connection *) = {
        [STAGE_shaking] = shake, [STAGE_choosing] = choose, [STAGE_echo] = NULL, [STAGE_swallow] = begin};
    size_t before = with->have, room = sizeof(with->said) - before, used;

    if (room > len)
        room = len;
    memcpy(with->said + before, bytes, room);
    with->have += room;
    used = look[with->stage](with);
    if (used == 0)
        return room;
    with->have = 0;
    return used - before;
}

static void take(struct connection *with, const uint8_t *bytes, size_t len)
{
    while (len > 0) {
        size_t used;

        if (with->stage == STAGE_echo) {
            put(with->fd, bytes, len);
            return;
        }
        if (with->left > 0) {
            used = len < with->left ? len : with->left;
            with->left -= (uint32_t)used;
        } else {
            used = gather(with, bytes, len);
        }
        bytes += used;
        len -= used;
    }
}

/* Reads all there is. Returns false when it is over. */
static int serve(struct connection *with)
{
    ssize_t got;

    do {
        got = recv(with->fd, data, sizeof(data), MSG_DONTWAIT);
        if (got > 0)
            take(with, data, (size_t)got);
    } while (got == sizeof(data));
    return got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
}

static void watch(int epoll, int fd, void *what)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = what};

    if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) < 0)
        die("epoll_ctl");
}

static void welcome(int epoll, int listener)
{
    struct connection *with = calloc(1, sizeof(*with));

    with->fd = accept(listener, NULL, NULL);
    if (with->fd < 0)
        die("accept");
    no_delay(with->fd);
    watch(epoll, with->fd, with);
}

int main(void)
{
    int listener = socket(AF_INET, SOCK_STREAM, 0), epoll = epoll_create1(0), ready;
    struct sockaddr_in address = local(0);
    socklen_t len = sizeof(address);
    struct epoll_event events[EVENTS_MAX];

    if (bind(listener, (struct sockaddr *)&address, len) < 0 || listen(listener, 1024) < 0)
        die("listen");
    getsockname(listener, (struct sockaddr *)&address, &len);
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    watch(epoll, listener, &listener);
    watch(epoll, STDIN_FILENO, NULL);
    for (;;) {
        ready = epoll_wait(epoll, events, EVENTS_MAX, -1);
        for (int i = 0; i < ready; i++) {
            struct connection *with = events[i].data.ptr;

            if (!with)
                return 0;
            if (events[i].data.ptr == &listener) {
                welcome(epoll, listener);
            } else if (!serve(with)) {
                close(with->fd);
                free(with);
            }
        }
    }
}
