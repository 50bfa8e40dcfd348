/* SPDX-License-Identifier: MIT */
/*
 * What is measured with plain sockets (see talk.h for the other end). KIND: node, or other, which shakes no hands.
 *
 *     load rtt    PORT SECONDS KIND BYTES CONNECTIONS   prints the median round trip in us, and round trips a second
 *     load stream PORT SECONDS KIND BYTES               prints MB/s, sent as frames of so many bytes, and the GB
 *     load hold   PORT 0 KIND COUNT                     connects so many
 *     load setup  EPMD SECONDS NAME AT_ONCE             prints connections a second: looked up, shaken hands, closed
 *     load lookup EPMD SECONDS NAMES CLIENTS            prints questions a second, after names n0, n1, ...
 *     load names  EPMD 0 NAMES PORT                     registers those, and NAME where NAMES is no number
 *
 * When it is ready it says so, and begins with the next line of its standard input; when it has printed its figures it
 * waits for the end of that, with its connections open.
 */
#include "talk.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <time.h>

#define SAMPLES_MAX 4000000
#define EVENTS_MAX 256

static char **words;
static int port, is_node;
static double seconds;
static atomic_int over;

static int number(int word)
{
    return atoi(words[word]);
}

static double now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static void get(int fd, void *data, size_t len)
{
    if (recv(fd, data, len, MSG_WAITALL) != (ssize_t)len)
        die("recv");
}

static void await_line(void)
{
    int c;

    printf("ready\n");
    fflush(stdout);
    while ((c = getchar()) != '\n' && c != EOF)
        ;
}

/* ---- connecting ---- */

static int connect_to(int to)
{
    struct sockaddr_in address = local(to);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
        die("connect");
    no_delay(fd);
    return fd;
}

static void skip_message(int fd)
{
    uint8_t length[2], body[MESSAGE_BYTES_MAX];

    get(fd, length, 2);
    get(fd, body, (size_t)(length[0] << 8 | length[1]) % sizeof(body));
}

static int shaken(int to)
{
    static atomic_int dialled;
    uint8_t bytes[MESSAGE_BYTES_MAX], reply[21] = {'r'};
    char name[32];
    int fd = connect_to(to);

    snprintf(name, sizeof(name), "d%d-%d@127.0.0.1", (int)getpid(), dialled++);
    put(fd, bytes, name_message(bytes, name, 0));
    skip_message(fd);
    skip_message(fd);
    put(fd, bytes, message(bytes, reply, sizeof(reply)));
    skip_message(fd);
    return fd;
}

static int dial(char purpose)
{
    uint8_t first[HEADER_BYTES + 1] = {0, 0, 0, 1, (uint8_t)purpose};
    int fd = is_node ? shaken(port) : connect_to(port);

    if (!is_node)
        put(fd, no_node, sizeof(no_node));
    put(fd, first, sizeof(first));
    return fd;
}

/* A frame that has so many bytes, its header among them. */
static uint8_t *new_frame(size_t bytes)
{
    uint8_t *frame = calloc(1, bytes);
    uint32_t length = htonl((uint32_t)(bytes - HEADER_BYTES));

    memcpy(frame, &length, HEADER_BYTES);
    return frame;
}

/* ---- round trips ---- */

static int by_size(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;

    return (x > y) - (x < y);
}

struct trips {
    uint8_t *frame;
    size_t bytes, count;
    int *fds;
    double *began_us;
    size_t *came; /* bytes of the answer */
    float *samples;
};

static void send_one(struct trips *trips, int i)
{
    trips->came[i] = 0;
    trips->began_us[i] = now_us();
    put(trips->fds[i], trips->frame, trips->bytes);
}

static void hear_one(struct trips *trips, int i)
{
    uint8_t answer[4096];
    ssize_t got = recv(trips->fds[i], answer, sizeof(answer), MSG_DONTWAIT);

    if (got <= 0 && errno != EAGAIN)
        die("recv");
    trips->came[i] += got > 0 ? (size_t)got : 0;
    if (trips->came[i] < trips->bytes)
        return;
    if (trips->count < SAMPLES_MAX)
        trips->samples[trips->count] = (float)(now_us() - trips->began_us[i]);
    trips->count++;
    send_one(trips, i);
}

/* One waits in recv(), as whoever has one connection does; many in epoll_wait(). */
static void turn(struct trips *trips, int epoll, int connections)
{
    struct epoll_event events[EVENTS_MAX];
    int ready;

    if (connections == 1) {
        get(trips->fds[0], trips->frame, trips->bytes);
        trips->samples[trips->count++ % SAMPLES_MAX] = (float)(now_us() - trips->began_us[0]);
        send_one(trips, 0);
        return;
    }
    ready = epoll_wait(epoll, events, EVENTS_MAX, 100);
    for (int k = 0; k < ready; k++)
        hear_one(trips, events[k].data.fd);
}

static void measure_trips(void)
{
    int connections = number(6), epoll = epoll_create1(0);
    size_t n = (size_t)connections;
    struct trips trips = {.bytes = (size_t)number(5),
                          .fds = calloc(n, sizeof(int)),
                          .came = calloc(n, sizeof(size_t)),
                          .began_us = calloc(n, sizeof(double)),
                          .samples = malloc(SAMPLES_MAX * sizeof(float))};
    double began, took;

    trips.frame = new_frame(trips.bytes);
    for (int i = 0; i < connections; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.fd = i};

        trips.fds[i] = dial(PURPOSE_ECHO);
        epoll_ctl(epoll, EPOLL_CTL_ADD, trips.fds[i], &event);
    }
    await_line();
    began = now_us();
    for (int i = 0; i < connections; i++)
        send_one(&trips, i);
    do {
        turn(&trips, epoll, connections);
        took = now_us() - began;
    } while (took < seconds * 1e6);
    n = trips.count < SAMPLES_MAX ? trips.count : SAMPLES_MAX;
    if (n == 0)
        die("nothing came back");
    qsort(trips.samples, n, sizeof(float), by_size);
    printf("%.2f %.1f\n", (double)trips.samples[n / 2], (double)trips.count / took * 1e6);
}

