/* SPDX-License-Identifier: MIT */
#include "service/hints.h"

#include "base/text.h"
#include "loop/loop.h"
#include "model/registry.h"
#include "model/rules.h"
#include "service/look.h"
#include "service/service.h"

static bool is_ruled(const struct node *node, const struct rules *rules)
{
    for (const struct rule *rule = rules_first(rules); rule; rule = rule->next)
        if (islands_find(&rule->selector.islands, node_name(node)) >= 0)
            return true;
    return false;
}

static const char *suggestion(const struct node *node)
{
    return node->shown_as ? "its handshakes have failed: is its cookie that of the others?"
                          : "no handshake with it was seen: does anything connect it, with the cookie of the others?";
}

void hints(const struct service *service, hint_fn *fn, void *data)
{
    const struct node *nodes = registry_nodes(service->registry);
    uint64_t now_ms = loop_now_ms(service->loop);
    size_t members = 0, lonely = 0;

    for (const struct node *node = nodes; node; node = node->next)
        members += !look_observes(node, service->rules);
    if (members < 2 || !service->relayed)
        return;
    for (const struct node *node = nodes; node && lonely < HINTS_NODES_MAX; node = node->next) {
        struct text text = {0};

        if (node->connected || now_ms - node->since_ms < HINTS_AFTER_MS || look_observes(node, service->rules))
            continue;
        lonely++;
        if (is_ruled(node, service->rules))
            continue;
        text_addf(&text, "%s registered %llu s ago and has never connected; %s", node_name(node),
                  (unsigned long long)(now_ms - node->since_ms) / 1000, suggestion(node));
        text_add(&text, "", 1);
        fn(data, text.data);
        text_done(&text);
    }
}
