/* SPDX-License-Identifier: MIT */
#include "verbs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/rules.h"
#include "oracle.h"
#include "request/cut.h"
#include "request/fix.h"
#include "request/lease.h"
#include "request/observe.h"
#include "sets.h"
#include "verbs_inside.h"

#define LEASE_MS_MAX 8000

struct verbs verbs;

static uint64_t lease_ends_us[VERBS_LEASES + 1]; /* 0: there is none */

void verbs_begin(struct house *house)
{
    verbs = (struct verbs){.house = house};
    memset(lease_ends_us, 0, sizeof(lease_ends_us));
    book_clear();
    book_declare(0);
}

uint64_t verbs_count(void)
{
    return verbs.count;
}

json_t *verbs_sent(const char *verb, json_t *document)
{
    char *text = json_dumps(document, JSON_COMPACT);

    trace("%s %s", verb, text);
    free(text);
    verbs.count++;
    return document;
}

_Noreturn void verbs_refused(const char *verb, const struct refusal *refusal)
{
    wrong("%s is refused: %s: %s", verb, refusal->field, refusal->text);
}

static const char *const modes[] = {"", "hold", "sever", "drop", "close", "reset", "refuse"};

static const char *lease_name(unsigned lease)
{
    static const char *const names[] = {"", "one", "two", "three"};

    return names[lease];
}

void verbs_put_lifetime(json_t *document, struct book_rule *rule)
{
    uint64_t for_ms = draw_between(20, chance(300) ? 30000 : 3000);
    unsigned lease = (unsigned)draw_between(1, VERBS_LEASES);

    if (chance(300)) {
        json_object_set_new(document, "for_ms", json_integer((json_int_t)for_ms));
        rule->ends_us = now_us() + for_ms * MS_US;
    } else if (chance(150) && lease_ends_us[lease] > now_us()) {
        json_object_set_new(document, "lease", json_string(lease_name(lease)));
        rule->lease = lease;
    } else if (chance(80)) {
        json_object_set_new(document, "owner", json_string("connection"));
        rule->lease = VERBS_OWNER;
    }
}

static void cut(void)
{
    struct book_rule rule = {.kind = BOOK_partition, .mode = MODE_hold, .since_us = now_us()};
    json_t *document = json_object(), *islands;
    struct cut_request request;
    size_t talking;
    struct rules_answer answer;
    struct refusal refusal;

    rule.count = sets_draw(rule.sets, rule.plain, BOOK_SETS_MAX, &islands);
    json_object_set_new(document, "islands", islands);
    rule.hosts = sets_name_hosts(islands);
    rule.one_way = chance(250);
    if (rule.one_way)
        json_object_set_new(document, "one_way", json_true());
    if (chance(600)) {
        rule.mode = (enum book_mode)draw_between(MODE_hold, MODE_refuse);
        json_object_set_new(document, "mode", json_string(modes[rule.mode]));
    }
    verbs_put_lifetime(document, &rule);
    talking = oracle_talking(&rule);
    if (cut_request_from_document(verbs_sent("cut", document), &request, &refusal) < 0 ||
        service_cut(&verbs.house->service, &request, &verbs.owner, &answer, &refusal) < 0)
        verbs_refused("cut", &refusal);
    rule.id = answer.first;
    oracle_rule_added(verbs.house, &rule, talking);
    book_add(&rule);
    oracle_rules_changed();
    rules_answer_done(&answer);
    cut_request_done(&request);
    json_decref(document);
}

static void fix(bool all)
{
    json_t *document = json_object(), *islands = NULL;
    unsigned sets[BOOK_SETS_MAX], plain[BOOK_SETS_MAX];
    size_t sets_count = 0;
    struct fix_request request;
    struct ended_answer answer;
    struct refusal refusal;

    if (!all) {
        sets_count = sets_draw(sets, plain, BOOK_SETS_MAX, &islands);
        json_object_set_new(document, "islands", islands);
    }
    if (fix_request_from_document(verbs_sent("fix", document), &request, &refusal) < 0 ||
        service_fix(&verbs.house->service, &request, &answer, &refusal) < 0)
        verbs_refused("fix", &refusal);
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
    service_clear(&verbs.house->service, &answer);
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
    if (service_remove_rule(&verbs.house->service, id, &answer, &refusal) < 0)
        verbs_refused("remove", &refusal);
    ended_answer_done(&answer);
    book_remove(id);
    oracle_rules_changed();
}

