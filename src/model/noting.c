/* SPDX-License-Identifier: MIT */
/*
 * What rules have done: each thing that happens is noted in the effects of those that are about it.
 */
#include "model/book.h"

void rules_set_note(struct rules *rules, void (*note)(void *data, bool all), void *data)
{
    rules->note = note;
    rules->note_data = data;
}

void rules_note(const struct rules *rules)
{
    if (rules->note)
        rules->note(rules->note_data, true);
}

void rules_note_before_fix(struct rules *rules)
{
    rules_note(rules);
    rules->noted = true;
}

void book_note_changed(const struct rules *rules)
{
    if (rules->note && !rules->noted)
        rules->note(rules->note_data, false);
}

static enum partition partition_of(const struct rule *rule)
{
    return rule->fault.kind == FAULT_partition ? PARTITION_HOLD + (enum partition)rule->fault.value[PARAM_mode]
                                               : PARTITION_NONE;
}

/* Nodes wait for what it keeps, and are told nothing. */
static bool holds(const struct rule *rule)
{
    enum partition partition = partition_of(rule);

    return partition == PARTITION_HOLD || partition == PARTITION_DROP || rule->fault.kind == FAULT_freeze;
}

/* As the book knows them: it knows who was declared an observer. */
static struct party known(const struct rules *rules, struct party party)
{
    if (party.seat)
        party.observes |= party.seat->declared;
    else
        party.observes |= party.name && rules_is_observer(rules, party.name);
    return party;
}

/* Is the rule in which they have met about them, whichever of them sends? The first has dialled. */
static bool is_about_either(const struct meetings *meetings)
{
    return meetings_is_about(meetings, true, true) || meetings_is_about(meetings, false, false);
}

static void note_time(struct effect *effect, uint64_t now_ms)
{
    if (!effect->first_ms)
        effect->first_ms = now_ms;
    effect->last_ms = now_ms;
}

/* ---- touches ---- */

/* Kinds that say something about new connections, or about living ones, alone. */
static bool may_touch(const struct rule *rule, enum touched what)
{
    const struct fault *fault = &rule->fault;

    switch (what) {
    case TOUCHED_LOOKUP:
    case TOUCHED_LIST:
        return !fault_row(fault->kind)->between_nodes && (fault->kind == FAULT_unlisted) == (what == TOUCHED_LIST);
    case TOUCHED_CABLE:
        return fault->kind != FAULT_handshake && fault->kind != FAULT_downgrade &&
               partition_of(rule) != PARTITION_REFUSE;
    case TOUCHED_DIAL:
        return fault->kind != FAULT_mute;
    case TOUCHED_GIVEN_UP:
        return holds(rule);
    }
    return false;
}

/*
 * A dial that it holds waits somewhere on its way, whichever of the two it does not let through. A connection under a
 * cut that drops does not go on behind it, whether or not there was something to be dropped.
 */
static void note(struct rule *rule, const struct touch *touch)
{
    struct effect *effect = &rule->effect;

    note_time(effect, touch->now_ms);
    switch (touch->what) {
    case TOUCHED_DIAL:
        effect->dials++;
        effect->held_handshakes += holds(rule) || partition_of(rule) == PARTITION_SEVER;
        return;
    case TOUCHED_CABLE:
        effect->cables++;
        effect->reset += partition_of(rule) == PARTITION_DROP;
        return;
    case TOUCHED_GIVEN_UP:
        effect->given_up++;
        effect->given_up_ms = touch->now_ms;
        return;
    case TOUCHED_LOOKUP:
    case TOUCHED_LIST:
        effect->lookups++;
        return;
    }
}

/* A name with its host is learnt late: was the rule about the acceptor under the name that it had before? */
static bool was_about(const struct rules *rules, const struct rule *rule, const struct party *dialer,
                      const struct party *was)
{
    struct meetings meetings = meetings_of(rules, &(struct party){dialer->name, dialer->observes, NULL}, was);

    meetings_skip(&meetings, rule->id - 1);
    return meetings_next(&meetings) && meetings.met.rule == rule && is_about_either(&meetings);
}

static void touch_pair(struct rules *rules, const struct touch *touch, const struct party *dialer,
                       const struct party *acceptor)
{
    struct meetings meetings = meetings_of(rules, dialer, acceptor);
    const struct meeting *met;

    if (!touch->was.name)
        meetings_skip(&meetings, touch->after);
    while ((met = meetings_next(&meetings)))
        if (may_touch(met->rule, touch->what) && is_about_either(&meetings) &&
            (met->rule->id > touch->after || !was_about(rules, met->rule, dialer, &touch->was)))
            note(met->rule, touch);
}

