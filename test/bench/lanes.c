/* SPDX-License-Identifier: MIT */
/*
 * Two ends of many cables, to measure what a lane does to bytes in time. Registers one node, lets so many others dial
 * it through the daemon, shakes hands as OTP does, and sends frames one way: at a steady rate, each with its time, or
 * as fast as they are taken. Both ends are in this process, so that one clock tells how long each frame took.
 *
 *     lanes PORT PAIRS FRAMES_PER_S BYTES SECONDS DELAY_US     prints lateness: what a frame took beyond its delay
 *     lanes PORT PAIRS 0            BYTES SECONDS 0            prints the bits a second that arrived
 *
 * When all are connected it says "ready", and begins with the next line of its standard input.
 */
#include "talk.h"

#include <errno.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <time.h>

#define FRAME_BYTES_MAX (1024 * 1024)
#define SAMPLES_MAX 10000000

static int port, pairs, frames_per_s, frame_bytes, seconds;
static uint64_t delay_us;
static int *dialers, *acceptors;
static volatile int over;

static uint64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* ---- connecting ---- */

static int connect_to(int to_port)
{
    struct sockaddr_in address = local(to_port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
        die("connect");
    no_delay(fd);
    return fd;
}

static void get(int fd, void *data, size_t len)
{
    if (recv(fd, data, len, MSG_WAITALL) != (ssize_t)len)
        die("recv");
}

static void put_message(int fd, const void *body, size_t len)
{
    uint8_t bytes[MESSAGE_BYTES_MAX];

    put(fd, bytes, message(bytes, body, len));
}

static void skip_message(int fd)
{
    uint8_t body[1024], length[2];

    get(fd, length, 2);
    get(fd, body, (size_t)(length[0] << 8 | length[1]));
}

static void put_name(int fd, const char *name, int challenge)
{
    uint8_t bytes[MESSAGE_BYTES_MAX];

    put(fd, bytes, name_message(bytes, name, challenge));
}

static int listen_and_register(int *ret_epmd)
{
    struct sockaddr_in address = local(0);
    socklen_t len = sizeof(address);
    uint8_t request[] = {0, 18, 'x', 0, 0, 'M', 0, 0, 6, 0, 5, 0, 5, 'b', 'e', 'n', 'c', 'h', 0, 0};
    uint8_t reply[6];
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 128) < 0)
        die("listen");
    getsockname(fd, (struct sockaddr *)&address, &len);
    memcpy(request + 3, &address.sin_port, 2);
    *ret_epmd = connect_to(port);
    put(*ret_epmd, request, sizeof(request));
    get(*ret_epmd, reply, sizeof(reply));
    return fd;
}

static int gate_port(void)
{
    const uint8_t request[] = {0, 6, 'z', 'b', 'e', 'n', 'c', 'h'};
    uint8_t reply[4];
    int fd = connect_to(port);

    put(fd, request, sizeof(request));
    get(fd, reply, sizeof(reply));
    close(fd);
    return reply[2] << 8 | reply[3];
}

static void shake_hands(int listener, int i)
{
    uint8_t reply[21] = {'r'}, ack[17] = {'a'};
    char name[32];

    snprintf(name, sizeof(name), "d%d@host", i);
    dialers[i] = connect_to(gate_port());
    put_name(dialers[i], name, 0);
    acceptors[i] = accept(listener, NULL, NULL);
    skip_message(acceptors[i]);
    put_message(acceptors[i], "sok", 3);
    put_name(acceptors[i], "bench@host", 1);
    skip_message(dialers[i]);
    skip_message(dialers[i]);
    put_message(dialers[i], reply, sizeof(reply));
    skip_message(acceptors[i]);
    put_message(acceptors[i], ack, sizeof(ack));
    skip_message(dialers[i]);
}

/* ---- sending ---- */

static void *send_steadily(void *unused)
{
    uint8_t *frame = calloc(1, (size_t)frame_bytes + 4);
    uint64_t began = now_ns(), gap_ns = 1000000000 / (uint64_t)frames_per_s;
    uint32_t length = htonl((uint32_t)frame_bytes);

    (void)unused;
    prctl(PR_SET_TIMERSLACK, 1);
    memcpy(frame, &length, 4);
    for (uint64_t n = 0; n < (uint64_t)frames_per_s * (uint64_t)seconds; n++) {
        uint64_t at = began + n * gap_ns, now;
        struct timespec until = {.tv_sec = (time_t)(at / 1000000000), .tv_nsec = (long)(at % 1000000000)};

        if (now_ns() < at)
            clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
        now = now_ns();
        memcpy(frame + 4, &now, 8);
        put(dialers[n % (uint64_t)pairs], frame, (size_t)frame_bytes + 4);
    }
    usleep((useconds_t)delay_us + 500000);
    over = 1;
    for (int i = 0; i < pairs; i++)
        shutdown(dialers[i], SHUT_RDWR);
    free(frame);
    return NULL;
}