/* ---- observers ---- */

static void observe(void)
{
    struct actor *actor = &actors[draw(actors_count)];
    json_t *document = json_pack("{s:[s]}", "nodes", actor->name);
    struct observe_request request;
    struct rules_answer answer;
    struct refusal refusal;

    if (observe_request_from_document(verbs_sent("observe", document), &request, &refusal) < 0 ||
        service_observe(&verbs.house->service, &request, &answer, &refusal) < 0)
        verbs_refused("observe", &refusal);
    book_declare(book_declared() | 1U << actor->index);
    oracle_rules_changed();
    rules_answer_done(&answer);
    observe_request_done(&request);
    json_decref(document);
}

static void unobserve(struct actor *actor)
{
    struct refusal refusal;

    if (!(book_declared() >> actor->index & 1))
        return;
    trace("unobserve %s", actor->name);
    if (service_unobserve(&verbs.house->service, actor->name, &refusal) < 0)
        verbs_refused("unobserve", &refusal);
    book_declare(book_declared() & ~(1U << actor->index));
    oracle_rules_changed();
}

/* ---- leases ---- */

/* Nobody renews it, or the connection over which they came has ended. */
static void lease_is_over(unsigned lease)
{
    for (size_t i = book_count(); i-- > 0;)
        if (book_at(i)->lease == lease)
            book_remove(book_at(i)->id);
    if (lease <= VERBS_LEASES)
        lease_ends_us[lease] = 0;
    oracle_rules_changed();
}

uint64_t verbs_lease_ends_us(unsigned lease)
{
    return lease <= VERBS_LEASES ? lease_ends_us[lease] : UINT64_MAX;
}

static void renew_lease(void)
{
    unsigned lease = (unsigned)draw_between(1, VERBS_LEASES);
    uint64_t for_ms = draw_between(50, LEASE_MS_MAX);
    json_t *document = json_pack("{s:s, s:I}", "name", lease_name(lease), "for_ms", (json_int_t)for_ms);
    struct lease_request request;
    struct refusal refusal;

    if (lease_request_from_document(verbs_sent("lease", document), &request, &refusal) < 0 ||
        service_lease(&verbs.house->service, &request, &refusal) < 0)
        verbs_refused("lease", &refusal);
    lease_ends_us[lease] = now_us() + for_ms * MS_US;
    lease_request_done(&request);
    json_decref(document);
}

static void end_lease(void)
{
    unsigned lease = (unsigned)draw_between(1, VERBS_LEASES);
    struct refusal refusal;

    if (lease_ends_us[lease] <= now_us())
        return;
    trace("end lease %s", lease_name(lease));
    if (service_end_lease(&verbs.house->service, lease_name(lease), &refusal) < 0)
        verbs_refused("end lease", &refusal);
    lease_is_over(lease);
}

static void end_owner(void)
{
    trace("the connection ends over which rules came");
    rules_end_owner(verbs.house->cabling.rules, verbs.owner);
    verbs.owner = NULL;
    lease_is_over(VERBS_OWNER);
}

void verbs_any(void)
{
    uint64_t which = draw(100);

    if (book_count() > BOOK_MAX / 2 || which < 8)
        clear();
    else if (which < 18)
        fix(true);
    else if (which < 30)
        fix(false);
    else if (which < 45)
        remove_one();
    else if (which < 50)
        renew_lease();
    else if (which < 52)
        end_lease();
    else if (which < 55)
        end_owner();
    else if (which < 57)
        observe();
    else if (which < 59)
        unobserve(&actors[draw(actors_count)]);
    else if (which < 67)
        verbs_wait();
    else if (which < 80)
        cut();
    else
        verbs_add_fault();
    oracle_look();
}

void verbs_end(void)
{
    verbs_end_waits();
    clear();
    for (size_t i = 0; i < actors_count; i++)
        unobserve(&actors[i]);
    end_owner();
}
