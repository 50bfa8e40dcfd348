/* SPDX-License-Identifier: MIT */
#include "verbs.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/refusal.h"
#include "book.h"
#include "calls.h"
#include "house.h"
#include "oracle.h"
#include "request/cut.h"
#include "request/fix.h"
#include "sets.h"

static struct house *house;
static uint64_t count;

void verbs_begin(struct house *of)
{
    house = of;
    count = 0;
    book_clear();
}

uint64_t verbs_count(void)
{
    return count;
}

/* As it would come over the wire. */
static json_t *sent(const char *verb, json_t *document)
{
    char *text = json_dumps(document, JSON_COMPACT);

    trace("%s %s", verb, text);
    free(text);
    count++;
    return document;
}

static void refused(const char *verb, const struct refusal *refusal)
{
    wrong("%s is refused: %s: %s", verb, refusal->field, refusal->text);
}

static const char *const modes[] = {"", "hold", "sever", "drop", "close", "reset", "refuse"};

static void put_for(json_t *document, struct book_rule *rule)
{
    uint64_t for_ms = draw_between(20, chance(300) ? 30000 : 3000);

    if (!chance(300))
        return;
    json_object_set_new(document, "for_ms", json_integer((json_int_t)for_ms));
    rule->ends_us = now_us() + for_ms * MS_US;
}

static void cut(void)
{
    struct book_rule rule = {.kind = BOOK_partition, .mode = MODE_hold, .since_us = now_us()};
    json_t *document = json_object(), *islands;
    struct cut_request request;
    struct rules_answer answer;
    struct refusal refusal;

    rule.count = sets_draw(rule.sets, BOOK_SETS_MAX, &islands);
    json_object_set_new(document, "islands", islands);
    rule.hosts = sets_name_hosts(islands);
    rule.one_way = chance(250);
    if (rule.one_way)
        json_object_set_new(document, "one_way", json_true());
    if (chance(600)) {
        rule.mode = (enum book_mode)draw_between(MODE_hold, MODE_refuse);
        json_object_set_new(document, "mode", json_string(modes[rule.mode]));
    }
    put_for(document, &rule);
    if (cut_request_from_document(sent("cut", document), &request, &refusal) < 0 ||
        service_cut(&house->service, &request, NULL, &answer, &refusal) < 0)
        refused("cut", &refusal);
    rule.id = answer.first;
    book_add(&rule);
    oracle_rules_changed();
    rules_answer_done(&answer);
    cut_request_done(&request);
    json_decref(document);
}

static void fix(bool all)
{
    json_t *document = json_object(), *islands = NULL;
    unsigned sets[BOOK_SETS_MAX];
    size_t sets_count = 0;
    struct fix_request request;
    struct ended_answer answer;
    struct refusal refusal;

    if (!all) {
        sets_count = sets_draw(sets, BOOK_SETS_MAX, &islands);
        json_object_set_new(document, "islands", islands);
    }
    if (fix_request_from_document(sent("fix", document), &request, &refusal) < 0 ||
        service_fix(&house->service, &request, &answer, &refusal) < 0)
        refused("fix", &refusal);
    book_fix(sets, sets_count, !all && sets_name_hosts(islands));
    oracle_rules_changed();
    ended_answer_done(&answer);
    fix_request_done(&request);
    json_decref(document);
}

static void clear(void)
{
    struct ended_answer answer;

    trace("clear");
    service_clear(&house->service, &answer);
    ended_answer_done(&answer);
    book_clear();
    oracle_rules_changed();
}

static void remove_one(void)
{
    struct ended_answer answer;
    struct refusal refusal;
    uint32_t id;

    if (book_count() == 0)
        return;
    id = book_at(draw(book_count()))->id;
    trace("remove %u", id);
    if (service_remove_rule(&house->service, id, &answer, &refusal) < 0)
        refused("remove", &refusal);
    ended_answer_done(&answer);
    book_remove(id);
    oracle_rules_changed();
}

void verbs_any(void)
{
    uint64_t which = draw(100);

    if (book_count() > BOOK_MAX / 2 || which < 8)
        clear();
    else if (which < 25)
        fix(true);
    else if (which < 40)
        fix(false);
    else if (which < 55)
        remove_one();
    else
        cut();
    oracle_look();
}

void verbs_end(void)
{
    clear();
}
