/* SPDX-License-Identifier: MIT */
#include "cable/news.h"

#include "loop/loop.h"
#include "model/events.h"
#include "model/seats.h"
#include "model/traffic.h"
#include "cable/cabling.h"
#include "cable/life.h"
#include "cable/slow.h"

/* There are thousands of cables and few names: each is looked at where the others have it, too. */
const char *cable_dialer_name(const struct cable *cable)
{
    return cable->handshaking.identity.dialer ? cable->handshaking.dialer_seat->name : "?";
}

const char *cable_acceptor_name(const struct cable *cable)
{
    return cable->handshaking.identity.acceptor ? cable->handshaking.acceptor_seat->name : cable->target.name;
}

static void tell(const struct cable *cable, enum event_kind kind, const char *why)
{
    events_add(cable->cabling->events, &(struct event){.time_ms = loop_wall_ms(),
                                                       .kind = kind,
                                                       .cable = cable->id,
                                                       .from = cable_dialer_name(cable),
                                                       .to = cable_acceptor_name(cable),
                                                       .why = why});
}

static const char *who_has_left(const struct cable *cable)
{
    return lane_source_has_left(&cable->duplex.to_acceptor) ? "the dialer has left" : "the acceptor has left";
}

/* Names may still change until the nodes have shaken hands. */
static void begin_account(struct cable *cable)
{
    struct traffic *traffic = cable->cabling->traffic;
    const char *dialer = cable->handshaking.identity.dialer ? cable->handshaking.identity.dialer : "";

    traffic_begin(traffic, &cable->duplex.to_acceptor.flow, dialer, cable_acceptor_name(cable));
    traffic_begin(traffic, &cable->duplex.to_dialer.flow, cable_acceptor_name(cable), dialer);
}

static void end_account(struct cable *cable)
{
    struct traffic *traffic = cable->cabling->traffic;
    struct lane *there = &cable->duplex.to_acceptor, *back = &cable->duplex.to_dialer;

    if (cable_phase_is_living(cable->phase)) {
        traffic_end(traffic, &there->flow, there->bytes);
        traffic_end(traffic, &back->flow, back->bytes);
    } else {
        traffic_add_unknown(traffic, there->bytes + back->bytes);
    }
}

void news_of_phase(struct cable *cable)
{
    switch (cable->phase) {
    case CABLE_held:
        tell(cable, EVENT_cable_held, NULL);
        break;
    case CABLE_up:
        begin_account(cable);
        tell(cable, EVENT_cable_up, NULL);
        break;
    case CABLE_deserted:
        tell(cable, EVENT_cable_deserted, who_has_left(cable));
        break;
    case CABLE_closing:
        tell(cable, EVENT_cable_down, who_has_left(cable));
        break;
    case CABLE_raw:
        begin_account(cable);
        tell(cable, EVENT_cable_raw, NULL);
        break;
    case CABLE_naming:
    case CABLE_dialling:
    case CABLE_shaking:
        break;
    }
}

void news_of_end(struct cable *cable, const char *why)
{
    if (cable->phase == CABLE_up || cable->phase == CABLE_deserted)
        tell(cable, EVENT_cable_down, why);
    if (cable->phase == CABLE_closing || cable->phase == CABLE_raw)
        tell(cable, EVENT_cable_gone, why);
    handshaking_note_toll(&cable->handshaking);
    if (cable_phase_is_living(cable->phase) && lane_source_has_left(&cable->duplex.to_acceptor) &&
        lane_source_has_left(&cable->duplex.to_dialer))
        handshaking_note_given_up(&cable->handshaking);
    end_account(cable);
}

void news_of_fullness(const struct cable *cable, const struct lane *lane, bool was_full)
{
    bool is_full = slow_is_full(lane), there = lane == &cable->duplex.to_acceptor;
    const char *dialer = cable_dialer_name(cable), *acceptor = cable_acceptor_name(cable);

    if (is_full == was_full)
        return;
    events_add(cable->cabling->events, &(struct event){.time_ms = loop_wall_ms(),
                                                       .kind = is_full ? EVENT_lane_full : EVENT_lane_flows,
                                                       .cable = cable->id,
                                                       .from = there ? dialer : acceptor,
                                                       .to = there ? acceptor : dialer,
                                                       .number = slow_held(lane)});
}
