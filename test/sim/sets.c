/* SPDX-License-Identifier: MIT */
#include "sets.h"

#include <fnmatch.h>
#include <string.h>

#include "actor.h"

static const char *const patterns[] = {"n*", "rabbit*", "n1*", "?", "n[1-2]", "*@sim", "*", "rabbit[!1]", "*2"};

unsigned set_all(void)
{
    return (1U << actors_count) - 1;
}

/* A pattern with an @ is about the full name, any other about what stands before it. */
static unsigned matched(const char *pattern)
{
    unsigned set = 0;

    for (size_t i = 0; i < actors_count; i++)
        if (fnmatch(pattern, strchr(pattern, '@') ? actors[i].full_name : actors[i].name, 0) == 0)
            set |= 1U << i;
    return set;
}

static void add(struct set *set, unsigned actors_named, const char *name)
{
    set->actors |= actors_named;
    if (!strpbrk(name, "*?["))
        set->plain |= actors_named;
    json_array_append_new(set->names, json_string(name));
}

struct set set_draw_plain(unsigned of)
{
    struct set set = {.names = json_array()};

    while (!set.actors || chance(300)) {
        size_t i = draw(actors_count);

        if ((of >> i & 1) && !(set.actors >> i & 1))
            add(&set, 1U << i, actors[i].name);
    }
    return set;
}

struct set set_draw(unsigned of)
{
    struct set set = {.names = json_array()};
    const char *pattern = patterns[draw(sizeof(patterns) / sizeof(patterns[0]))];
    unsigned all = matched(pattern);

    if (chance(250) && all && (all & ~of) == 0)
        add(&set, all, pattern);
    for (size_t i = 0; i < actors_count; i++)
        if ((of >> i & 1) && !(set.actors >> i & 1) && chance(300))
            add(&set, 1U << i, chance(500) ? actors[i].name : actors[i].full_name);
    while (!set.actors) {
        size_t i = draw(actors_count);

        if (of >> i & 1)
            add(&set, 1U << i, actors[i].name);
    }
    return set;
}

bool sets_name_hosts(const json_t *sets)
{
    size_t i, k;
    json_t *set, *name;

    json_array_foreach(sets, i, set)
        json_array_foreach(set, k, name)
            if (strchr(json_string_value(name), '@'))
                return true;
    return false;
}

size_t sets_draw(unsigned *sets, unsigned *plain, size_t most, json_t **ret_document)
{
    size_t wanted = 2 + draw(most - 1), count = 0;
    unsigned left = set_all();

    *ret_document = json_array();
    while (count < wanted && left) {
        /* The first must leave somebody for the second. */
        unsigned kept = count == 0 ? 1U << draw(actors_count) : 0;
        struct set set = set_draw(left & ~kept);

        left &= ~set.actors;
        plain[count] = set.plain;
        sets[count++] = set.actors;
        json_array_append_new(*ret_document, set.names);
    }
    return count;
}
