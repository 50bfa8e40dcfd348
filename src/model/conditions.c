/* SPDX-License-Identifier: MIT */
#include "model/conditions.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/refusal.h"
#include "base/suggest.h"

#define UP_MAX 1000000

static const struct condition_row {
    const char *name; /* first field, for suggest() */
    size_t least, most;
    const char *words;
} rows[] = {
#define X(name, least, most, words, help) {#name, least, most, words},
    CONDITIONS(X)
#undef X
};

/* ---- reading ---- */

static const char *skip_blanks(const char *text)
{
    return text + strspn(text, " ");
}

static int refuse_kind(const char *name, struct refusal *refusal)
{
    const char *meant = suggest(name, rows, CONDITIONS_COUNT, sizeof(rows[0]));

    if (meant)
        return refuse(refusal, "condition", "no '%.100s'; did you mean %s?", name, meant);
    refuse(refusal, "condition", "no '%.100s'; there are", name);
    for (size_t i = 0; i < CONDITIONS_COUNT; i++)
        refusal_add(refusal, "%s %s", i ? "," : "", rows[i].name);
    return -EINVAL;
}

/* "a,b" as one more island. */
static void add_island(struct islands *islands, const char *word, size_t len)
{
    const char *end = word + len;

    islands_add(islands);
    while (word <= end) {
        size_t name = strcspn(word, ",");

        if (word + name > end)
            name = (size_t)(end - word);
        islands_add_pattern(islands, word, name);
        word += name + 1;
    }
}

static int parse_words(const char *text, struct condition *condition, struct refusal *refusal)
{
    const struct condition_row *row = &rows[condition->kind];
    char *end;

    for (text = skip_blanks(text); *text; text = skip_blanks(text + strcspn(text, " ")))
        add_island(&condition->islands, text, strcspn(text, " "));
    if (condition->islands.count < row->least || condition->islands.count > row->most)
        return refuse(refusal, "condition", "%s takes%s", row->name, row->words[0] ? row->words : " no words");
    if (condition->kind != CONDITION_up)
        return islands_check_names(&condition->islands, "condition", refusal);

    const char *number = condition->islands.at[0].patterns[0];

    condition->number = strtoull(number, &end, 10);
    if (!isdigit((unsigned char)*number) || *end || condition->number > UP_MAX || condition->islands.at[0].count > 1)
        return refuse(refusal, "condition", "up takes a number of nodes, up to %d, not '%.100s'", UP_MAX, number);
    return 0;
}

int condition_parse(const char *text, struct condition *ret, struct refusal *refusal)
{
    struct condition condition = {.kind = 0};
    char name[64];
    size_t len, i = 0;

    text = skip_blanks(text);
    len = strcspn(text, " ");
    snprintf(name, sizeof(name), "%.*s", (int)(len < sizeof(name) ? len : sizeof(name)), text);
    while (i < CONDITIONS_COUNT && strcmp(rows[i].name, name) != 0)
        i++;
    if (i == CONDITIONS_COUNT)
        return refuse_kind(name, refusal);
    condition.kind = (enum condition_kind)i;
    if (parse_words(text + len, &condition, refusal) < 0) {
        condition_done(&condition);
        return -EINVAL;
    }
    *ret = condition;
    return 0;
}

void condition_done(struct condition *condition)
{
    islands_done(&condition->islands);
}

/* ---- looking ---- */

struct pair {
    const char *a, *b; /* in the order of their bytes */
};

static struct pair pair_of(const char *a, const char *b)
{
    return strcmp(a, b) < 0 ? (struct pair){a, b} : (struct pair){b, a};
}

static int by_names(const void *left, const void *right)
{
    const struct pair *x = left, *y = right;
    int order = strcmp(x->a, y->a);

    return order ? order : strcmp(x->b, y->b);
}

/* All pairs that are connected, sorted: a mesh has so many that each must be found at once. The caller's to free. */
static struct pair *linked_pairs(const struct cluster *cluster)
{
    struct pair *pairs = mem_new((cluster->links_count + 1) * sizeof(*pairs));

    for (size_t i = 0; i < cluster->links_count; i++)
        pairs[i] = pair_of(cluster->links[i].a, cluster->links[i].b);
    qsort(pairs, cluster->links_count, sizeof(*pairs), by_names);
    return pairs;
}

static bool linked(const struct pair *pairs, const struct cluster *cluster, const char *a, const char *b)
{
    struct pair pair = pair_of(a, b);

    return bsearch(&pair, pairs, cluster->links_count, sizeof(*pairs), by_names) != NULL;
}

static bool is_hidden(const struct cluster *cluster, const char *name)
{
    for (size_t i = 0; i < cluster->links_count; i++) {
        const struct link *link = &cluster->links[i];

        if ((link->a_hidden && strcmp(link->a, name) == 0) || (link->b_hidden && strcmp(link->b, name) == 0))
            return true;
    }
    return false;
}

