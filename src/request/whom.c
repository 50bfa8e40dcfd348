/* SPDX-License-Identifier: MIT */
#include "request/whom.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "model/faults.h"

const char *const whom_words[WHOM_FIELDS_COUNT] = {
#define X(name, word) word,
    WHOM_FIELDS(X)
#undef X
};

const char *const whom_documents[WHOM_FIELDS_COUNT] = {
#define X(name, word) #name,
    WHOM_FIELDS(X)
#undef X
};

/* ---- islands ---- */

int island_from_word(const char *word, struct islands *islands, struct refusal *refusal)
{
    const char *rest = word;

    if (utf8_length(word, strlen(word)) < 0)
        return refuse(refusal, NULL, "a name that is not UTF-8 in '%.200s'", word);
    islands_add(islands);
    for (;;) {
        size_t len = strcspn(rest, ",");

        if (len == 0)
            return refuse(refusal, NULL, "an empty name in '%.200s'; write an island as node1,node2", word);
        islands_add_pattern(islands, rest, len);
        if (!rest[len])
            return 0;
        rest += len + 1;
    }
}

int islands_from_words(const char *const *words, struct islands *ret, struct refusal *refusal)
{
    *ret = (struct islands){0};
    for (; *words; words++)
        if (island_from_word(*words, ret, refusal) < 0)
            return -EINVAL;
    if (ret->count == 1)
        return refuse(refusal, NULL, "one island is not enough: name two or more, as in node1,node2 node3");
    return 0;
}

json_t *island_to_document(const struct island *island)
{
    json_t *list = json_array();

    for (size_t k = 0; k < island->count; k++)
        json_array_append_new(list, json_string(island->patterns[k]));
    return list;
}

json_t *islands_to_document(const struct islands *islands)
{
    json_t *list = json_array();

    for (size_t i = 0; i < islands->count; i++)
        json_array_append_new(list, island_to_document(&islands->at[i]));
    return list;
}

/* ---- whom ---- */

void whom_done(struct whom *whom)
{
    islands_done(&whom->islands);
    islands_done(&whom->between);
    islands_done(&whom->from);
    islands_done(&whom->to);
    islands_done(&whom->nodes);
}

static bool says(const struct whom *whom, enum whom_field field)
{
    return whom->said & 1U << field;
}

/* Is it said in a way that suits the fault? */
static int check_sort(const struct whom *whom, const struct fault_row *fault, const char *const *names,
                      struct refusal *refusal)
{
    for (enum whom_field i = 0; i < WHOM_FIELDS_COUNT && !fault->between_nodes; i++)
        if (i != WHOM_nodes && says(whom, i))
            return refuse(refusal, names[i], "%s is about names: give %s", fault->name, names[WHOM_nodes]);
    if (fault->between_nodes && says(whom, WHOM_nodes))
        return refuse(refusal, names[WHOM_nodes], "%s is about what nodes send to each other: give %s and %s, or %s",
                      fault->name, names[WHOM_from], names[WHOM_to], names[WHOM_between]);
    return 0;
}

static int refuse_half(const char *const *names, enum whom_field said, enum whom_field missing, struct refusal *refusal)
{
    if (names == whom_documents)
        return refuse(refusal, names[said], "goes with %s (everybody is [\"*\"])", names[missing]);
    return refuse(refusal, names[said], "goes with %s (everybody is %s '*')", names[missing], names[missing]);
}

/* Is it said in one way only, and wholly? */
static int check_way(const struct whom *whom, const char *const *names, struct refusal *refusal)
{
    bool from = says(whom, WHOM_from), to = says(whom, WHOM_to), both = from && to;
    bool between = says(whom, WHOM_between), islands = says(whom, WHOM_islands);

    if (from != to)
        return refuse_half(names, from ? WHOM_from : WHOM_to, from ? WHOM_to : WHOM_from, refusal);
    if (islands + between + both > 1)
        return refuse(refusal, names[between ? WHOM_between : WHOM_from], "give one of %s and %s, %s, %s",
                      names[WHOM_from], names[WHOM_to], names[WHOM_between], names[WHOM_islands]);
    if (says(whom, WHOM_one_way) && !islands)
        return refuse(refusal, names[WHOM_one_way], "goes with %s; %s and %s are one way anyway", names[WHOM_islands],
                      names[WHOM_from], names[WHOM_to]);
    if (says(whom, WHOM_dialled_by) && !both && !between && !islands)
        return refuse(refusal, names[WHOM_dialled_by], "goes with %s and %s, %s, or two islands", names[WHOM_from],
                      names[WHOM_to], names[WHOM_between]);
    return 0;
}