static void *send_a_flood(void *unused)
{
    uint8_t *frame = calloc(1, (size_t)frame_bytes + 4);
    uint32_t length = htonl((uint32_t)frame_bytes);
    uint64_t until = now_ns() + (uint64_t)(seconds + 2) * 1000000000;
    size_t sent = 0;

    (void)unused;
    memcpy(frame, &length, 4);
    while (now_ns() < until) {
        size_t all = (size_t)frame_bytes + 4;
        ssize_t got = send(dialers[0], frame + sent, all - sent, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (got > 0)
            sent = (sent + (size_t)got) % all;
        else
            usleep(500);
    }
    over = 1;
    shutdown(dialers[0], SHUT_RDWR);
    free(frame);
    return NULL;
}

/* ---- receiving ---- */

static int by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

struct receiver {
    uint8_t *data;
    size_t have;
};

/* Takes all complete frames. */
static void take_frames(struct receiver *from, int64_t *samples, size_t *count)
{
    uint64_t now = now_ns(), sent;
    size_t all = (size_t)frame_bytes + 4, used = 0;

    for (; from->have - used >= all; used += all) {
        memcpy(&sent, from->data + used + 4, 8);
        if (*count < SAMPLES_MAX)
            samples[(*count)++] = (int64_t)(now - sent) - (int64_t)delay_us * 1000;
    }
    memmove(from->data, from->data + used, from->have - used);
    from->have -= used;
}

static void measure_lateness(void)
{
    int64_t *samples = malloc(SAMPLES_MAX * sizeof(*samples));
    struct receiver *receivers = calloc((size_t)pairs, sizeof(*receivers));
    size_t count = 0, room = (size_t)(frame_bytes + 4) * 64;
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event events[64];

    for (int i = 0; i < pairs; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)i};

        receivers[i].data = malloc(room);
        epoll_ctl(epoll, EPOLL_CTL_ADD, acceptors[i], &event);
    }
    while (!over) {
        int ready = epoll_wait(epoll, events, 64, 100);

        for (int k = 0; k < ready; k++) {
            struct receiver *from = &receivers[events[k].data.u32];
            ssize_t got = recv(acceptors[events[k].data.u32], from->data + from->have, room - from->have, MSG_DONTWAIT);

            if (got > 0) {
                from->have += (size_t)got;
                take_frames(from, samples, &count);
            }
        }
    }
    if (count == 0) {
        printf("nothing arrived\n");
        exit(1);
    }
    qsort(samples, count, sizeof(*samples), by_size);
    printf("frames %zu min_us %.1f p50_us %.1f p99_us %.1f max_us %.1f\n", count, (double)samples[0] / 1e3,
           (double)samples[count / 2] / 1e3, (double)samples[count * 99 / 100] / 1e3, (double)samples[count - 1] / 1e3);
}

static void measure_rate(void)
{
    uint8_t *data = malloc(FRAME_BYTES_MAX);
    uint64_t began = 0, bytes = 0, now = 0, last = 0;

    /* From the first bytes on, those aside: what they took is not known. */
    for (;;) {
        ssize_t got = recv(acceptors[0], data, FRAME_BYTES_MAX, 0);

        if (got <= 0)
            break;
        now = now_ns();
        if (began == 0) {
            began = now;
            continue;
        }
        bytes += (uint64_t)got;
        last = now;
        if (now - began > (uint64_t)seconds * 1000000000)
            break;
    }
    printf("bits_per_s %.0f seconds %.3f\n", (double)bytes * 8e9 / (double)(last - began),
           (double)(last - began) / 1e9);
}

int main(int argc, char **argv)
{
    pthread_t sender;
    int listener, epmd;

    if (argc != 7) {
        fprintf(stderr, "usage: lanes PORT PAIRS FRAMES_PER_S BYTES SECONDS DELAY_US\n");
        return 2;
    }
    port = atoi(argv[1]);
    pairs = atoi(argv[2]);
    frames_per_s = atoi(argv[3]);
    frame_bytes = atoi(argv[4]);
    seconds = atoi(argv[5]);
    delay_us = strtoull(argv[6], NULL, 10);
    if (pairs < 1 || frame_bytes < 8 || frame_bytes > FRAME_BYTES_MAX || seconds < 1)
        return 2;
    dialers = calloc((size_t)pairs, sizeof(*dialers));
    acceptors = calloc((size_t)pairs, sizeof(*acceptors));
    listener = listen_and_register(&epmd);
    for (int i = 0; i < pairs; i++)
        shake_hands(listener, i);
    printf("ready\n");
    fflush(stdout);
    while (getchar() != '\n' && !feof(stdin))
        ;
    if (pthread_create(&sender, NULL, frames_per_s ? send_steadily : send_a_flood, NULL) != 0)
        die("pthread_create");
    if (frames_per_s)
        measure_lateness();
    else
        measure_rate();
    over = 1;
    _exit(fflush(stdout));
}
