/* SPDX-License-Identifier: MIT */
#include "control/waits.h"

#include <stdlib.h>
#include <string.h>

#include "base/duration.h"
#include "base/memory.h"
#include "base/refusal.h"
#include "model/conditions.h"
#include "model/registry.h"
#include "cable/cable.h"
#include "loop/loop.h"
#include "loop/relay.h"

struct wait {
    struct condition condition;
    uint64_t ends_us;
    uint64_t timeout_us;
};

struct wait *wait_new(const struct api *api, const struct api_request *request, struct api_error *error)
{
    const char *text = request->query(request->data, "condition"), *timeout = request->query(request->data, "timeout");
    uint64_t timeout_us = WAIT_TIMEOUT_DEFAULT_US;
    struct condition condition;
    struct refusal refusal;
    struct wait *wait;

    if (timeout && (duration_parse(timeout, &timeout_us) < 0 || timeout_us > WAIT_TIMEOUT_MAX_US)) {
        api_refuse(error, 400, "timeout: '%.100s' is not a duration up to 1h: give " DURATION_HINT, timeout);
        return NULL;
    }
    if (condition_parse(text ? text : "", &condition, &refusal) < 0) {
        api_refused(error, &refusal);
        return NULL;
    }
    wait = mem_new(sizeof(*wait));
    wait->condition = condition;
    wait->timeout_us = timeout_us;
    wait->ends_us = loop_clock_us(api->relay->loop) + timeout_us;
    return wait;
}

void wait_free(struct wait *wait)
{
    if (!wait)
        return;
    condition_done(&wait->condition);
    free(wait);
}

static bool is_cut(enum partition cut)
{
    return cut != PARTITION_NONE && cut != PARTITION_REFUSE;
}

static void look_at_cables(const struct relay *relay, struct cluster *cluster, struct link *links)
{
    for (const struct cable *cable = cables_first(relay->cables); cable; cable = cable_next(cable)) {
        struct cable_view view = cable_look(cable);

        cluster->activity += view.to_acceptor.frames + view.to_dialer.frames;
        cluster->connecting |= view.phase < CABLE_up;
        if (view.phase == CABLE_up)
            links[cluster->links_count++] = (struct link){
                .a = view.dialer.name,
                .b = view.acceptor.name,
                .a_hidden = view.dialer.is_hidden,
                .b_hidden = view.acceptor.is_hidden,
                .cut = is_cut(view.to_acceptor.cut) || is_cut(view.to_dialer.cut),
            };
    }
    cluster->links = links;
}

static bool holds(struct wait *wait, const struct relay *relay, uint64_t now_us, char *missing, size_t size)
{
    struct cluster cluster = {.activity = events_last(relay->events)};
    const char **names = mem_new(registry_count(relay->registry) * sizeof(*names));
    struct link *links = mem_new(cables_count(relay->cables) * sizeof(*links));
    bool result;

    for (const struct node *node = registry_nodes(relay->registry); node; node = node->next)
        names[cluster.names_count++] = node_name(node);
    cluster.names = names;
    look_at_cables(relay, &cluster, links);
    result = condition_holds(&wait->condition, &cluster, now_us, missing, size);
    free(names);
    free(links);
    return result;
}

enum wait_outcome wait_look(struct wait *wait, const struct api *api, struct api_error *error)
{
    uint64_t now_us = loop_clock_us(api->relay->loop);
    char missing[sizeof(error->text) / 2], time[32];

    if (holds(wait, api->relay, now_us, missing, sizeof(missing)))
        return WAIT_HOLDS;
    if (now_us < wait->ends_us)
        return WAIT_ON;
    duration_print(wait->timeout_us, time, sizeof(time));
    api_refuse(error, 504, "not within %s: %s", time, missing);
    return WAIT_TIMED_OUT;
}
