/* SPDX-License-Identifier: MIT */
#include "service/service.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/refusal.h"
#include "cable/cable.h"
#include "cable/cabling.h"
#include "loop/deadlines.h"
#include "model/pattern.h"
#include "model/registry.h"
#include "model/rules.h"
#include "model/topology.h"
#include "request/cut.h"
#include "request/fix.h"
#include "request/lease.h"
#include "request/observe.h"
#include "request/rules_request.h"
#include "service/advice.h"
#include "service/look.h"

struct service service_over(const struct cabling *cabling, bool relayed, uint64_t seed)
{
    struct service service = {.loop = cabling->loop,
                              .deadlines = cabling->deadlines,
                              .registry = cabling->registry,
                              .rules = cabling->rules,
                              .cables = cabling->cables,
                              .events = cabling->events,
                              .counters = cabling->counters,
                              .relayed = relayed};

    random_seed(&service.chance, seed);
    return service;
}

static uint64_t now_us(const struct service *service)
{
    return loop_clock_us(service->loop);
}

void rules_answer_done(struct rules_answer *answer)
{
    for (size_t i = 0; i < answer->notes_count; i++)
        free(answer->notes[i]);
    free(answer->notes);
    *answer = (struct rules_answer){0};
}

size_t service_held_cables(const struct service *service)
{
    return cables_held(service->cables);
}

/* ---- rules ---- */

/* Two globs may both match a node: told as far as there are such nodes. */
static int check_split(const struct service *service, const struct islands *islands, struct refusal *refusal)
{
    for (const struct node *node = registry_nodes(service->registry); node; node = node->next) {
        int first = islands_find(islands, node_name(node));
        int second = first < 0 ? -1 : islands_find_after(islands, node_name(node), first);

        if (second >= 0 && !node_is_ours(node))
            return refuse(refusal, "islands", "a node in two islands: '%.200s' matches islands %d and %d",
                          node_name(node), first + 1, second + 1);
    }
    return 0;
}

static int check_rule(const struct service *service, const struct rule_asked *rule, struct refusal *refusal)
{
    const char *lease = rule->lifetime.lease;

    if (lease && !rules_lease(service->rules, lease))
        return refuse(refusal, "lease", "there is none named '%.100s'; begin it first (POST /v1/leases, epmdpxy lease)",
                      lease);
    if (rule->selector.overlap || rule->selector.islands.count < 2)
        return 0;
    return check_split(service, &rule->selector.islands, refusal);
}

static int check_rules(const struct service *service, const struct rules_request *request, struct refusal *refusal)
{
    for (size_t i = 0; i < request->count; i++)
        if (check_rule(service, &request->at[i], refusal) < 0)
            return request->count == 1 ? refusal->status : refusal_within(refusal, "rules[%zu]", i);
    return 0;
}

/* A cut that severs settles. */
static uint64_t settles_us(const struct service *service, const struct fault *fault)
{
    bool severs =
        fault->kind == FAULT_partition && PARTITION_HOLD + (enum partition)fault->value[PARAM_mode] == PARTITION_SEVER;

    return severs ? now_us(service) + RULES_SETTLING_US : 0;
}

/* NULL, or the one with whom the rule goes. */
static struct lease *owner_of(const struct lifetime *lifetime, struct lease **owner)
{
    if (!lifetime->with_connection)
        return NULL;
    if (!*owner)
        *owner = rules_begin_owner(NULL);
    return *owner;
}

static int put_into_book(struct service *service, const struct rules_request *request, struct lease **owner,
                         uint32_t *ret_first, struct refusal *refusal)
{
    struct rule_request *rules = mem_new(request->count * sizeof(*rules));
    int status;

    for (size_t i = 0; i < request->count; i++) {
        const struct rule_asked *asked = &request->at[i];

        rules[i] = (struct rule_request){
            .fault = asked->fault,
            .selector = asked->selector,
            .ends_us = asked->lifetime.for_us ? now_us(service) + asked->lifetime.for_us : RULES_NEVER,
            .settles_us = settles_us(service, &asked->fault),
            .lease = asked->lifetime.lease,
            .owner = owner_of(&asked->lifetime, owner),
        };
        rules[i].selector.islands = islands_copy(&asked->selector.islands);
    }
    status = rules_add(service->rules, rules, request->count, ret_first);
    for (size_t i = 0; i < request->count; i++)
        islands_done(&rules[i].selector.islands); /* when they were not taken over */
    free(rules);
    if (status < 0)
        return refuse_as(refusal, -ENOSPC, NULL,
                         "the rule book is full (%d rules); remove some first (fix, fault rm, fault clear)", RULES_MAX);
    return 0;
}

