/* SPDX-License-Identifier: MIT */
/* A daemon's parts without its doors: nodes are registered by the test, and nothing connects. */
#ifndef UNIT_HOUSE_H
#define UNIT_HOUSE_H

#include <string.h>

#include "cable/cabling.h"
#include "control/api.h"
#include "loop/deadlines.h"
#include "loop/descriptors.h"
#include "loop/loop.h"
#include "model/counters.h"
#include "model/events.h"
#include "model/registry.h"
#include "model/rules.h"
#include "service/service.h"

struct house {
    struct counters counters;
    struct cabling cabling;
    struct service service;
    struct api api;
};

static void house_init(struct house *house)
{
    struct cabling *cabling = &house->cabling;

    *house = (struct house){.cabling = {.seed = 1}};
    cabling->loop = loop_new();
    cabling->deadlines = deadlines_new(cabling->loop);
    cabling->counters = &house->counters;
    cabling->descriptors = descriptors_new(cabling->loop, cabling->counters, 100);
    cabling->registry = registry_new(10);
    cabling->rules = rules_new(NULL, NULL);
    cabling->events = events_new();
    cabling_init(cabling);
    house->service = service_over(cabling, true, 1);
    house->api = (struct api){.service = &house->service, .version = "0", .pipes = cabling->pipes};
}

static inline void house_done(struct house *house)
{
    struct cabling *cabling = &house->cabling;

    cabling_done(cabling);
    descriptors_free(cabling->descriptors);
    events_free(cabling->events);
    rules_free(cabling->rules);
    registry_free(cabling->registry);
    deadlines_free(cabling->deadlines);
    loop_free(cabling->loop);
}

/* A test for which the `house` of its file is made, and taken down. */
#define IN_A_HOUSE(name) cmocka_unit_test_prestate_setup_teardown(name, in_a_house, out_of_it, &house)

static inline int in_a_house(void **state)
{
    house_init(*state);
    return 0;
}

static inline int out_of_it(void **state)
{
    house_done(*state);
    return 0;
}

static inline struct node *house_register(struct house *house, const char *name)
{
    static const struct owner owner;
    struct epmd_node told = {.name = (const uint8_t *)name, .name_len = strlen(name), .port = 1};
    struct node *node = registry_add(house->cabling.registry, &told, &owner, 9, 1800000000U);

    events_add(house->cabling.events, &(struct event){.kind = EVENT_node_up, .from = name});
    return node;
}

#endif
