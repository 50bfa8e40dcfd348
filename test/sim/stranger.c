/* SPDX-License-Identifier: MIT */
#include "stranger.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "actor.h"
#include "house.h"
#include "oracle.h"

#define SAYS_MAX 300

struct stranger_client {
    struct sock *sock;
    uint8_t says[SAYS_MAX];
    size_t says_len, said;
    bool asks_names; /* NAMES, and reads the answer to its end */
    struct bytes_queue answer;
    struct happening leaves;
    bool resets, heard_end;
    uint64_t said_us; /* when it has come, or has said something */
    struct stranger_client *prev, *next;
};

static struct stranger_client *strangers;
static size_t count;
static bool have_come;

static void leave(void *data)
{
    struct stranger_client *stranger = data;

    if (stranger->sock->peer_port == EPMD_PORT_OF_HOUSE && !stranger->heard_end)
        oracle_client_stays(now_us() - stranger->said_us);
    happen_not(&stranger->leaves);
    DL_DELETE(strangers, stranger);
    count--;
    sock_close(stranger->sock, stranger->resets);
    queue_done(&stranger->answer);
    free(stranger);
}

static void on_ready(void *data)
{
    struct stranger_client *stranger = data;
    uint8_t some[512];
    ssize_t got;

    if (stranger->sock->state == SOCK_connected && stranger->said < stranger->says_len) {
        size_t len = stranger->asks_names ? stranger->says_len : 1 + (size_t)draw(stranger->says_len - stranger->said);

        got = sock_send(stranger->sock, stranger->says + stranger->said, len);
        stranger->said += got > 0 ? (size_t)got : 0;
        stranger->said_us = now_us();
    }
    while ((got = sock_recv(stranger->sock, some, sizeof(some), false)) > 0)
        queue_put(&stranger->answer, some, (size_t)got);
    if (got == -EAGAIN)
        return;
    stranger->heard_end = true;
    if (got == 0 && stranger->asks_names && stranger->said == stranger->says_len)
        oracle_names_came(queue_data(&stranger->answer), stranger->answer.len);
    happen_in(&stranger->leaves, draw(SECOND_US));
}

/* A name message of a node that is none of ours, or the beginning of one; a request of a length that is never
 * reached; TLS; HTTP; or anything. */
static void find_words(struct stranger_client *stranger)
{
    static const struct {
        const char *bytes;
        size_t len;
    } words[] = {
        {"\0\001n", 3},
        {"\0\001d", 3},
        {"\0\006zabcde", 8},
        {"\0\377zab", 5},
        {"\013\361x", 3},
        {"\0\026N\0\0\0\015\007\337\177\275\0\0\0\1\0\007who@sim", 24},
        {"\0\026N\0\0\0\015\007", 8},
        {"\0\012n\0\5\7\337\177\275q@q", 12},
        {"\026\003\001\002\0\1\0\1\374\003\003", 11},
        {"GET / HTTP/1.1\r\n\r\n", 18},
        {"\377\377\377\377", 4},
        {"\0\0", 2},
        {"\0\001s", 3},
        {"\0\003sn1", 5},
    };
    size_t which = draw(sizeof(words) / sizeof(words[0]) + 4);

    if (which < sizeof(words) / sizeof(words[0])) {
        memcpy(stranger->says, words[which].bytes, words[which].len);
        stranger->says_len = words[which].len;
        stranger->asks_names = which == 0;
        return;
    }
    stranger->says_len = (size_t)draw(SAYS_MAX);
    for (size_t i = 0; i < stranger->says_len; i++)
        stranger->says[i] = (uint8_t)draw(which % 2 ? 256 : 12);
}

/* At the door, or at a gate that is there. */
static uint16_t any_port(void)
{
    uint16_t ports[64];
    size_t ports_count = 0;

    for (const struct sock *sock = sock_first_bound(); sock && ports_count < 64; sock = sock->next_bound)
        if (sock->daemons && sock->state == SOCK_listening)
            ports[ports_count++] = sock->port;
    return ports_count == 0 || chance(500) ? EPMD_PORT_OF_HOUSE : ports[draw(ports_count)];
}

void stranger_comes(void)
{
    struct stranger_client *stranger;

    if (count == STRANGERS_MAX)
        return;
    have_come = true;
    stranger = calloc(1, sizeof(*stranger));
    stranger->leaves = (struct happening){.fn = leave, .data = stranger};
    stranger->resets = chance(300);
    stranger->said_us = now_us();
    stranger->sock = sock_new(on_ready, stranger);
    find_words(stranger);
    DL_APPEND(strangers, stranger);
    count++;
    happen_in(&stranger->leaves, draw(chance(500) ? SECOND_US : 200 * SECOND_US));
    sock_connect(stranger->sock, LOOPBACK, any_port());
    trace("a stranger comes to port %u", stranger->sock->peer_port);
}

bool strangers_have_come(void)
{
    return have_come;
}

void strangers_end(void)
{
    while (strangers)
        leave(strangers);
    have_come = false;
}