static bool mesh_holds(const struct condition *condition, const struct cluster *cluster, char *missing, size_t size)
{
    const char **members = mem_new((cluster->names_count + 1) * sizeof(*members));
    struct pair *pairs = linked_pairs(cluster);
    size_t count = 0, without = 0;
    bool holds;

    for (size_t i = 0; i < cluster->names_count; i++) {
        const char *name = cluster->names[i];

        if (condition->islands.count > 0 ? islands_find(&condition->islands, name) >= 0 : !is_hidden(cluster, name))
            members[count++] = name;
    }
    for (size_t i = 0; i < count; i++)
        for (size_t j = i + 1; j < count; j++)
            if (!linked(pairs, cluster, members[i], members[j]) && without++ == 0)
                snprintf(missing, size, "%.200s and %.200s are not connected", members[i], members[j]);
    if (count < 2)
        snprintf(missing, size, "%s registered, and two are needed",
                 count == 1 ? "one such node is" : "no such node is");
    else if (without > 1)
        snprintf(missing + strlen(missing), size - strlen(missing), ", and %zu other %s not", without - 1,
                 without == 2 ? "pair is" : "pairs are");
    holds = count >= 2 && without == 0;
    free(members);
    free(pairs);
    return holds;
}

/* A name of the island that nobody registered: a slip, or a node that is still to come. */
static const char *stranger(const struct island *island, const struct cluster *cluster)
{
    for (size_t k = 0; k < island->count; k++) {
        struct island single = {.patterns = &island->patterns[k], .count = 1};
        size_t i = 0;

        while (i < cluster->names_count && !island_holds(&single, cluster->names[i]))
            i++;
        if (i == cluster->names_count)
            return island->patterns[k];
    }
    return NULL;
}

/* Returns how many pairs of nodes there are between the islands, or -1 when one of them is not connected. */
static int count_connected(const struct condition *condition, const struct cluster *cluster, char *missing, size_t size)
{
    const struct island *a = &condition->islands.at[0], *b = &condition->islands.at[1];
    struct pair *pairs = linked_pairs(cluster);
    int count = 0;

    for (size_t i = 0; i < cluster->names_count && count >= 0; i++)
        for (size_t j = 0; j < cluster->names_count && count >= 0; j++) {
            if (i == j || !island_holds(a, cluster->names[i]) || !island_holds(b, cluster->names[j]))
                continue;
            count++;
            if (!linked(pairs, cluster, cluster->names[i], cluster->names[j])) {
                snprintf(missing, size, "%.200s and %.200s are not connected", cluster->names[i], cluster->names[j]);
                count = -1;
            }
        }
    free(pairs);
    return count;
}

static bool connected_holds(const struct condition *condition, const struct cluster *cluster, char *missing,
                            size_t size)
{
    int count;

    for (size_t i = 0; i < 2; i++) {
        const char *name = stranger(&condition->islands.at[i], cluster);

        if (name) {
            snprintf(missing, size, "no node named '%.200s' is registered", name);
            return false;
        }
    }
    count = count_connected(condition, cluster, missing, size);
    if (count == 0)
        snprintf(missing, size, "a node is not connected with itself");
    return count > 0;
}

static bool disconnected_holds(const struct condition *condition, const struct cluster *cluster, char *missing,
                               size_t size)
{
    const struct island *a = &condition->islands.at[0], *b = &condition->islands.at[1];

    for (size_t i = 0; i < cluster->links_count; i++) {
        const struct link *link = &cluster->links[i];

        if ((island_holds(a, link->a) && island_holds(b, link->b)) ||
            (island_holds(a, link->b) && island_holds(b, link->a))) {
            snprintf(missing, size, "%.200s and %.200s are still connected", link->a, link->b);
            return false;
        }
    }
    return true;
}

static bool noticed_holds(const struct cluster *cluster, char *missing, size_t size)
{
    for (size_t i = 0; i < cluster->links_count; i++)
        if (cluster->links[i].cut) {
            snprintf(missing, size, "%.200s and %.200s are cut, and have not noticed yet", cluster->links[i].a,
                     cluster->links[i].b);
            return false;
        }
    return true;
}

static bool quiet_holds(struct condition *condition, const struct cluster *cluster, uint64_t now_us, char *missing,
                        size_t size)
{
    if (!condition->seen || condition->seen_activity != cluster->activity || cluster->connecting) {
        condition->seen = true;
        condition->seen_activity = cluster->activity;
        condition->seen_since_us = now_us;
    }
    snprintf(missing, size, "%s",
             cluster->connecting ? "nodes are connecting" : "frames are sent, or connections come and go");
    return now_us - condition->seen_since_us >= CONDITION_QUIET_US;
}

bool condition_holds(struct condition *condition, const struct cluster *cluster, uint64_t now_us, char *missing,
                     size_t size)
{
    switch (condition->kind) {
    case CONDITION_up:
        snprintf(missing, size, "%zu of %" PRIu64 " nodes %s registered", cluster->names_count, condition->number,
                 cluster->names_count == 1 ? "is" : "are");
        return cluster->names_count >= condition->number;
    case CONDITION_mesh:
        return mesh_holds(condition, cluster, missing, size);
    case CONDITION_connected:
        return connected_holds(condition, cluster, missing, size);
    case CONDITION_disconnected:
        return disconnected_holds(condition, cluster, missing, size);
    case CONDITION_noticed:
        return noticed_holds(cluster, missing, size);
    case CONDITION_quiet:
        return quiet_holds(condition, cluster, now_us, missing, size);
    case CONDITIONS_COUNT:
        break;
    }
    abort();
}
