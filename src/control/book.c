/* SPDX-License-Identifier: MIT */
#include "control/book.h"

#include "control/lists.h"
#include "control/status.h"
#include "loop/loop.h"
#include "model/rules.h"
#include "request/answers.h"
#include "request/cut.h"
#include "request/document.h"
#include "request/fix.h"
#include "request/lease.h"
#include "request/observe.h"
#include "request/rules_request.h"
#include "service/service.h"

static uint64_t now_us(const struct asked *asked)
{
    return loop_clock_us(asked->api->service->loop);
}

/* ---- rules ---- */

json_t *book_get_rules(const struct asked *asked, struct refusal *refusal)
{
    struct lists *lists = lists_new(&(struct wanted){.api = asked->api});

    (void)refusal;
    status_add_rules(lists, asked->api->service);
    return asked_in_pieces(asked, lists);
}

static json_t *notes_to_document(const struct rules_answer *answer)
{
    json_t *notes = json_array();

    for (size_t i = 0; i < answer->notes_count; i++)
        json_array_append_new(notes, json_string(answer->notes[i]));
    return notes;
}

/* Those from that number on. What they have done was noted when the book changed, in this very turn. */
static json_t *rules_now(const struct asked *asked, uint32_t first)
{
    return rules_to_document(asked->api->service->rules, first, now_us(asked));
}

static json_t *answer_to_document(const struct asked *asked, struct rules_answer *answer)
{
    json_t *document;

    document = json_pack("{s:o, s:I, s:o, s:s*}", "rules", rules_now(asked, answer->first), "held_cables",
                         (json_int_t)answer->held_cables, "notes", notes_to_document(answer), "advice", answer->advice);
    if (answer->seeded)
        json_object_set_new(document, "seed", json_integer((json_int_t)answer->seed));
    rules_answer_done(answer);
    return document;
}

/* May a rule go with the connection, if it wants to? */
static int check_owner(const struct asked *asked, const struct lifetime *lifetime, struct refusal *refusal)
{
    if (!lifetime->with_connection || asked->request->owner)
        return 0;
    return refuse(refusal, "owner", "%s", asked->request->owns_not);
}

json_t *book_post_rules(const struct asked *asked, struct refusal *refusal)
{
    struct rules_request request;
    struct rules_answer answer;
    int status = 0;

    if (rules_request_from_document(asked->document, &request, refusal) < 0)
        return NULL;
    for (size_t i = 0; i < request.count && status == 0; i++)
        status = check_owner(asked, &request.at[i].lifetime, refusal);
    if (status == 0)
        status = service_add_rules(asked->api->service, &request, asked->request->owner, &answer, refusal);
    rules_request_done(&request);
    return status < 0 ? NULL : answer_to_document(asked, &answer);
}

json_t *book_post_cut(const struct asked *asked, struct refusal *refusal)
{
    struct cut_request request;
    struct rules_answer answer;
    int status;

    if (cut_request_from_document(asked->document, &request, refusal) < 0)
        return NULL;
    status = check_owner(asked, &request.lifetime, refusal);
    if (status == 0)
        status = service_cut(asked->api->service, &request, asked->request->owner, &answer, refusal);
    cut_request_done(&request);
    return status < 0 ? NULL : answer_to_document(asked, &answer);
}

static json_t *ended_to_document(const struct ended_rule *rule)
{
    json_t *document = json_pack("{s:I, s:o}", "id", (json_int_t)rule->id, "effect", effect_to_document(&rule->effect));

    if (rule->effect.given_up > 0)
        json_object_set_new(document, "given_up_ago_ms", json_integer((json_int_t)rule->given_up_ago_ms));
    return document;
}

static json_t *all_ended(const struct ended_answer *answer)
{
    json_t *ended = json_array();

    for (size_t i = 0; i < answer->ended_count; i++)
        json_array_append_new(ended, ended_to_document(&answer->ended[i]));
    return ended;
}

json_t *book_post_fix(const struct asked *asked, struct refusal *refusal)
{
    struct service *service = asked->api->service;
    struct fix_request request;
    struct ended_answer answer;
    json_t *document;
    int status;

    if (fix_request_from_document(asked->document, &request, refusal) < 0)
        return NULL;
    status = service_fix(service, &request, &answer, refusal);
    fix_request_done(&request);
    if (status < 0)
        return NULL;
    document = json_pack("{s:o, s:I, s:o, s:o}", "rules", rules_now(asked, 0), "held_cables",
                         (json_int_t)service_held_cables(service), "ended", all_ended(&answer), "notes",
                         notes_to_document(&answer.remarks));
    ended_answer_done(&answer);
    return document;
}

/* The rules that are left, and those that were removed. */
static json_t *removed(const struct asked *asked, struct ended_answer *answer)
{
    struct lists *lists = lists_new(&(struct wanted){.api = asked->api});

    status_add_rules(lists, asked->api->service);
    lists_add_fields(lists, json_pack("{s:o}", "ended", all_ended(answer)));
    ended_answer_done(answer);
    return asked_in_pieces(asked, lists);
}

json_t *book_delete_rules(const struct asked *asked, struct refusal *refusal)
{
    struct ended_answer answer;

    (void)refusal;
    service_clear(asked->api->service, &answer);
    return removed(asked, &answer);
}

json_t *book_delete_rule(const struct asked *asked, struct refusal *refusal)
{
    struct ended_answer answer;
    uint32_t id;

    if (rule_number_from_word(asked->word, &id, refusal) < 0 ||
        service_remove_rule(asked->api->service, id, &answer, refusal) < 0)
        return NULL;
    return removed(asked, &answer);
}

/* ---- leases ---- */

json_t *book_get_leases(const struct asked *asked, struct refusal *refusal)
{
    (void)refusal;
    return json_pack("{s:o}", "leases", leases_to_document(asked->api->service->rules, now_us(asked)));
}

json_t *book_post_leases(const struct asked *asked, struct refusal *refusal)
{
    struct lease_request request;
    int status;

    if (lease_request_from_document(asked->document, &request, refusal) < 0)
        return NULL;
    status = service_lease(asked->api->service, &request, refusal);
    lease_request_done(&request);
    return status < 0 ? NULL : book_get_leases(asked, refusal);
}

json_t *book_delete_lease(const struct asked *asked, struct refusal *refusal)
{
    return service_end_lease(asked->api->service, asked->word, refusal) < 0 ? NULL : book_get_leases(asked, refusal);
}

/* ---- observers ---- */

json_t *book_get_observers(const struct asked *asked, struct refusal *refusal)
{
    (void)refusal;
    return json_pack("{s:o}", "observers", observers_to_document(asked->api->service->rules));
}

json_t *book_post_observers(const struct asked *asked, struct refusal *refusal)
{
    struct observe_request request;
    struct rules_answer answer;
    json_t *document;
    int status;

    if (observe_request_from_document(asked->document, &request, refusal) < 0)
        return NULL;
    status = service_observe(asked->api->service, &request, &answer, refusal);
    observe_request_done(&request);
    if (status < 0)
        return NULL;
    document = book_get_observers(asked, refusal);
    json_object_set_new(document, "notes", notes_to_document(&answer));
    rules_answer_done(&answer);
    return document;
}

json_t *book_delete_observer(const struct asked *asked, struct refusal *refusal)
{
    return service_unobserve(asked->api->service, asked->word, refusal) < 0 ? NULL : book_get_observers(asked, refusal);
}
