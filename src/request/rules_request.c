/* SPDX-License-Identifier: MIT */
#include "request/rules_request.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "model/rules.h"
#include "request/document.h"
#include "request/params.h"
#include "request/whom.h"

static void rule_done(struct rule_asked *rule)
{
    islands_done(&rule->selector.islands);
    lifetime_done(&rule->lifetime);
}

void rules_request_done(struct rules_request *request)
{
    for (size_t i = 0; i < request->count; i++)
        rule_done(&request->at[i]);
    free(request->at);
    *request = (struct rules_request){0};
}

void rules_request_add(struct rules_request *request, const struct rule_asked *rule)
{
    request->at = mem_resize(request->at, (request->count + 1) * sizeof(*request->at));
    request->at[request->count++] = *rule;
}

/* ---- words ---- */

#define AT(field) offsetof(struct rule_words, field)

static const struct option_row option_rows[] = {
    {"from", "ISLAND", "add: what these nodes send ...", OPTION_TEXT, AT(from), 0, 0, NULL},
    {"to", "ISLAND", "add: ... to these", OPTION_TEXT, AT(to), 0, 0, NULL},
    {"between", "ISLAND ISLAND", "add: what they send to each other (everybody: without any of these)", OPTION_TEXT,
     AT(between[0]), 0, 0, NULL},
    {"node", "ISLAND", "add: the names, for faults of names", OPTION_TEXT, AT(nodes), 0, 0, NULL},
    {"dialled-by", "from|to", "add: only connections that this side has opened", OPTION_TEXT, AT(dialled_by), 0, 0,
     NULL},
    {"for", "TIME", "add: it goes by itself after that time", OPTION_DURATION, AT(for_us), 1, 0, NULL},
    {"lease", "NAME", "add: it goes with that lease, see epmdpxy lease", OPTION_TEXT, AT(lease), 0, 0, NULL},
    {"strict", NULL, "add: names that no node has are an error", OPTION_FLAG, AT(strict), 0, 0, NULL},
};

const struct option_table rule_options = {OPTION_ROWS(option_rows)};

static int add_island(const char *word, enum whom_field field, struct islands *islands, struct whom *whom,
                      struct refusal *refusal)
{
    if (!word)
        return 0;
    whom->said |= 1U << field;
    return island_from_word(word, islands, refusal) < 0 ? refusal_within(refusal, "%s", whom_words[field]) : 0;
}

static int whom_from_words(const struct rule_words *options, struct whom *whom, struct refusal *refusal)
{
    if (options->between[0] && !options->between[1])
        return refuse(refusal, whom_words[WHOM_between], "two islands are needed, as in --between a,b c");
    whom->dialled_by = options->dialled_by;
    if (options->dialled_by)
        whom->said |= 1U << WHOM_dialled_by;
    if (add_island(options->from, WHOM_from, &whom->from, whom, refusal) < 0 ||
        add_island(options->to, WHOM_to, &whom->to, whom, refusal) < 0 ||
        add_island(options->between[0], WHOM_between, &whom->between, whom, refusal) < 0 ||
        add_island(options->between[1], WHOM_between, &whom->between, whom, refusal) < 0 ||
        add_island(options->nodes, WHOM_nodes, &whom->nodes, whom, refusal) < 0)
        return -EINVAL;
    return 0;
}

int rules_request_from_words(const struct rule_words *options, const char *const *words, struct rules_request *ret,
                             struct refusal *refusal)
{
    struct rule_asked rule = {0};
    struct whom whom = {0};
    int status = fault_from_words(words, &rule.fault, refusal);

    if (status == 0)
        status = whom_from_words(options, &whom, refusal);
    if (status == 0)
        status = whom_select(&whom, &rule.fault, whom_words, &rule.selector, refusal);
    whom_done(&whom);
    if (status < 0)
        return status;
    rule.lifetime = lifetime_new(options->for_us, options->lease);
    rule.strict = options->strict;
    *ret = (struct rules_request){0};
    rules_request_add(ret, &rule);
    return 0;
}

int rule_number_from_word(const char *word, uint32_t *ret, struct refusal *refusal)
{
    char *end = NULL;
    unsigned long long number = 0;

    if (*word >= '0' && *word <= '9' && strlen(word) <= 10)
        number = strtoull(word, &end, 10);
    if (!end || *end || number > UINT32_MAX)
        return refuse(refusal, NULL, "'%.100s' is not the number of a rule, such as 17", word);
    *ret = (uint32_t)number;
    return 0;
}

