/* SPDX-License-Identifier: MIT */
#include "run_one.h"

#include <stdio.h>

#include "actor.h"
#include "calls.h"
#include "house.h"
#include "loop_sim.h"
#include "oracle.h"
#include "stranger.h"
#include "verbs.h"

#define CONNECT_TRIES 5
#define MESH_DESCRIPTORS 150 /* so many are enough for everybody */

/* What this run is like. */
static struct plan {
    uint64_t length_us, act_us; /* how long; the mean time between two acts */
    size_t descriptors;         /* that the daemon may have */
    bool strangers, jumps;      /* some come; the wall clock does */
    struct happening act;
    struct house house;
} plan;

static struct actor *any_actor(void)
{
    return &actors[draw(actors_count)];
}

static void start_or_leave(struct actor *actor)
{
    if (!actor->running)
        actor_start(actor);
    else if (chance(150))
        actor_leave(actor, chance(300));
}

static void on_act(void *data)
{
    struct actor *actor = any_actor(), *other = any_actor();
    uint64_t which = draw(100);

    (void)data;
    if (now_us() > plan.length_us)
        return;
    happen_in(&plan.act, 1 + draw(2 * plan.act_us));
    if (which < 55)
        actor_send(actor, other, (unsigned)draw_between(1, 12));
    else if (which < 70)
        verbs_any();
    else if (which < 85)
        start_or_leave(actor);
    else if (which < 90 && actor->running)
        actor_disconnect(actor, other, chance(200));
    else if (which < 93 && actor->running)
        actor_freeze(actor, !actor->frozen);
    else if (which < 98 && plan.strangers)
        stranger_comes();
    else if (which == 98 && plan.jumps)
        jump_wall((int64_t)draw(7200000) - 3600000);
}

static void begin(uint64_t seed)
{
    static const uint64_t ticktimes[] = {4 * SECOND_US, 8 * SECOND_US, 60 * SECOND_US};
    bool calm = chance(600);

    plan.length_us = now_us() + draw_between(30, 600) * SECOND_US;
    plan.act_us = draw_between(20, 1500) * MS_US;
    plan.strangers = chance(600);
    plan.jumps = chance(300);
    plan.descriptors = calm ? 2048 : draw_between(40, 400);
    house_begin(&plan.house, seed + 1, plan.descriptors, (size_t)draw_between(16, 1024) * 1024);
    loop_sim_set_after(oracle_look);
    if (chance(400))
        loop_sim_be_late((unsigned)draw_between(2, 100), draw_between(1, 400) * MS_US);
    if (!calm)
        calls_fail_one_of((unsigned)draw_between(50, 5000));
    trace("%s; %s", calm ? "calm" : "calls fail", plan.strangers ? "strangers come" : "no strangers come");
    oracle_begin(&plan.house, calm);
    actors_begin(draw_between(2, ACTORS_MAX), ticktimes[draw(3)], calm && chance(400));
    verbs_begin(&plan.house);
    plan.act = (struct happening){.fn = on_act};
    happen_in(&plan.act, 1000);
}

static void step_until(uint64_t until_us)
{
    while (world_step(until_us))
        ;
}

static void connect_all(void)
{
    for (size_t i = 0; i < actors_count; i++)
        for (size_t k = i + 1; k < actors_count; k++)
            if (actors[i].running && actors[k].running && !actor_line(&actors[i], &actors[k]))
                actor_send(&actors[i], &actors[k], 1);
}

/* Nothing fails any more and no rule is left: the nodes that are there can connect, whatever has been before. */
static void check_that_all_is_well(void)
{
    for (int tries = 0; tries < CONNECT_TRIES; tries++) {
        connect_all();
        step_until(now_us() + ORACLE_PATIENCE_US);
    }
    for (size_t i = 0; i < actors_count; i++)
        for (size_t k = 0; k < actors_count; k++)
            if (i != k && actors[i].running && actors[k].running && !actor_line(&actors[i], &actors[k]))
                wrong("all is healed, and %s is not connected with %s", actors[i].name, actors[k].name);
}

/* Everything is healed, so everything that was held must come; then all leave. */
static void end(void)
{
    happen_not(&plan.act);
    verbs_end();
    calls_fail_one_of(0);
    for (size_t i = 0; i < actors_count; i++)
        if (actors[i].frozen)
            actor_freeze(&actors[i], false);
    step_until(now_us() + 10 * ORACLE_PATIENCE_US);
    if (plan.descriptors >= MESH_DESCRIPTORS)
        check_that_all_is_well();
    actors_end();
    strangers_end();
    step_until(now_us() + 3 * ORACLE_PATIENCE_US);
    house_end(&plan.house);
    step_until(now_us() + ORACLE_PATIENCE_US);
    oracle_end();
}

double run_one(uint64_t seed, bool traced)
{
    uint64_t began_us;
    double took;

    world_begin(seed, traced);
    began_us = now_us();
    begin(seed);
    step_until(plan.length_us);
    end();
    took = (double)(now_us() - began_us) / SECOND_US;
    printf("ok %llu: %.0f s, %llu steps, %llu verbs, trace %016llx\n", (unsigned long long)seed, took,
           (unsigned long long)world_steps(), (unsigned long long)verbs_count(), (unsigned long long)trace_hash());
    world_end();
    return took;
}
