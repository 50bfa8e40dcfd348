/* SPDX-License-Identifier: MIT */
/*
 * What the daemon shows of its cables, against what there is.
 */
#include <string.h>

#include <utlist.h>

#include "book.h"
#include "cable/cable.h"
#include "calls.h"
#include "house.h"
#include "model/rules.h"
#include "oracle.h"
#include "oracle_inside.h"

#define SLACK_US (2 * SECOND_US)

/* The only living dial of the two that has come so far, or NULL when there are none or several. */
static struct dial *only_dial(const struct cable_view *view)
{
    struct dial *dial, *found = NULL;
    size_t count = 0;

    DL_FOREACH(dials_living(), dial) {
        if (strcmp(dial->from->full_name, view->dialer.name) != 0 ||
            strcmp(dial->to->full_name, view->acceptor.name) != 0 || !dial->begun[DIALER])
            continue;
        found = dial;
        count++;
    }
    return count == 1 ? found : NULL;
}

static size_t count_named(const struct house *house, const struct cable_view *view)
{
    size_t count = 0;

    for (const struct cable *cable = cables_first(house->cabling.cables); cable; cable = cable_next(cable)) {
        struct cable_view other = cable_look(cable);

        count += other.dialer.name && strcmp(other.dialer.name, view->dialer.name) == 0 &&
                 strcmp(other.acceptor.name, view->acceptor.name) == 0;
    }
    return count;
}

static void check_lane(const struct dial *dial, enum side side, const struct lane_view *lane)
{
    const struct way *way = &dial->ways[side];
    const struct sock *source = dial->daemon[side];

    if (!source || source->closed)
        return;
    if (lane->bytes != source->taken)
        wrong("#%u: %llu bytes are shown, and %llu were read", dial->number, (unsigned long long)lane->bytes,
              (unsigned long long)source->taken);
    if (lane->frames > way->frames_sent)
        wrong("#%u: %llu frames are shown, and %llu were sent", dial->number, (unsigned long long)lane->frames,
              (unsigned long long)way->frames_sent);
    if (!way->rules.named && lane->frames < way->frames_came)
        wrong("#%u: %llu frames are shown, and %llu have come", dial->number, (unsigned long long)lane->frames,
              (unsigned long long)way->frames_came);
    if (!way->rules.ticks && lane->ticks > way->ticks_sent)
        wrong("#%u: %llu ticks are shown, and %llu were sent", dial->number, (unsigned long long)lane->ticks,
              (unsigned long long)way->ticks_sent);
    if (lane->is_held && way->free_us && now_us() - way->free_us > SLACK_US && !book_settles(now_us() - SLACK_US))
        wrong("#%u: what %s sends is shown as held, and no rule is about it", dial->number,
              (side == DIALER ? dial->from : dial->to)->name);
}

static void check_phase(const struct dial *dial, enum cable_phase phase)
{
    bool talk = dial->up_us && now_us() - dial->up_us > SLACK_US && !dial->over_us;

    if (talk && phase != CABLE_up)
        wrong("#%u: both talk, and it is shown as %s", dial->number, cable_phase_name(phase));
    for (enum side side = DIALER; side <= ACCEPTOR; side++)
        if (phase == CABLE_up && dial->daemon[side] && dial->daemon[side]->ended_us && dial->up_us &&
            now_us() - dial->daemon[side]->ended_us > SLACK_US && now_us() - dial->up_us > SLACK_US)
            wrong("#%u: one has left, and it is shown as up", dial->number);
}

static bool talks(const struct dial *dial)
{
    for (enum side side = DIALER; side <= ACCEPTOR; side++)
        if (!dial->daemon[side] || dial->daemon[side]->closed || dial->daemon[side]->ended_us ||
            dial->daemon[side]->hit)
            return false;
    return dial->up_us && !dial->over_us;
}

/* Both take each other for connected, and no end or reset is on its way: cables that a rule is about. */
size_t oracle_talking(const struct book_rule *rule)
{
    const struct dial *dial;
    size_t count = 0;

    DL_FOREACH(dials_living(), dial)
        if (talks(dial) &&
            (book_rule_names(rule, dial->from, dial->to, true) || book_rule_names(rule, dial->to, dial->from, false)))
            count++;
    return count;
}

/* What a rule is about when it comes is counted at once, whatever it then does to it; some are about new ones alone. */
void oracle_rule_added(const struct house *house, const struct book_rule *rule, size_t talking)
{
    const struct rule *real = rules_find(house->cabling.rules, rule->id);
    bool about_new = rule->kind == BOOK_handshake || rule->kind == BOOK_downgrade || rule->mode == MODE_refuse;

    if (rule->kind < BOOK_hide && !about_new && real && real->effect.cables < talking)
        wrong("rule %u is said to be about %llu cables, and is about %zu", rule->id,
              (unsigned long long)real->effect.cables, talking);
}

void oracle_cables_look(const struct house *house)
{
    const struct counters *counters = &house->counters;
    uint64_t opened = counters->value[COUNTER_cables_opened], closed = counters->value[COUNTER_cables_closed];
    uint64_t count = 0;

    for (const struct cable *cable = cables_first(house->cabling.cables); cable; cable = cable_next(cable)) {
        struct cable_view view = cable_look(cable);
        const struct dial *dial = view.dialer.name ? only_dial(&view) : NULL;

        count++;
        if (!dial || count_named(house, &view) != 1 || !dial->daemon[DIALER] || dial->daemon[DIALER]->closed ||
            dial->daemon[DIALER]->hit || (dial->daemon[ACCEPTOR] && dial->daemon[ACCEPTOR]->hit))
            continue;
        check_lane(dial, DIALER, &view.to_acceptor);
        check_lane(dial, ACCEPTOR, &view.to_dialer);
        check_phase(dial, view.phase);
    }
    if (opened - closed != count)
        wrong("%llu cables were opened and %llu closed, and there are %llu", (unsigned long long)opened,
              (unsigned long long)closed, (unsigned long long)count);
    if (cables_sent_bytes(house->cabling.cables) != calls_taken_but_at(EPMD_PORT_OF_HOUSE))
        wrong("nodes have sent %llu bytes, as it is shown, and %llu were read",
              (unsigned long long)cables_sent_bytes(house->cabling.cables),
              (unsigned long long)calls_taken_but_at(EPMD_PORT_OF_HOUSE));
}
