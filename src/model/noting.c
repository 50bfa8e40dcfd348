/* SPDX-License-Identifier: MIT */
/*
 * What rules have done: each thing that happens is noted in the effects of those that are about it.
 */
#include "model/book.h"

void rules_set_note(struct rules *rules, void (*note)(void *data), void *data)
{
    rules->note = note;
    rules->note_data = data;
}

void rules_note(const struct rules *rules)
{
    if (rules->note)
        rules->note(rules->note_data);
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
    party.observes |= party.name && rules_is_observer(rules, party.name);
    return party;
}

static bool is_about_lane(const struct rule *rule, const struct party *from, const struct party *to, bool dialled)
{
    return fault_row(rule->fault.kind)->between_nodes && selector_matches(&rule->selector, from, to, dialled) &&
           !book_is_healed(rule, from->name, to->name);
}

/* Either way. */
static bool is_about_pair(const struct rule *rule, const struct party *dialer, const struct party *acceptor)
{
    return is_about_lane(rule, dialer, acceptor, true) || is_about_lane(rule, acceptor, dialer, false);
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

static bool is_about(const struct rule *rule, const struct party *dialer, const struct party *acceptor)
{
    return acceptor->name ? is_about_pair(rule, dialer, acceptor) : selector_matches_name(&rule->selector, dialer);
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

/* A name with its host is learnt late: rules about that one hear of the connection then. */
static bool was_told(const struct rule *rule, const struct touch *touch, const struct party *dialer,
                     const struct party *acceptor)
{
    return rule->id <= touch->after && is_about(rule, dialer, touch->was.name ? &touch->was : acceptor);
}

uint32_t rules_touch(struct rules *rules, const struct touch *touch)
{
    const struct party dialer = known(rules, touch->dialer), acceptor = known(rules, touch->acceptor);

    for (struct rule *rule = rules->book; rule; rule = rule->next)
        if (may_touch(rule, touch->what) && is_about(rule, &dialer, &acceptor) &&
            !was_told(rule, touch, &dialer, &acceptor))
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

/* Is there one that decides in its place, of what is sent that way? */
static bool is_outdone(const struct rules *rules, const struct rule *rule, const struct party *from,
                       const struct party *to, bool dialled)
{
    for (const struct rule *other = rules->book; other; other = other->next)
        if (other->fault.kind == rule->fault.kind && outdoes(other, rule) && is_about_lane(other, from, to, dialled))
            return true;
    return false;
}

static bool decides(const struct rules *rules, const struct rule *rule, const struct party *from,
                    const struct party *to, bool dialled)
{
    return is_about_lane(rule, from, to, dialled) && !is_outdone(rules, rule, from, to, dialled);
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

    for (struct rule *rule = rules->book; rule; rule = rule->next)
        if (may_act(rule, act) &&
            (decides(rules, rule, &dialer, &acceptor, true) || decides(rules, rule, &acceptor, &dialer, false)))
            note_act(&rule->effect, act);
}

/* ---- bytes ---- */

static bool delays(const struct fault *fault)
{
    if (fault->kind == FAULT_latency)
        return fault->value[PARAM_delay] > 0 || fault->value[PARAM_jitter] > 0;
    return fault->kind == FAULT_bandwidth || fault->kind == FAULT_slicer;
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

    for (struct rule *rule = rules->book; rule; rule = rule->next)
        if (is_about_lane(rule, &from, &to, passing->dialled))
            note_toll(rule, &passing->toll);
}