/* `cluster`: as it is before; its links, and nodes that are not registered, are not good any more then. */
static int add_rules(struct service *service, const struct rules_request *request, struct lease **owner,
                     const struct cluster *cluster, struct rules_answer *ret, struct refusal *refusal)
{
    int status = check_rules(service, request, refusal);

    for (size_t i = 0; status == 0 && i < request->count; i++)
        if (request->at[i].strict)
            status = advice_refuse_strangers(&request->at[i].selector.islands, cluster, refusal);
    if (status < 0)
        return status;
    *ret = (struct rules_answer){0};
    advice_notes(service, request, cluster, ret);
    status = put_into_book(service, request, owner, &ret->first, refusal);
    if (status < 0) {
        rules_answer_done(ret);
        return status;
    }
    advice_once(service, request, cluster, ret);
    ret->held_cables = service_held_cables(service);
    return 0;
}

int service_add_rules(struct service *service, const struct rules_request *request, struct lease **owner,
                      struct rules_answer *ret, struct refusal *refusal)
{
    struct cluster cluster;
    int status;

    look(service, &cluster);
    status = add_rules(service, request, owner, &cluster, ret, refusal);
    cluster_done(&cluster);
    return status;
}

void ended_answer_done(struct ended_answer *answer)
{
    free(answer->ended);
    rules_answer_done(&answer->remarks);
    *answer = (struct ended_answer){0};
}

/* Now, while it still is; and everything that has passed is noted. */
static void note_end(const struct rule *rule, struct ended_answer *answer)
{
    answer->ended[answer->ended_count++] =
        (struct ended_rule){rule->id, rule->effect, loop_wall_ms() - rule->effect.given_up_ms};
}

/* All rules, or all partitions, of which those that stay are taken out again; what they have done has been noted. */
static void note_ends(const struct service *service, bool partitions_only, struct ended_answer *answer)
{
    *answer = (struct ended_answer){.ended = mem_new((rules_count(service->rules) + 1) * sizeof(*answer->ended))};
    for (const struct rule *rule = rules_first(service->rules); rule; rule = rule->next)
        if (!partitions_only || rule->fault.kind == FAULT_partition)
            note_end(rule, answer);
}

static void leave_out_those_that_stay(const struct service *service, struct ended_answer *answer)
{
    size_t kept = 0;

    for (size_t i = 0; i < answer->ended_count; i++)
        if (!rules_find(service->rules, answer->ended[i].id))
            answer->ended[kept++] = answer->ended[i];
    answer->ended_count = kept;
}

/* A fix between names that nobody has, or of pairs that nobody has cut, is a slip. */
static void note_slips(const struct service *service, const struct fix_request *request, bool changed,
                       struct ended_answer *answer)
{
    struct cluster cluster;

    if (request->islands.count == 0)
        return;
    look(service, &cluster);
    advice_strangers(&request->islands, "", &cluster, &answer->remarks);
    cluster_done(&cluster);
    if (!changed)
        advice_note(&answer->remarks, "no cut is between these: nothing has changed");
}

static int check_known(const struct service *service, const struct fix_request *request, struct refusal *refusal)
{
    struct cluster cluster;
    int status = 0;

    if (!request->strict)
        return 0;
    look(service, &cluster);
    status = advice_refuse_strangers(&request->islands, &cluster, refusal);
    cluster_done(&cluster);
    return status;
}

int service_fix(struct service *service, const struct fix_request *request, struct ended_answer *ret,
                struct refusal *refusal)
{
    bool all = request->islands.count == 0;
    uint64_t version = rules_version(service->rules);

    if (!all && (check_split(service, &request->islands, refusal) < 0 || check_known(service, request, refusal) < 0))
        return refusal->status;
    rules_note_before_fix(service->rules);
    note_ends(service, true, ret);
    if (rules_fix(service->rules, all ? NULL : &request->islands) < 0) {
        ended_answer_done(ret);
        return refuse_as(refusal, -ENOSPC, NULL,
                         "a rule cannot take more than %d fixes; fix everything, without islands", RULES_HEALED_MAX);
    }
    leave_out_those_that_stay(service, ret);
    note_slips(service, request, rules_version(service->rules) != version, ret);
    return 0;
}

int service_remove_rule(struct service *service, uint32_t id, struct ended_answer *ret, struct refusal *refusal)
{
    const struct rule *rule = rules_find(service->rules, id);

    if (!rule)
        return refuse_as(refusal, -ENOENT, NULL, "there is no rule %u; see epmdpxy fault list", id);
    *ret = (struct ended_answer){.ended = mem_new(sizeof(*ret->ended))};
    rules_note(service->rules);
    note_end(rule, ret);
    rules_remove(service->rules, id);
    return 0;
}

void service_clear(struct service *service, struct ended_answer *ret)
{
    rules_note(service->rules);
    note_ends(service, false, ret);
    rules_clear(service->rules);
}

/* ---- cuts ---- */

/* The nodes that a topology splits: those that are named, or all members of the cluster. */
static const char **dealt_nodes(const struct cut_request *request, const struct cluster *cluster, size_t *ret_count,
                                struct rules_answer *answer)
{
    const char **names = mem_new((cluster->nodes_count + 1) * sizeof(*names));
    size_t count = 0;

