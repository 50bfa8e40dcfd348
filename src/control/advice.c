/* SPDX-License-Identifier: MIT */
#include "control/advice.h"

#include <string.h>

#include "model/pattern.h"
#include "model/registry.h"
#include "cable/cable.h"
#include "loop/relay.h"

/* Looking at all triples of nodes, and for all pairs at all rules; beyond it nothing is said about how they are split.
 */
#define SPLIT_NODES_MAX 64
#define SPLIT_RULES_MAX 100

/* OTP's own default for net_ticktime is 60 s: a node notices after 45 to 75 s of silence. */
#define NOTICED_AFTER_US 45000000

/* ---- notes ---- */

static bool matches_any_node(const struct relay *relay, const char *pattern)
{
    for (const struct node *node = registry_nodes(relay->registry); node; node = node->next)
        if (pattern_matches(pattern, node_name(node)))
            return true;
    return false;
}

/* Nameless dialers, and those of other machines, are not registered here. */
static bool matches_any_dialer(const struct relay *relay, const char *pattern)
{
    for (const struct cable *cable = cables_first(relay->cables); cable; cable = cable_next(cable)) {
        struct cable_view view = cable_look(cable);

        if (view.dialer.name && pattern_matches(pattern, view.dialer.name))
            return true;
    }
    return false;
}

/* A name that nobody has is fine (the node may come later), but often a slip. Each is told once. */
static void note_strangers(const struct relay *relay, const struct islands *islands, json_t *told, json_t *notes)
{
    for (size_t i = 0; i < islands->count; i++)
        for (size_t k = 0; k < islands->at[i].count; k++) {
            const char *pattern = islands->at[i].patterns[k];

            if (strcmp(pattern, "*") == 0 || json_object_get(told, pattern))
                continue;
            json_object_set_new(told, pattern, json_true());
            if (!matches_any_node(relay, pattern) && !matches_any_dialer(relay, pattern))
                json_array_append_new(
                    notes, json_sprintf("no node named '%s' is registered yet; the rule waits for it", pattern));
        }
}

/* A connection that is no plain handshake has a dialer that no rule can mean. */
static void note_raw_cables(const struct relay *relay, const struct islands *islands, json_t *notes)
{
    for (const struct cable *cable = cables_first(relay->cables); cable; cable = cable_next(cable)) {
        struct cable_view view = cable_look(cable);

        if (!view.dialer.name && view.phase == CABLE_raw && islands_find(islands, view.acceptor.name) >= 0)
            json_array_append_new(
                notes, json_sprintf("cable #%lld to %s is raw (TLS?): nobody knows who dialled it, so the rule "
                                    "does not apply to it",
                                    (long long)view.id, view.acceptor.name));
    }
}

json_t *advice_notes(const struct api *api, const struct requests *requests)
{
    json_t *notes = json_array(), *told = json_object();
    bool between_nodes = false;

    for (size_t i = 0; i < requests->count; i++) {
        const struct islands *islands = &requests->at[i].selector.islands;
        bool pairs = fault_row(requests->at[i].fault.kind)->between_nodes;

        note_strangers(api->relay, islands, told, notes);
        if (pairs)
            note_raw_cables(api->relay, islands, notes);
        between_nodes |= pairs;
    }
    json_decref(told);
    if (between_nodes && !api->relay->options->relay)
        json_array_append_new(notes, json_string("the daemon does not relay (--no-relay): only faults of names take "
                                                 "effect"));
    return notes;
}

/* ---- advice ---- */

static bool talk(const struct relay *relay, const char *a, const char *b)
{
    return rules_profile(relay->rules, a, b, true).partition == PARTITION_NONE &&
           rules_profile(relay->rules, b, a, true).partition == PARTITION_NONE;
}

/* Are there three nodes of which the outer two do not talk, and both talk to the one between? */
static bool overlaps(const struct relay *relay)
{
    const char *names[SPLIT_NODES_MAX];
    bool talks[SPLIT_NODES_MAX][SPLIT_NODES_MAX];
    size_t count = 0;

    if (rules_count(relay->rules) > SPLIT_RULES_MAX)
        return false;
    for (const struct node *node = registry_nodes(relay->registry); node; node = node->next) {
        if (count == SPLIT_NODES_MAX)
            return false;
        names[count++] = node_name(node);
    }
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < count; j++)
            talks[i][j] = i == j || talk(relay, names[i], names[j]);
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < count; j++)
            for (size_t k = 0; k < count; k++)
                if (talks[i][j] && talks[j][k] && !talks[i][k])
                    return true;
    return false;
}

static size_t count_nodes(const struct relay *relay)
{
    size_t count = 0;

    for (const struct node *node = registry_nodes(relay->registry); node; node = node->next)
        count++;
    return count;
}

enum advice { OVERLAP, CLOSES, SHORT, IDLE, ADVICE_COUNT };

static const char *const texts[ADVICE_COUNT] = {
    [OVERLAP] =
        "this cut does not make clean islands: from OTP 25 on `global` disconnects more nodes than you cut, so that "
        "no partitions overlap (-kernel prevent_overlapping_partitions false turns that off)",
    [CLOSES] =
        "nodes notice a closed connection at once, and from OTP 25 on `global` may then isolate a third node within "
        "milliseconds (-kernel prevent_overlapping_partitions false turns that off)",
    [SHORT] = "a hold shorter than the nodes' net_ticktime (60 s unless they say otherwise) can end before anybody has "
              "noticed it; see epmdpxy wait noticed",
    [IDLE] = "idle nodes do not reconnect by themselves after a fix: somebody has to send or ping",
};

json_t *advice_once(struct api *api, const struct fault *fault, uint64_t for_us)
{
    enum partition mode = PARTITION_HOLD + (enum partition)fault->value[PARAM_mode];
    bool is_cut = fault->kind == FAULT_partition; /* else it has no mode */
    bool closes = mode == PARTITION_CLOSE || mode == PARTITION_RESET;
    const bool fits[ADVICE_COUNT] = {
        [OVERLAP] = is_cut && !(api->advised & 1U << OVERLAP) && overlaps(api->relay),
        [CLOSES] = closes && count_nodes(api->relay) > 2,
        [SHORT] = mode == PARTITION_HOLD && for_us > 0 && for_us < NOTICED_AFTER_US,
        [IDLE] = mode != PARTITION_REFUSE,
    };

    if (!is_cut)
        return NULL;
    for (enum advice i = 0; i < ADVICE_COUNT; i++)
        if (fits[i] && !(api->advised & 1U << i)) {
            api->advised |= 1U << i;
            return json_string(texts[i]);
        }
    return NULL;
}