/* ---- documents ---- */

/* Those that whom_select() knows stand first, in the order of enum whom_field: their bits are the same. */
struct fields {
    struct whom whom;
    const char *fault;
    const json_t *params, *rules;
    struct lifetime_fields lifetime;
    bool strict;
};

#undef AT
#define AT(field) offsetof(struct fields, field)

static const struct document_field rows[] = {
    {"islands", "an array of arrays of names", document_islands, AT(whom.islands)},
    {"from", "an array of names", document_names, AT(whom.from)},
    {"to", "an array of names", document_names, AT(whom.to)},
    {"between", "an array of two arrays of names", document_islands, AT(whom.between)},
    {"nodes", "an array of names", document_names, AT(whom.nodes)},
    {"one_way", "true or false", document_flag, AT(whom.one_way)},
    {"dialled_by", "\"from\" or \"to\"", document_text, AT(whom.dialled_by)},
    {"fault", "the name of a kind of fault, see GET /v1/kinds", document_text, AT(fault)},
    {"params", "an object with the fault's parameters", document_object, AT(params)},
    LIFETIME_ROWS(struct fields, lifetime),
    {"strict", "true or false", document_flag, AT(strict)},
    {"rules", "an array of rules", document_array, AT(rules)},
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

static const struct document_table one_rule = {rows, ROWS - 1}, one_or_more = {rows, ROWS};

static int rule_of_fields(const struct fields *fields, struct rules_request *request, struct refusal *refusal)
{
    struct rule_asked rule = {0};

    if (fault_from_document(fields->fault, fields->params, &rule.fault, refusal) < 0 ||
        whom_select(&fields->whom, &rule.fault, whom_documents, &rule.selector, refusal) < 0)
        return -EINVAL;
    if (lifetime_from_fields(&fields->lifetime, &rule.lifetime, refusal) < 0) {
        rule_done(&rule);
        return -EINVAL;
    }
    rule.strict = fields->strict;
    rules_request_add(request, &rule);
    return 0;
}

static int add_rule(const json_t *document, struct rules_request *request, struct refusal *refusal)
{
    struct fields fields = {0};
    int status = document_read(document, &one_rule, &fields, &fields.whom.said, refusal);

    if (status == 0)
        status = rule_of_fields(&fields, request, refusal);
    whom_done(&fields.whom);
    return status;
}

static int add_rules(const json_t *list, struct rules_request *request, struct refusal *refusal)
{
    const json_t *document;
    size_t i;

    if (json_array_size(list) == 0)
        return refuse(refusal, "rules", "an empty list");
    if (json_array_size(list) > RULES_MAX)
        return refuse(refusal, "rules", "more than %d", RULES_MAX);
    json_array_foreach(list, i, document)
        if (add_rule(document, request, refusal) < 0)
            return refusal_within(refusal, "rules[%zu]", i);
    return 0;
}

int rules_request_from_document(const json_t *document, struct rules_request *ret, struct refusal *refusal)
{
    struct rules_request request = {0};
    struct fields fields = {0};
    int status = document_read(document, &one_or_more, &fields, &fields.whom.said, refusal);

    if (status == 0 && !fields.rules)
        status = rule_of_fields(&fields, &request, refusal);
    else if (status == 0 && json_object_size(document) > 1)
        status = refuse(refusal, "rules", "stands alone; its elements have the other fields");
    else if (status == 0)
        status = add_rules(fields.rules, &request, refusal);
    whom_done(&fields.whom);
    if (status < 0)
        rules_request_done(&request);
    else
        *ret = request;
    return status;
}

static json_t *rule_asked_to_document(const struct rule_asked *rule)
{
    json_t *object = json_pack("{s:s, s:o}", "fault", fault_row(rule->fault.kind)->name, "params",
                               params_to_document(&rule->fault, true));

    whom_to_document(&rule->selector, &rule->fault, object);
    lifetime_to_document(&rule->lifetime, object);
    if (rule->strict)
        json_object_set_new(object, "strict", json_true());
    return object;
}

json_t *rules_request_to_document(const struct rules_request *request)
{
    json_t *list;

    if (request->count == 1)
        return rule_asked_to_document(&request->at[0]);
    list = json_array();
    for (size_t i = 0; i < request->count; i++)
        json_array_append_new(list, rule_asked_to_document(&request->at[i]));
    return json_pack("{s:o}", "rules", list);
}