    for (size_t i = 0; i < cluster->nodes_count; i++) {
        const struct cluster_node *node = &cluster->nodes[i];
        bool named = request->of.count > 0 ? island_holds(&request->of.at[0], node->name)
                                           : request->node && pattern_matches(request->node, node->name);

        if (node->standing != NODE_REGISTERED || (request->of.count > 0 && !named) || (node->observes && !named))
            continue;
        if (pattern_is_plain(node->name))
            names[count++] = node->name;
        else
            advice_note(answer, "'%s' is left out: no rule can mean a node of that name alone", node->name);
    }
    *ret_count = count;
    return names;
}

/* One rule for each cut of the topology. */
static int split(const struct cluster *cluster, const struct cut_request *request, uint64_t seed,
                 struct rules_request *ret, struct rules_answer *answer, struct refusal *refusal)
{
    struct topology_request wanted = {.topology = request->topology, .node = request->node, .seed = seed};
    struct topology_cuts cuts;
    const char **names = dealt_nodes(request, cluster, &wanted.count, answer);
    int status;

    advice_strangers(&request->of, ": it is in no island", cluster, answer);
    wanted.names = names;
    status = topology_cuts(&wanted, &cuts, refusal);
    if (status == 0) {
        for (size_t i = 0; i < cuts.count; i++)
            rules_request_add(ret, &(struct rule_asked){.fault = request->fault,
                                                        .selector.islands = islands_copy(&cuts.at[i]),
                                                        .lifetime = lifetime_copy(&request->lifetime)});
        topology_cuts_done(&cuts);
    }
    free(names);
    return status;
}

int service_cut(struct service *service, const struct cut_request *request, struct lease **owner,
                struct rules_answer *ret, struct refusal *refusal)
{
    uint64_t seed = request->seeded ? request->seed : random_below(&service->chance, 65536); /* short to type again */
    struct rules_answer left_out = {0};
    struct rules_request rules = {0};
    struct cluster cluster;
    int status = 0;

    look(service, &cluster);
    if (request->strict)
        status = advice_refuse_strangers(&request->of, &cluster, refusal);
    if (status == 0 && request->by_topology)
        status = split(&cluster, request, seed, &rules, &left_out, refusal);
    else if (status == 0)
        rules_request_add(&rules, &(struct rule_asked){.fault = request->fault,
                                                       .selector = {.islands = islands_copy(&request->islands),
                                                                    .one_way = request->one_way},
                                                       .lifetime = lifetime_copy(&request->lifetime),
                                                       .strict = request->strict});
    if (status == 0)
        status = check_rule(service, &rules.at[0], refusal); /* they are alike: nobody has asked for them by number */
    if (status == 0)
        status = add_rules(service, &rules, owner, &cluster, ret, refusal);
    cluster_done(&cluster);
    if (status == 0) {
        for (size_t i = 0; i < left_out.notes_count; i++)
            advice_note(ret, "%s", left_out.notes[i]);
        ret->seeded = request->by_topology && topology_uses_chance(request->topology);
        ret->seed = seed;
    }
    rules_answer_done(&left_out);
    rules_request_done(&rules);
    return status;
}

/* ---- leases ---- */

int service_lease(struct service *service, const struct lease_request *request, struct refusal *refusal)
{
    if (rules_renew_lease(service->rules, request->name, now_us(service) + request->for_us) < 0)
        return refuse_as(refusal, -ENOSPC, NULL, "there are %d leases already; end one first", LEASES_MAX);
    return 0;
}

int service_end_lease(struct service *service, const char *name, struct refusal *refusal)
{
    if (rules_end_lease(service->rules, name))
        return 0;
    return refuse_as(refusal, -ENOENT, NULL, "there is no lease named '%.100s'", name);
}

/* ---- observers ---- */

int service_observe(struct service *service, const struct observe_request *request, struct rules_answer *ret,
                    struct refusal *refusal)
{
    const struct island *nodes = &request->nodes.at[0];
    struct cluster cluster;

    if (rules_observers(service->rules)->count + nodes->count > OBSERVERS_MAX)
        return refuse_as(refusal, -ENOSPC, NULL, "more than %d observers; use a pattern", OBSERVERS_MAX);
    *ret = (struct rules_answer){0};
    look(service, &cluster);
    advice_observers(nodes, &cluster, ret);
    cluster_done(&cluster);
    for (size_t k = 0; k < nodes->count; k++)
        rules_observe(service->rules, nodes->patterns[k]);
    return 0;
}

int service_unobserve(struct service *service, const char *pattern, struct refusal *refusal)
{
    if (rules_unobserve(service->rules, pattern))
        return 0;
    return refuse_as(refusal, -ENOENT, NULL, "'%.200s' was not declared an observer; see epmdpxy observe", pattern);
}
