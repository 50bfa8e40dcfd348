/* SPDX-License-Identifier: MIT */
#include "epmd/answers.h"

#include "base/bytes.h"
#include "base/log.h"
#include "model/counters.h"
#include "model/registry.h"
#include "model/rules.h"
#include "loop/loop.h"
#include "epmd/gate.h"
#include "epmd/mapper.h"
#include "epmd/registration.h"

static void answer_alive(struct mapper *mapper, struct epmd_node *told, const char *refusal, const struct asker *asker,
                         struct answer *ret)
{
    uint8_t to[EPMD_ALIVE_REPLY_MAX];
    uint32_t creation = 0;

    if (!refusal && registration_find(mapper, told->name, told->name_len))
        refusal = "the name is taken";
    if (refusal) {
        COUNT(mapper->counters, registrations_refused);
        log_debug("registration of '%.*s' refused: %s", (int)told->name_len, (const char *)told->name, refusal);
    } else {
        COUNT(mapper->counters, registrations);
        ret->registered = registration_begin(mapper, told, asker->owner, asker->fd);
        creation = ret->registered->creation;
    }
    text_add(&ret->text, to, epmd_put_alive_reply(to, told->version_high, !refusal, creation));
    ret->behind = BEHIND_STAY;
}

static struct party party_of(const struct node *node)
{
    return (struct party){.name = node_name(node), .observes = node_is_hidden(node)};
}

/* No rule is about our own node. */
static struct name_profile faults_of(const struct mapper *mapper, const struct node *node)
{
    const struct name_profile none = {0};

    return node_is_ours(node) ? none : rules_name_profile(mapper->rules, party_of(node));
}

/* One of the rules has a say in what is answered about that name. */
static void touch_rules(const struct mapper *mapper, const struct node *node, enum touched what)
{
    rules_touch(mapper->rules, &(struct touch){.dialer = party_of(node), .what = what, .now_ms = loop_wall_ms()});
}

static void answer_port(struct mapper *mapper, const struct epmd_node *asked, const struct asker *asker,
                        struct answer *ret)
{
    struct node *node = registration_find(mapper, asked->name, asked->name_len);
    struct name_profile faults = {0};
    struct epmd_node told;
    uint8_t to[EPMD_PORT_REPLY_MAX];

    if (node)
        faults = faults_of(mapper, node);
    if (!asker->waited && (faults.silent || faults.hide || faults.slow_us))
        COUNT(mapper->counters, lookups_hidden);
    if (!asker->waited && (faults.silent || faults.hide || faults.slow_us))
        touch_rules(mapper, node, TOUCHED_LOOKUP);
    if (faults.silent || (faults.slow_us && !asker->waited)) {
        ret->kind = faults.silent ? ANSWER_NEVER : ANSWER_LATER;
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
    if (mapper->options.relay && !node_is_ours(node)) {
        int port = gates_port(mapper->gates, node, &asker->local, asker->stranger);

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
        if (faults_of(mapper, node).unlisted)
            touch_rules(mapper, node, TOUCHED_LIST);
        else
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

static void answer_kill(struct mapper *mapper, struct answer *ret)
{
    bool may = !mapper->options.unkillable && (mapper->options.relaxed || !registration_any(mapper));

    text_addf(&ret->text, "%s", may ? "OK" : "NO");
    ret->behind = may ? BEHIND_KILL : BEHIND_CLOSE;
}

static void refuse(struct answer *ret, const char *reason)
{
    ret->kind = ANSWER_REFUSED;
    ret->refusal = reason;
}

static void answer_stop(struct mapper *mapper, const struct epmd_node *asked, struct answer *ret)
{
    struct node *node;

    if (!mapper->options.relaxed) {
        refuse(ret, "STOP_REQ is not allowed (--relaxed-command-check)");
        return;
    }
    node = registration_find(mapper, asked->name, asked->name_len);
    if (node)
        node->owner->end(node->owner->data);
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

    *ret = (struct answer){.kind = ANSWER_SAID};
    if (verdict == EPMD_BAD) {
        refuse(ret, reason);
        return;
    }
    if (is_for_locals(request.opcode) && !address_is_local_peer(&asker->peer, &asker->local)) {
        refuse(ret, "not allowed from another host");
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
