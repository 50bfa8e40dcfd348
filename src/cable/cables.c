/* SPDX-License-Identifier: MIT */
/*
 * All cables, and looks at them.
 */
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "base/memory.h"
#include "loop/loop.h"
#include "model/registry.h"
#include "cable/cabling.h"
#include "cable/life.h"
#include "cable/slow.h"

static void on_naming_expired(void *owner)
{
    cable_free(owner, false, "the dialer never said who it is");
}

struct cables *cables_new(struct cabling *cabling)
{
    struct cables *cables = mem_new(sizeof(*cables));

    cables->cabling = cabling;
    expiry_init(&cables->naming, cabling->loop, CABLE_NAMING_MS, on_naming_expired);
    return cables;
}

void cables_free(struct cables *cables)
{
    struct cable *cable, *next;

    DL_FOREACH_SAFE(cables->all, cable, next)
        cable_free(cable, false, "epmdpxy ends");
    expiry_done(&cables->naming);
    free(cables);
}

void cables_note_effects(void *data, bool all)
{
    struct cables *cables = data;
    struct cable *cable;

    DL_FOREACH(cables->all, cable)
        if (all || handshaking_is_concerned(&cable->handshaking))
            handshaking_note_toll(&cable->handshaking);
}

void cables_apply_rules(struct cables *cables)
{
    uint64_t now = loop_clock_us(cables->cabling->loop);
    uint64_t lessons = registry_lessons(cables->cabling->registry);
    bool learnt = lessons != cables->lessons;
    struct cable *cable = cables->all;

    cables->lessons = lessons;
    /* All have one turn together: whatever is released by the new rules moves in the turns to come. */
    cables->cabling->applying = true;
    /* A cable's step may end it, and others that make room. */
    for (; cable; cable = cables->next_to_apply) {
        cables->next_to_apply = cable->next;
        if (!handshaking_is_concerned(&cable->handshaking) &&
            (!learnt || !handshaking_has_other_parties(&cable->handshaking)))
            continue;
        handshaking_apply_rules(&cable->handshaking, now);
        cable_touch_rules(cable);
        cable_step(cable, now);
    }
    cables->cabling->applying = false;
}

size_t cables_held(const struct cables *cables)
{
    return cables->held;
}

const struct cable *cables_first(const struct cables *cables)
{
    return cables->all;
}

const struct cable *cable_next(const struct cable *cable)
{
    return cable->next;
}

const struct cable *cables_after(const struct cables *cables, uint64_t id)
{
    const struct cable *cable = cables->all;

    while (cable && cable->id <= id)
        cable = cable->next;
    return cable;
}

uint64_t cables_last_id(const struct cables *cables)
{
    return cables->last_id;
}

const char *cable_phase_name(enum cable_phase phase)
{
    static const char *const names[] = {
#define X(name, help) #name,
        CABLE_PHASES(X)
#undef X
    };

    return names[phase];
}

bool cable_phase_is(const char *name)
{
    for (enum cable_phase phase = CABLE_naming; phase <= CABLE_raw; phase++)
        if (strcmp(cable_phase_name(phase), name) == 0)
            return true;
    return false;
}

bool cable_phase_is_living(enum cable_phase phase)
{
    switch (phase) {
    case CABLE_naming:
    case CABLE_held:
    case CABLE_dialling:
    case CABLE_shaking:
        return false;
    case CABLE_up:
    case CABLE_deserted:
    case CABLE_closing:
    case CABLE_raw:
        return true;
    }
    return true;
}

static uint64_t number_of(struct frames frames)
{
    return (frames.frames << 32) - frames.left;
}

static struct lane_view look_at_lane(const struct lane *lane)
{
    return (struct lane_view){
        .came = number_of(lane_came(lane)),
        .passed = number_of(lane->frames),
        .bytes = lane->bytes,
        .frames = lane->frames.frames,
        .ticks = lane->frames.ticks,
        .waiting_bytes = lane_waiting(lane),
        .is_held = lane_is_held(lane),
        .cut = lane->profile.partition,
        .profile = &lane->profile,
    };
}

const struct traffic *cables_traffic(const struct cables *cables)
{
    return cables->cabling->traffic;
}

struct lane_view cables_look_at_flow(const struct flow *flow)
{
    return look_at_lane((const struct lane *)((const char *)flow - offsetof(struct lane, flow)));
}

uint64_t cables_sent_bytes(const struct cables *cables)
{
    uint64_t bytes = traffic_total_bytes(cables->cabling->traffic);
    const struct cable *cable;

    DL_FOREACH(cables->all, cable)
        bytes += cable->duplex.to_acceptor.bytes + cable->duplex.to_dialer.bytes;
    return bytes;
}

struct cable_view cable_look(const struct cable *cable)
{
    const struct duplex *duplex = &cable->duplex;
    const struct identity *identity = &cable->handshaking.identity;

    return (struct cable_view){
        .id = cable->id,
        .age_ms = loop_now_ms(cable->cabling->loop) - cable->opened_ms,
        .phase = cable->phase,
        .dialer = {.name = identity->dialer ? cable_dialer_name(cable) : NULL,
                   .is_hidden = identity->dialer_hidden,
                   .has_left = lane_source_has_left(&duplex->to_acceptor)},
        .acceptor = {.name = cable_acceptor_name(cable),
                     .is_hidden = identity->acceptor_hidden,
                     .has_left = lane_source_has_left(&duplex->to_dialer)},
        .to_acceptor = look_at_lane(&duplex->to_acceptor),
        .to_dialer = look_at_lane(&duplex->to_dialer),
    };
}