/* ---- streams ---- */

static double send_for(int fd, const uint8_t *frame, size_t bytes, double us, double *ret_bytes)
{
    double began = now_us();
    uint32_t tick = 0;

    *ret_bytes = 0;
    do {
        put(fd, frame, bytes);
        *ret_bytes += (double)bytes;
    } while (now_us() - began < us);
    put(fd, &tick, HEADER_BYTES);
    get(fd, &tick, HEADER_BYTES);
    return now_us() - began;
}

static void measure_stream(void)
{
    size_t bytes = (size_t)number(5);
    uint8_t *frame = new_frame(bytes);
    int fd = dial(PURPOSE_SWALLOW);
    double sent, took;

    send_for(fd, frame, bytes, seconds * 1e5, &sent); /* the kernel's windows open */
    await_line();
    took = send_for(fd, frame, bytes, seconds * 1e6, &sent);
    printf("%.2f %.6f\n", sent / took, sent / 1e9);
}

static void hold(void)
{
    for (int i = 0; i < number(5); i++)
        dial(PURPOSE_SWALLOW);
    await_line();
    printf("held\n");
}

/* ---- the port mapper ---- */

/* Asks as nodes do, to the end of the answer. Returns the port. */
static int ask(const char *name)
{
    uint8_t request[MESSAGE_BYTES_MAX] = {0}, answer[1024];
    size_t len = strlen(name), have = 0;
    ssize_t got;
    int fd = connect_to(port);

    request[1] = (uint8_t)(len + 1);
    request[2] = 'z';
    memcpy(request + 3, name, len);
    put(fd, request, len + 3);
    while ((got = recv(fd, answer + have, sizeof(answer) - have, 0)) > 0)
        have += (size_t)got;
    if (have < 4 || answer[0] != 'w' || answer[1] != 0)
        die(name);
    close(fd);
    return answer[2] << 8 | answer[3];
}

static void *set_up(void *count)
{
    while (!over) {
        close(shaken(ask(words[4])));
        ++*(size_t *)count;
    }
    return NULL;
}

static void *look_up(void *count)
{
    char name[32];

    while (!over) {
        snprintf(name, sizeof(name), "n%zu", *(size_t *)count % (size_t)number(4));
        ask(name);
        ++*(size_t *)count;
    }
    return NULL;
}

static void measure_many(void *(*fn)(void *))
{
    int clients = number(5);
    pthread_t *threads = calloc((size_t)clients, sizeof(*threads));
    size_t *counts = calloc((size_t)clients, 128), all = 0; /* each on a cache line of its own */
    double began;

    await_line();
    began = now_us();
    for (int i = 0; i < clients; i++)
        if (pthread_create(&threads[i], NULL, fn, &counts[16 * i]) != 0)
            die("pthread_create");
    usleep((useconds_t)(seconds * 1e6));
    over = 1;
    for (int i = 0; i < clients; i++) {
        pthread_join(threads[i], NULL);
        all += counts[16 * i];
    }
    printf("%.1f %zu\n", (double)all / (now_us() - began) * 1e6, all);
}

static void setups(void)
{
    measure_many(set_up);
}

static void lookups(void)
{
    char name[32];

    for (int i = 0; i < number(4); i++) { /* the first question about a name is dearer: a gate opens */
        snprintf(name, sizeof(name), "n%d", i);
        ask(name);
    }
    measure_many(look_up);
}

static void register_name(const char *name, int at)
{
    uint8_t request[MESSAGE_BYTES_MAX] = {0, 0, 'x', 0, 0, 'M', 0, 0, 6, 0, 5, 0}, answer[6];
    uint16_t network = htons((uint16_t)at);
    size_t len = strlen(name);
    int fd = connect_to(port);

    memcpy(request + 3, &network, 2);
    request[1] = (uint8_t)(13 + len);
    request[12] = (uint8_t)len;
    memcpy(request + 13, name, len);
    put(fd, request, 15 + len);
    get(fd, answer, sizeof(answer));
}

static void register_names(void)
{
    char name[32];

    if (number(4) == 0)
        register_name(words[4], number(5));
    for (int i = 0; i < number(4); i++) {
        snprintf(name, sizeof(name), "n%d", i);
        register_name(name, number(5));
    }
    await_line();
    printf("registered\n");
}

static const struct {
    const char *name;
    int words;
    void (*fn)(void);
} verbs[] = {{"rtt", 7, measure_trips}, {"stream", 6, measure_stream}, {"hold", 6, hold},
             {"setup", 6, setups},      {"lookup", 6, lookups},        {"names", 6, register_names}};

int main(int argc, char **argv)
{
    words = argv;
    for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++) {
        if (argc < 2 || strcmp(argv[1], verbs[i].name) != 0 || argc != verbs[i].words)
            continue;
        port = number(2);
        seconds = strtod(argv[3], NULL);
        is_node = strcmp(argv[4], "node") == 0;
        verbs[i].fn();
        fflush(stdout);
        while (getchar() != EOF)
            ;
        return 0;
    }
    fprintf(stderr, "usage: see the top of load.c\n");
    return 2;
}
