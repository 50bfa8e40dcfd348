/* SPDX-License-Identifier: MIT */
#include "loop/listening.h"

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"

/* More than the kernel puts into one datagram of an answer. */
#define ANSWER_BYTES (32 * 1024)

struct listening {
    int fd;            /* -1: not opened yet */
    uint32_t sequence; /* of the last question: what is left of an answer to another one is passed over */
};

/* A question, and a small program for the kernel, which passes over all other ports: port >= N, then port <= N. */
struct question {
    struct nlmsghdr head;
    struct inet_diag_req_v2 request;
    struct rtattr program_head;
    struct inet_diag_bc_op program[4];
};

/* The sites found so far. */
struct found {
    uint16_t port;
    struct site *sites;
    size_t count, most;
};

struct listening *listening_new(void)
{
    struct listening *listening = mem_new(sizeof(*listening));

    listening->fd = -1;
    return listening;
}

void listening_free(struct listening *listening)
{
    if (listening->fd >= 0)
        close(listening->fd);
    free(listening);
}

static int ask(struct listening *listening, int family, uint16_t port)
{
    struct question question = {
        .head = {.nlmsg_len = sizeof(question),
                 .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                 .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
                 .nlmsg_seq = ++listening->sequence},
        .request = {.sdiag_family = (uint8_t)family,
                    .sdiag_protocol = IPPROTO_TCP,
                    .idiag_ext = 0,
                    .idiag_states = 1U << TCP_LISTEN},
        .program_head = {.rta_type = INET_DIAG_REQ_BYTECODE, .rta_len = RTA_LENGTH(sizeof(question.program))},
        /* The operand stands in the next field's `no`. `yes` and `no`: how far to go on; behind the end is a no. */
        .program = {{.code = INET_DIAG_BC_S_GE, .yes = 8, .no = 20},
                    {.no = port},
                    {.code = INET_DIAG_BC_S_LE, .yes = 8, .no = 12},
                    {.no = port}},
    };

    if (send(listening->fd, &question, sizeof(question), MSG_NOSIGNAL) < 0)
        return -errno;
    return 0;
}

static void add_socket(const struct nlmsghdr *head, struct found *found)
{
    const struct inet_diag_msg *socket = NLMSG_DATA(head);
    size_t left = head->nlmsg_len - NLMSG_LENGTH(sizeof(*socket));
    struct site site = {.address.any.sa_family = socket->idiag_family};

    if (ntohs(socket->id.idiag_sport) != found->port || found->count == found->most)
        return;
    if (socket->idiag_family == AF_INET) {
        site.address.len = sizeof(site.address.v4);
        memcpy(&site.address.v4.sin_addr, socket->id.idiag_src, sizeof(site.address.v4.sin_addr));
    } else {
        site.address.len = sizeof(site.address.v6);
        memcpy(&site.address.v6.sin6_addr, socket->id.idiag_src, sizeof(site.address.v6.sin6_addr));
        site.address.v6.sin6_scope_id = socket->id.idiag_if;
    }
    for (struct rtattr *attribute = (struct rtattr *)(socket + 1); RTA_OK(attribute, left);
         attribute = RTA_NEXT(attribute, left))
        if (attribute->rta_type == INET_DIAG_SKV6ONLY)
            site.v6_only = *(uint8_t *)RTA_DATA(attribute);
    found->sites[found->count++] = site;
}

/* Returns 1 when there is more to come, 0 when that was all, or a negative errno. */
static int take(const struct listening *listening, const struct nlmsghdr *head, struct found *found)
{
    if (head->nlmsg_seq != listening->sequence)
        return 1;
    if (head->nlmsg_type == NLMSG_DONE)
        return 0;
    if (head->nlmsg_type == NLMSG_ERROR) {
        int error = ((const struct nlmsgerr *)NLMSG_DATA(head))->error;

        return error < 0 ? error : -EPROTO;
    }
    if (head->nlmsg_type == SOCK_DIAG_BY_FAMILY && head->nlmsg_len >= NLMSG_LENGTH(sizeof(struct inet_diag_msg)))
        add_socket(head, found);
    return 1;
}

/* The kernel answers at once: whatever it has not said when there is nothing to read it does not say. */
static int hear(const struct listening *listening, struct found *found)
{
    _Alignas(struct nlmsghdr) char answer[ANSWER_BYTES];

    for (;;) {
        ssize_t got = recv(listening->fd, answer, sizeof(answer), MSG_DONTWAIT);
        unsigned left = got > 0 ? (unsigned)got : 0;

        if (got <= 0)
            return got < 0 ? -errno : -EPROTO;
        for (struct nlmsghdr *head = (struct nlmsghdr *)answer; NLMSG_OK(head, left); head = NLMSG_NEXT(head, left)) {
            int status = take(listening, head, found);

            if (status <= 0)
                return status;
        }
    }
}

int listening_at(struct listening *listening, uint16_t port, struct site *ret, size_t most)
{
    static const int families[] = {AF_INET, AF_INET6};
    struct found found = {.port = port, .sites = ret, .most = most};
    int status = 0;

    if (listening->fd < 0)
        listening->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    if (listening->fd < 0)
        return -errno;
    for (size_t i = 0; i < sizeof(families) / sizeof(families[0]) && status == 0; i++) {
        status = ask(listening, families[i], port);
        if (status == 0)
            status = hear(listening, &found);
    }
    return found.count > 0 ? (int)found.count : status;
}