uint32_t rules_touch(struct rules *rules, const struct touch *touch)
{
    const struct party dialer = known(rules, touch->dialer), acceptor = known(rules, touch->acceptor);

    if (acceptor.name) {
        touch_pair(rules, touch, &dialer, &acceptor);
        return rules->last_id;
    }
    for (struct rule *rule = rules->book; rule; rule = rule->next)
        if (may_touch(rule, touch->what) && selector_matches_name(&rule->selector, &dialer))
            note(rule, touch);
    return rules->last_id;
}

/* ---- acts ---- */

static bool may_act(const struct rule *rule, const struct act *act)
{
    enum partition partition = partition_of(rule);

    if (rule->fault.kind != act->by)
        return false;
    if (act->by == FAULT_handshake)
        return rule->fault.value[PARAM_stage] == act->stage &&
               (rule->fault.value[PARAM_action] == STAGE_HOLD) == (act->what == DONE_held);
    if (act->by == FAULT_downgrade)
        return rule->fault.value[PARAM_clear] & act->flags;
    if (act->by != FAULT_partition)
        return true;
    return act->what == DONE_reset ? partition == PARTITION_RESET
           : act->what == DONE_closed
               ? partition == PARTITION_CLOSE || partition == PARTITION_SEVER
               : partition == PARTITION_REFUSE || partition == PARTITION_CLOSE || partition == PARTITION_RESET;
}

/* Of cuts the newest decides, of limits the smallest: the others had no part in it. */
static bool outdoes(const struct rule *rule, const struct rule *other)
{
    if (rule->fault.kind == FAULT_limit_data)
        return rule->fault.value[PARAM_bytes] < other->fault.value[PARAM_bytes];
    return rule->fault.kind == FAULT_partition && rule->id > other->id;
}

/* Has the rule in which they have met its part in what is sent that way, and none decides in its place? */
static bool decides(const struct rules *rules, const struct meetings *met, bool from_dialer)
{
    struct meetings others = meetings_of(rules, &met->a, &met->b);
    const struct meeting *other;

    if (!meetings_is_about(met, from_dialer, from_dialer))
        return false;
    while ((other = meetings_next(&others)))
        if (other->rule->fault.kind == met->met.rule->fault.kind && outdoes(other->rule, met->met.rule) &&
            meetings_is_about(&others, from_dialer, from_dialer))
            return false;
    return true;
}

static void note_act(struct effect *effect, const struct act *act)
{
    note_time(effect, act->now_ms);
    effect->closed += act->what == DONE_closed;
    effect->reset += act->what == DONE_reset;
    effect->refused += act->what == DONE_refused;
    effect->held_handshakes += act->what == DONE_held;
    effect->changed_handshakes += act->what == DONE_changed;
}

void rules_note_act(struct rules *rules, const struct act *act)
{
    const struct party dialer = known(rules, act->dialer), acceptor = known(rules, act->acceptor);
    struct meetings meetings = meetings_of(rules, &dialer, &acceptor);
    const struct meeting *met;

    while ((met = meetings_next(&meetings)))
        if (may_act(met->rule, act) && (decides(rules, &meetings, true) || decides(rules, &meetings, false)))
            note_act(&met->rule->effect, act);
}

/* ---- bytes ---- */

static bool delays(const struct fault *fault)
{
    if (fault->kind == FAULT_latency)
        return fault->value[PARAM_delay] > 0 || fault->value[PARAM_jitter] > 0;
    return fault->kind == FAULT_bandwidth || fault->kind == FAULT_slicer;
}

/* It was not there when the bytes passed; nor were those behind it. */
static bool is_coming(const struct rules *rules, const struct rule *rule)
{
    return rules->coming && rule->id >= rules->coming;
}

static void note_toll(struct rule *rule, const struct toll *toll)
{
    enum partition partition = partition_of(rule);
    struct effect *effect = &rule->effect;

    if (partition == PARTITION_DROP) {
        effect->dropped_bytes += toll->dropped_bytes;
        effect->dropped_frames += toll->dropped_frames;
    } else if (holds(rule) || partition == PARTITION_SEVER) {
        effect->held_bytes += toll->held_bytes;
        effect->held_frames += toll->held_frames;
    } else if (rule->fault.kind == FAULT_mute) {
        effect->dropped_bytes += toll->muted_bytes;
    } else if (delays(&rule->fault)) {
        effect->delayed_bytes += toll->delayed_bytes;
        effect->delayed_frames += toll->delayed_frames;
    }
    effect->hidden_ends += toll->ended && (holds(rule) || rule->fault.kind == FAULT_slow_close || delays(&rule->fault));
}

void rules_note_toll(struct rules *rules, const struct passing *passing)
{
    const struct party from = known(rules, passing->from), to = known(rules, passing->to);
    struct meetings meetings = meetings_of(rules, &from, &to);
    const struct meeting *met;

    while ((met = meetings_next(&meetings)) && !is_coming(rules, met->rule))
        if (meetings_is_about(&meetings, true, passing->dialled))
            note_toll(met->rule, &passing->toll);
}
