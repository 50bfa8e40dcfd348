/* SPDX-License-Identifier: MIT */
#include "house.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/log.h"
#include "cable/cable.h"
#include "calls.h"
#include "epmd/door.h"
#include "epmd/gate.h"
#include "loop/descriptors.h"
#include "loop/loop.h"
#include "loop_sim.h"
#include "model/events.h"
#include "model/registry.h"
#include "model/rules.h"
#include "service/waits.h"

#define REMEMBERED_MAX 10

/* As in daemon/daemon.c: the one way up. */
static void on_rules_changed(void *data)
{
    struct house *house = data;
    uint64_t next_us = rules_next_end_us(house->cabling.rules);

    if (next_us == RULES_NEVER)
        deadline_clear(house->cabling.deadlines, &house->next_end);
    else
        deadline_set(house->cabling.deadlines, &house->next_end, next_us);
    if (house->version == rules_version(house->cabling.rules))
        return;
    house->version = rules_version(house->cabling.rules);
    events_add(house->cabling.events, &(struct event){.time_ms = loop_wall_ms(),
                                                      .kind = EVENT_rules_changed,
                                                      .number = rules_count(house->cabling.rules)});
    cables_apply_rules(house->cabling.cables);
}

static void on_rule_ended(void *data, const struct rule *rule)
{
    struct house *house = data;

    house->rule_ended++;
    if (effect_has_bitten(&rule->effect) || rule->goes_on)
        return;
    events_add(house->cabling.events,
               &(struct event){.time_ms = loop_wall_ms(), .kind = EVENT_rule_vacuous, .rule = rule->id});
}

static void on_end(void *data)
{
    struct house *house = data;

    rules_expire(house->cabling.rules, loop_clock_us(house->cabling.loop));
}

static void on_kill(void *data)
{
    struct house *house = data;

    house->killed = true;
    loop_stop(house->cabling.loop);
}

static void make_cabling(struct house *house, uint64_t seed, size_t descriptors_max, size_t lane_bytes_max)
{
    struct cabling *cabling = &house->cabling;

    cabling->loop = loop_new();
    cabling->deadlines = deadlines_new(cabling->loop);
    cabling->descriptors = descriptors_new(cabling->loop, &house->counters, descriptors_max);
    cabling->registry = registry_new(REMEMBERED_MAX);
    cabling->rules = rules_new(on_rules_changed, house);
    rules_tell_ends(cabling->rules, on_rule_ended, house);
    cabling->events = events_new();
    cabling->counters = &house->counters;
    cabling->seed = seed;
    cabling->lane_bytes_max = lane_bytes_max;
    house->next_end = (struct deadline){.fn = on_end, .data = house};
    cabling_init(cabling);
    rules_set_note(cabling->rules, cables_note_effects, cabling->cables);
}

static void make_mapper(struct house *house)
{
    const struct mapper_options options = {
        .port = EPMD_PORT_OF_HOUSE, .relay = true, .unkillable = true, .packet_timeout_ms = 60000};
    struct cabling *cabling = &house->cabling;
    struct sockaddr_in everywhere = {.sin_family = AF_INET, .sin_port = htons(EPMD_PORT_OF_HOUSE)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    house->mapper = mapper_over(cabling, &options);
    house->mapper.gates = gates_new(&house->mapper);
    house->door = door_new(&house->mapper, on_kill, house);
    if (bind(fd, (struct sockaddr *)&everywhere, sizeof(everywhere)) < 0 || listen(fd, SOMAXCONN) < 0 ||
        door_listen(house->door, fd) < 0)
        wrong("the door cannot listen");
}

void house_begin(struct house *house, uint64_t seed, size_t descriptors_max, size_t lane_bytes_max)
{
    struct cabling *cabling = &house->cabling;

    *house = (struct house){0};
    calls_begin(descriptors_max, loop_sim_wake);
    make_cabling(house, seed, descriptors_max, lane_bytes_max);
    make_mapper(house);
    house->service = service_over(cabling, true, seed);
    house->waits = waits_new(&house->service);
}

void house_end(struct house *house)
{
    struct cabling *cabling = &house->cabling;

    waits_free(house->waits);
    door_free(house->door);
    gates_free(house->mapper.gates);
    cabling_done(cabling);
    rules_set_note(cabling->rules, NULL, NULL);
    descriptors_free(cabling->descriptors);
    deadline_clear(cabling->deadlines, &house->next_end);
    rules_free(cabling->rules);
    events_free(cabling->events);
    registry_free(cabling->registry);
    deadlines_free(cabling->deadlines);
    loop_free(cabling->loop);
    calls_end();
}
