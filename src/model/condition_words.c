/* SPDX-License-Identifier: MIT */
/*
 * A condition from its words.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/refusal.h"
#include "base/suggest.h"
#include "model/awaited.h"
#include "model/conditions.h"

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

static int parse_event(struct condition *condition, struct refusal *refusal)
{
    int status = awaited_read_kinds(condition, refusal);

    for (size_t i = 1; i < condition->islands.count && status == 0; i++)
        status = island_check_names(&condition->islands.at[i], "condition", refusal);
    return status;
}

static int parse_words(const char *text, struct condition *condition, struct refusal *refusal)
{
    const struct condition_row *row = &rows[condition->kind];
    char *end;

    for (text = skip_blanks(text); *text; text = skip_blanks(text + strcspn(text, " ")))
        add_island(&condition->islands, text, strcspn(text, " "));
    if (condition->islands.count < row->least || condition->islands.count > row->most)
        return refuse(refusal, "condition", "%s takes%s", row->name, row->words[0] ? row->words : " no words");
    if (condition->kind == CONDITION_event)
        return parse_event(condition, refusal);
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
