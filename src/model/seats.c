/* SPDX-License-Identifier: MIT */
#include "model/seats.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "model/book.h"

#define EACH_SEAT(rules, seat)                                                          \
    for (int observes_##seat = 0; observes_##seat < 2; observes_##seat++)               \
        for (struct seat *seat = (rules)->seats.by_name[observes_##seat]; seat != NULL; \
             seat = (struct seat *)seat->hh.next)

/* ---- the rules of one ---- */

static signed char *find_healed(const struct rule *rule, const char *name)
{
    signed char *healed = rule->healed_count > 0 ? mem_new(rule->healed_count) : NULL;

    for (size_t i = 0; i < rule->healed_count; i++)
        healed[i] = (signed char)islands_find(&rule->healed[i], name);
    return healed;
}

/* Where the rule stands among those of the seat, or would. */
static size_t find(const struct seat *seat, uint32_t id)
{
    size_t low = 0, high = seat->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (seat->rules[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct seated *find_rule(const struct seat *seat, const struct rule *rule)
{
    size_t at = find(seat, rule->id);

    return at < seat->count && seat->rules[at].rule == rule ? &seat->rules[at] : NULL;
}

/* The rule is newer than all that it has; returns whether the rule names it. */
static bool add(struct seat *seat, struct rule *rule)
{
    struct party party = {.name = seat->name, .observes = seat->observes || seat->declared};
    struct node_place place = selector_find(&rule->selector, &party);

    if (place.island < 0)
        return false;
    if (seat->count == seat->room) {
        seat->room = seat->room ? 2 * seat->room : 4;
        seat->rules = mem_resize(seat->rules, seat->room * sizeof(*seat->rules));
    }
    seat->rules[seat->count++] =
        (struct seated){.rule = rule, .id = rule->id, .place = place, .healed = find_healed(rule, seat->name)};
    return true;
}

static void drop_all(struct seat *seat)
{
    while (seat->count > 0)
        free(seat->rules[--seat->count].healed);
}

static void add_all(struct seat *seat, const struct rules *rules)
{
    for (struct rule *rule = rules->book; rule; rule = rule->next)
        add(seat, rule);
}

/* ---- taking and leaving ---- */

static struct seat *seat_new(struct rules *rules, const char *name, bool observes)
{
    struct seat *seat = mem_new(sizeof(*seat));

    seat->name = mem_string(name, strlen(name));
    seat->observes = observes;
    seat->declared = rules_is_observer(rules, name);
    seat->changed = seat->declared_changed = rules->version;
    add_all(seat, rules);
    HASH_ADD_KEYPTR(hh, rules->seats.by_name[observes], seat->name, strlen(seat->name), seat);
    return seat;
}

struct seat *rules_take_seat(struct rules *rules, const char *name, bool observes)
{
    struct seat *seat;

    HASH_FIND_STR(rules->seats.by_name[observes], name, seat);
    if (!seat)
        seat = seat_new(rules, name, observes);
    seat->users++;
    return seat;
}

void rules_leave_seat(struct rules *rules, struct seat *seat)
{
    if (!seat || --seat->users > 0)
        return;
    HASH_DEL(rules->seats.by_name[seat->observes], seat);
    drop_all(seat);
    free(seat->rules);
    free(seat->name);
    free(seat);
}

bool seats_differ(const struct seat *a, const struct seat *b, uint64_t version)
{
    return (a->changed > version && b->changed > version) || a->declared_changed > version ||
           b->declared_changed > version;
}

/* ---- the book changes ---- */

void seats_add(struct rules *rules, struct rule *rule)
{
    EACH_SEAT(rules, seat)
    if (add(seat, rule))
        seat->changed = rules->version;
}

void seats_touch(struct rules *rules, const struct rule *rule)
{
    EACH_SEAT(rules, seat)
    if (find_rule(seat, rule))
        seat->changed = rules->version;
}

void seats_heal(struct rules *rules, const struct rule *rule)
{
    EACH_SEAT(rules, seat)
    {
        struct seated *seated = find_rule(seat, rule);

        if (!seated)
            continue;
        free(seated->healed);
        seated->healed = find_healed(rule, seat->name);
        seat->changed = rules->version;
    }
}

void seats_touch_marked(struct rules *rules)
{
    EACH_SEAT(rules, seat)
    for (size_t i = 0; i < seat->count && seat->changed != rules->version; i++)
        if (seat->rules[i].rule->marked)
            seat->changed = rules->version;
}

void seats_drop_marked(struct rules *rules)
{
    EACH_SEAT(rules, seat)
    {
        size_t kept = 0;

        for (size_t i = 0; i < seat->count; i++) {
            if (seat->rules[i].rule->marked)
                free(seat->rules[i].healed);
            else
                seat->rules[kept++] = seat->rules[i];
        }
        if (kept < seat->count)
            seat->changed = rules->version;
        seat->count = kept;
    }
}

void seats_declare(struct rules *rules)
{
    EACH_SEAT(rules, seat)
    {
        bool declared = rules_is_observer(rules, seat->name);

        if (declared == seat->declared)
            continue;
        seat->declared = declared;
        seat->changed = seat->declared_changed = rules->version;
        drop_all(seat);
        add_all(seat, rules);
    }
}

/* ---- two of them ---- */

struct meetings meetings_of(const struct rules *rules, const struct party *a, const struct party *b)
{
    struct meetings meetings = {.a = *a, .b = *b, .rule = rules->book};

    /* One seat is of no use, nor are those of other nodes. */
    if (!a->seat || !b->seat)
        meetings.a.seat = meetings.b.seat = NULL;
    return meetings;
}

void meetings_skip(struct meetings *meetings, uint32_t id)
{
    if (meetings->a.seat) {
        meetings->i = find(meetings->a.seat, id + 1);
        meetings->j = find(meetings->b.seat, id + 1);
    }
    while (meetings->rule && meetings->rule->id <= id)
        meetings->rule = meetings->rule->next;
}

static bool next_seated(struct meetings *meetings)
{
    const struct seat *a = meetings->a.seat, *b = meetings->b.seat;

    while (meetings->i < a->count && meetings->j < b->count) {
        const struct seated *mine = &a->rules[meetings->i], *other = &b->rules[meetings->j];

        meetings->i += mine->id <= other->id;
        meetings->j += other->id <= mine->id;
        if (mine->id == other->id) {
            meetings->met = (struct meeting){mine->rule, mine->place, other->place, mine->healed, other->healed};
            return true;
        }
    }
    return false;
}

static bool next_in_book(struct meetings *meetings)
{
    struct rule *rule;

    while ((rule = meetings->rule)) {
        struct node_place a = selector_find(&rule->selector, &meetings->a), b;

        meetings->rule = rule->next;
        if (a.island < 0)
            continue;
        b = selector_find(&rule->selector, &meetings->b);
        if (b.island < 0)
            continue;
        meetings->met = (struct meeting){.rule = rule, .a = a, .b = b};
        return true;
    }
    return false;
}

const struct meeting *meetings_next(struct meetings *meetings)
{
    bool found = meetings->a.seat ? next_seated(meetings) : next_in_book(meetings);

    return found ? &meetings->met : NULL;
}

/* Has a fix taken the pair out of it? */
static bool is_healed(const struct meetings *meetings, const struct meeting *met)
{
    for (size_t i = 0; i < met->rule->healed_count; i++) {
        const struct islands *healed = &met->rule->healed[i];
        int a = met->a_healed ? met->a_healed[i] : islands_find(healed, meetings->a.name);
        int b = met->b_healed ? met->b_healed[i] : islands_find(healed, meetings->b.name);

        if (a >= 0 && b >= 0 && a != b)
            return true;
    }
    return false;
}

bool meetings_is_about(const struct meetings *meetings, bool from_a, bool dialled)
{
    const struct meeting *met = &meetings->met;

    return fault_row(met->rule->fault.kind)->between_nodes &&
           selector_speaks(&met->rule->selector, from_a ? met->a : met->b, from_a ? met->b : met->a, dialled) &&
           !is_healed(meetings, met);
}
