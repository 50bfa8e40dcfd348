/* SPDX-License-Identifier: MIT */
#include "book.h"

#include <assert.h>
#include <string.h>

static struct book_rule rules[BOOK_MAX];
static size_t count;
static unsigned declared;

void book_declare(unsigned actors_declared)
{
    declared = actors_declared;
}

unsigned book_declared(void)
{
    return declared;
}

bool book_observes(const struct actor *actor)
{
    return actor->hidden || (declared >> actor->index & 1);
}

void book_clear(void)
{
    count = 0;
}

void book_add(const struct book_rule *rule)
{
    assert(count < BOOK_MAX);
    rules[count++] = *rule;
}

void book_remove(uint32_t id)
{
    size_t i = 0;

    while (i < count && rules[i].id != id)
        i++;
    if (i == count)
        return;
    memmove(&rules[i], &rules[i + 1], (count - i - 1) * sizeof(rules[0]));
    count--;
}

size_t book_count(void)
{
    return count;
}

struct book_rule *book_at(size_t index)
{
    return &rules[index];
}

/* ---- whom ---- */

static bool has(const struct book_rule *rule, size_t set, const struct actor *actor)
{
    return (book_observes(actor) ? rule->plain[set] : rule->sets[set]) >> actor->index & 1;
}

/* The first set that it is in, or -1. */
static int place(const struct book_rule *rule, const struct actor *actor)
{
    for (size_t i = 0; i < rule->count; i++)
        if (has(rule, i, actor))
            return (int)i;
    return -1;
}

static bool dialler_fits(const struct book_rule *rule, bool first_dialled)
{
    return rule->dialled_by == BY_anybody || (rule->dialled_by == BY_from) == first_dialled;
}

static bool overlap_names(const struct book_rule *rule, const struct actor *from, const struct actor *to, bool dialled)
{
    if (has(rule, 0, from) && has(rule, 1, to) && dialler_fits(rule, dialled))
        return true;
    return !rule->one_way && has(rule, 1, from) && has(rule, 0, to) && dialler_fits(rule, !dialled);
}

bool book_rule_names(const struct book_rule *rule, const struct actor *from, const struct actor *to, bool from_dialled)
{
    int i, j;

    if (rule->kind >= BOOK_hide || rule->healed[from->index][to->index])
        return false;
    if (rule->overlap)
        return overlap_names(rule, from, to, from_dialled);
    i = place(rule, from);
    j = place(rule, to);
    if (i < 0 || j < 0 || i == j || (rule->one_way && i != 0))
        return false;
    return dialler_fits(rule, i == 0 ? from_dialled : !from_dialled);
}

bool book_rule_names_actor(const struct book_rule *rule, const struct actor *actor)
{
    return rule->kind >= BOOK_hide && has(rule, 0, actor);
}

enum book_mode book_mode(const struct actor *from, const struct actor *to, bool from_dialled)
{
    enum book_mode mode = MODE_none;

    for (size_t i = 0; i < count; i++)
        if (rules[i].kind == BOOK_partition && book_rule_names(&rules[i], from, to, from_dialled))
            mode = rules[i].mode;
    return mode;
}

bool book_names(const struct actor *from, const struct actor *to, bool from_dialled)
{
    for (size_t i = 0; i < count; i++)
        if (book_rule_names(&rules[i], from, to, from_dialled))
            return true;
    return false;
}

bool book_has(enum book_kind kind, const struct actor *from, const struct actor *to, bool from_dialled)
{
    for (size_t i = 0; i < count; i++)
        if (rules[i].kind == kind && book_rule_names(&rules[i], from, to, from_dialled))
            return true;
    return false;
}

uint64_t book_least_us(const struct actor *from, const struct actor *to, bool from_dialled)
{
    uint64_t least_us = 0;

    for (size_t i = 0; i < count; i++)
        if (rules[i].kind == BOOK_latency && book_rule_names(&rules[i], from, to, from_dialled))
            least_us += rules[i].least_us;
    return least_us;
}

bool book_has_name(enum book_kind kind, const struct actor *actor)
{
    for (size_t i = 0; i < count; i++)
        if (rules[i].kind == kind && book_rule_names_actor(&rules[i], actor))
            return true;
    return false;
}

bool book_knows_hosts(void)
{
    for (size_t i = 0; i < count; i++)
        if (rules[i].hosts)
            return true;
    return false;
}

bool book_settles(uint64_t since_us)
{
    for (size_t i = 0; i < count; i++)
        if (rules[i].kind == BOOK_partition && rules[i].mode == MODE_sever && rules[i].since_us >= since_us)
            return true;
    return false;
}

bool book_cuts(const struct actor *a, const struct actor *b)
{
    return book_mode(a, b, true) || book_mode(a, b, false) || book_mode(b, a, true) || book_mode(b, a, false);
}

/* ---- fixes, and cuts that cover others ---- */

/* A fix is about observers as about all others. */
static int island_of(const unsigned *sets, size_t sets_count, const struct actor *actor)
{
    for (size_t i = 0; i < sets_count; i++)
        if (sets[i] >> actor->index & 1)
            return (int)i;
    return -1;
}

static void heal(struct book_rule *rule, const unsigned *sets, size_t sets_count)
{
    for (size_t i = 0; i < actors_count; i++)
        for (size_t k = 0; k < actors_count; k++) {
            int a = island_of(sets, sets_count, &actors[i]), b = island_of(sets, sets_count, &actors[k]);

            if (a >= 0 && b >= 0 && a != b)
                rule->healed[i][k] = true;
        }
}

void book_fix(const unsigned *sets, size_t sets_count, bool hosts)
{
    for (size_t i = count; i-- > 0;)
        if (rules[i].kind == BOOK_partition && sets_count == 0)
            book_remove(rules[i].id);
        else if (rules[i].kind == BOOK_partition) {
            heal(&rules[i], sets, sets_count);
            rules[i].hosts |= hosts;
        }
}

/* Does it last at least as long? */
static bool outlasts(const struct book_rule *newer, const struct book_rule *rule)
{
    if (newer->lease)
        return newer->lease == rule->lease;
    return !newer->ends_us || (rule->ends_us && newer->ends_us >= rule->ends_us);
}

static bool newer_names(const struct book_rule *rule, const struct actor *from, const struct actor *to, bool dialled)
{
    for (const struct book_rule *newer = rule + 1; newer < rules + count; newer++)
        if (newer->kind == BOOK_partition && outlasts(newer, rule) && book_rule_names(newer, from, to, dialled))
            return true;
    return false;
}

bool book_is_covered(uint32_t id)
{
    const struct book_rule *rule = rules;

    while (rule->id != id)
        rule++;
    for (size_t i = 0; i < actors_count; i++)
        for (size_t k = 0; k < actors_count; k++)
            for (int dialled = 0; dialled < 2; dialled++)
                if (i != k && book_rule_names(rule, &actors[i], &actors[k], dialled) &&
                    !newer_names(rule, &actors[i], &actors[k], dialled))
                    return false;
    return true;
}
