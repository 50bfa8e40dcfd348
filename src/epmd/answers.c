/* SPDX-License-Identifier: MIT */
#include "epmd/answers.h"

#include <time.h>

#include "base/bytes.h"
#include "base/log.h"
#include "model/counters.h"
#include "model/events.h"
#include "model/registry.h"
#include "model/rules.h"
#include "loop/descriptors.h"
#include "loop/loop.h"
#include "epmd/gate.h"
#include "epmd/mapper.h"
#include "epmd/session.h"

/*
 * The registered node of that name. The loop may bring a new connection before it brings the end of an older one, so we
 * look whether the owner is still there: a node that comes back at once is not refused because of its former self.
 */
static struct node *find(struct mapper *mapper, const struct epmd_node *asked)
{
    struct node *node = registry_find(mapper->registry, asked->name, asked->name_len);

    if (node && session_is_gone(node->owner)) {
        session_close(node->owner);
        return NULL;
    }
    return node;
}

static void answer_alive(struct mapper *mapper, struct epmd_node *told, const char *refusal, const struct asker *asker,
                         struct answer *ret)
{
    uint8_t to[EPMD_ALIVE_REPLY_MAX];

    if (!refusal && find(mapper, told))
        refusal = "the name is taken";
    if (refusal) {
        COUNT(mapper->counters, registrations_refused);
        log_debug("registration of '%.*s' refused: %s", (int)told->name_len, (const char *)told->name, refusal);
    } else {
        COUNT(mapper->counters, registrations);
        told->port = gates_real_port(mapper->gates, told->name, told->name_len, told->port);
        ret->registered = registry_add(mapper->registry, told, asker->session, asker->fd, (uint32_t)time(NULL));
        log_info("%s is registered, at port %u", ret->registered->name, told->port);
        events_add(mapper->events,
                   &(struct event){.time_ms = loop_wall_ms(), .kind = EVENT_node_up, .from = ret->registered->name});
    }
    text_add(&ret->text, to,
             epmd_put_alive_reply(to, told->version_high, !refusal, refusal ? 0 : ret->registered->creation));
    ret->keep = true;
}

/* A gate for this question, or -1. */
static int open_gate(struct mapper *mapper, const struct node *node, const struct asker *asker)
{
    struct target target = {.name = node->name, .address = asker->local};
    int port;

    address_set_port(&target.address, node->told.port);
    port = gate_open(mapper, &target, &asker->local);
    if (port < 0 && descriptors_ran_out(-port) &&
        descriptors_make_room(mapper->descriptors, asker->stranger, "a port query"))
        port = gate_open(mapper, &target, &asker->local);
    return port;
}

static void answer_port(struct mapper *mapper, const struct epmd_node *asked, const struct asker *asker,
                        struct answer *ret)
{
    struct node *node = find(mapper, asked);
    struct name_profile faults = {0};
    struct epmd_node told;
    uint8_t to[EPMD_PORT_REPLY_MAX];

    if (node)
        faults = rules_name_profile(mapper->rules, node_name(node));
    if (!asker->waited && (faults.silent || faults.hide || faults.slow_us))
        COUNT(mapper->counters, lookups_hidden);
    if (faults.silent || (faults.slow_us && !asker->waited)) {
        ret->silent = faults.silent;
        ret->delay_us = faults.slow_us;
        return;
    }
    if (!node || faults.hide) {
        COUNT(mapper->counters, lookups_unknown);
        text_add(&ret->text, to, epmd_put_port_reply(to, NULL));
        return;
    }
    COUNT(mapper->counters, lookups);
    told = node->told;
    if (mapper->options.relay) {
        int port = open_gate(mapper, node, asker);

        if (port < 0) /* the real port would lead around us: better no answer, the node asks again */
            return;
        told.port = (uint16_t)port;
    }
    text_add(&ret->text, to, epmd_put_port_reply(to, &told));
}

static void put_own_port(const struct mapper *mapper, struct answer *ret)
{
    uint8_t to[4];

    bytes_put_u32(to, (uint32_t)mapper->options.port);
    text_add(&ret->text, to, sizeof(to));
}

static void answer_names(const struct mapper *mapper, struct answer *ret)
{
    put_own_port(mapper, ret);
    for (const struct node *node = registry_nodes(mapper->registry); node; node = node->next)
        if (!rules_name_profile(mapper->rules, node_name(node)).unlisted)
            text_addf(&ret->text, "name %s at port %u\n", node->name, node->told.port);
}

/* The NULs are the stock daemon's: it sends its C strings whole. */
static void answer_dump(const struct mapper *mapper, struct answer *ret)
{
    put_own_port(mapper, ret);
    for (const struct node *node = registry_nodes(mapper->registry); node; node = node->next)
        text_addf(&ret->text, "active name     <%s> at port %u, fd = %d\n%c", node->name, node->told.port, node->fd, 0);
    for (const struct node *node = registry_remembered(mapper->registry); node; node = node->next)
        text_addf(&ret->text, "old/unused name <%s>, port = %u, fd = %d \n%c", node->name, node->told.port, node->fd,
                  0);
}

static bool any_node_lives(struct mapper *mapper)
{
    struct node *node, *next;

    for (node = registry_nodes(mapper->registry); node; node = next) {
        next = node->next;
        if (!session_is_gone(node->owner))
            return true;
        session_close(node->owner);
    }
    return false;
}

static void answer_kill(struct mapper *mapper, struct answer *ret)
{
    ret->kill = mapper->options.relaxed || !any_node_lives(mapper);
    text_addf(&ret->text, "%s", ret->kill ? "OK" : "NO");
}

static void answer_stop(struct mapper *mapper, const struct epmd_node *asked, struct answer *ret)
{
    struct node *node;

    if (!mapper->options.relaxed) {
        ret->refusal = "STOP_REQ is not allowed (--relaxed-command-check)";
        return;
    }
    node = find(mapper, asked);
    if (node)
        session_close(node->owner);
    /* Both words for an unknown name: clients of the stock daemon read seven bytes and know it by them. */
    text_addf(&ret->text, "%s", node ? "STOPPED" : "NOEXISTSTOPPED");
}

static bool is_for_locals(enum epmd_opcode opcode)
{
    return opcode != EPMD_PORT && opcode != EPMD_NAMES;
}

void answer_request(struct mapper *mapper, const uint8_t *body, size_t len, const struct asker *asker,
                    struct answer *ret)
{
    struct epmd_request request;
    const char *reason;
    enum epmd_verdict verdict = epmd_decode(body, len, &request, &reason);

    *ret = (struct answer){.refusal = NULL};
    if (verdict == EPMD_BAD) {
        ret->refusal = reason;
        return;
    }
    if (is_for_locals(request.opcode) && !address_is_local_peer(&asker->peer, &asker->local)) {
        ret->refusal = "not allowed from another host";
        return;
    }
    switch (request.opcode) {
    case EPMD_ALIVE:
        answer_alive(mapper, &request.node, reason, asker, ret);
        return;
    case EPMD_PORT:
        answer_port(mapper, &request.node, asker, ret);
        return;
    case EPMD_NAMES:
        answer_names(mapper, ret);
        return;
    case EPMD_DUMP:
        answer_dump(mapper, ret);
        return;
    case EPMD_KILL:
        answer_kill(mapper, ret);
        return;
    case EPMD_STOP:
        answer_stop(mapper, &request.node, ret);
        return;
    }
}