static int dialer_of(const struct whom *whom, const char *const *names, enum dialer *ret, struct refusal *refusal)
{
    *ret = DIALER_ANY;
    if (!says(whom, WHOM_dialled_by))
        return 0;
    *ret = strcmp(whom->dialled_by, "from") == 0 ? DIALER_FROM : DIALER_TO;
    if (*ret == DIALER_FROM || strcmp(whom->dialled_by, "to") == 0)
        return 0;
    return refuse(refusal, names[WHOM_dialled_by], "must be \"from\" or \"to\"");
}

static struct islands everybody(size_t count)
{
    struct islands islands = {0};

    for (size_t i = 0; i < count; i++) {
        islands_add(&islands);
        islands_add_pattern(&islands, "*", 1);
    }
    return islands;
}

/* The model calls fields as documents do. On a command line nobody counts: the name itself is said. */
static void call_field(struct refusal *refusal, const char *const *names)
{
    size_t len = strcspn(refusal->field, "[");

    for (size_t i = 0; i < WHOM_FIELDS_COUNT && names != whom_documents; i++)
        if (strlen(whom_documents[i]) == len && memcmp(whom_documents[i], refusal->field, len) == 0) {
            snprintf(refusal->field, sizeof(refusal->field), "%s", names[i]);
            return;
        }
}

int islands_refused(struct refusal *refusal)
{
    size_t number;

    if (sscanf(refusal->field, "islands[%zu]", &number) == 1)
        snprintf(refusal->field, sizeof(refusal->field), "island %zu", number + 1);
    return refusal->status;
}

int whom_select(const struct whom *whom, const struct fault *fault, const char *const *names, struct selector *ret,
                struct refusal *refusal)
{
    bool pairs = fault_row(fault->kind)->between_nodes;
    struct selector selector = {.one_way = whom->one_way, .overlap = pairs && !says(whom, WHOM_islands)};

    if (check_sort(whom, fault_row(fault->kind), names, refusal) < 0 || check_way(whom, names, refusal) < 0 ||
        dialer_of(whom, names, &selector.dialer, refusal) < 0)
        return -EINVAL;
    if (says(whom, WHOM_from)) {
        islands_add_copy(&selector.islands, &whom->from.at[0]);
        islands_add_copy(&selector.islands, &whom->to.at[0]);
        selector.one_way = true;
    } else if (says(whom, WHOM_between)) {
        selector.islands = islands_copy(&whom->between);
    } else if (says(whom, WHOM_nodes)) {
        selector.islands = islands_copy(&whom->nodes);
    } else if (says(whom, WHOM_islands)) {
        selector.islands = islands_copy(&whom->islands);
    } else {
        selector.islands = everybody(pairs ? 2 : 1);
    }
    if (selector_check(&selector, fault, refusal) < 0) {
        islands_done(&selector.islands);
        call_field(refusal, names);
        return -EINVAL;
    }
    *ret = selector;
    return 0;
}

void whom_to_document(const struct selector *selector, const struct fault *fault, json_t *object)
{
    const struct island *at = selector->islands.at;

    if (!fault_row(fault->kind)->between_nodes) {
        json_object_set_new(object, "nodes", island_to_document(&at[0]));
    } else if (!selector->overlap) {
        json_object_set_new(object, "islands", islands_to_document(&selector->islands));
        json_object_set_new(object, "one_way", json_boolean(selector->one_way));
    } else if (selector->one_way) {
        json_object_set_new(object, "from", island_to_document(&at[0]));
        json_object_set_new(object, "to", island_to_document(&at[1]));
    } else {
        json_object_set_new(object, "between", islands_to_document(&selector->islands));
    }
    if (selector->dialer != DIALER_ANY)
        json_object_set_new(object, "dialled_by", json_string(selector->dialer == DIALER_FROM ? "from" : "to"));
}
