/* SPDX-License-Identifier: MIT */
/*
 * Rules as people and programs ask for them: a body for POST /v1/rules or, where that is none, the words
 * of a command line, one a line. Refused in one line, or in force; and what is in force reads back as the same from the
 * JSON that it is shown as, and what words ask for from the document that is made of it.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/utf8.h"
#include "model/rules.h"
#include "request/answers.h"
#include "request/document.h"
#include "request/rules_request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check_refusal(const struct refusal *refusal)
{
    char line[REFUSAL_LINE_BYTES];

    refusal_print(refusal, line, sizeof(line));
    assert(refusal->status == -EINVAL && line[0] && !strchr(line, '\n'));
    assert(utf8_length(line, strlen(line)) > 0);
}

/* Puts it into a book; returns what is shown of it then, or NULL when the book is full. */
static json_t *shown_of(const struct rules_request *request)
{
    struct rules *rules = rules_new(NULL, NULL);
    json_t *shown = NULL;
    uint32_t first;

    for (size_t i = 0; i < request->count; i++) {
        struct rule_request rule = {.fault = request->at[i].fault,
                                    .selector = request->at[i].selector,
                                    .ends_us =
                                        request->at[i].lifetime.for_us ? request->at[i].lifetime.for_us : RULES_NEVER};

        rule.selector.islands = islands_copy(&request->at[i].selector.islands);
        assert(rules_add(rules, &rule, 1, &first) == 0);
    }
    rules_profile(rules, PARTY("a@host"), PARTY("b@host"), true);
    rules_name_profile(rules, PARTY("a@host"));
    shown = rules_to_document(rules, 0, 0);
    rules_free(rules);
    return shown;
}

/* Returns the rules that it makes, as a document, or NULL. */
static json_t *rules_of(const char *body, size_t len)
{
    struct rules_request request;
    struct refusal refusal;
    json_t *shown = NULL, *document = document_parse(body, len, &refusal);

    if (!document || rules_request_from_document(document, &request, &refusal) < 0) {
        check_refusal(&refusal);
    } else {
        shown = shown_of(&request);
        rules_request_done(&request);
    }
    json_decref(document);
    return shown;
}

/* What it is shown with and cannot be ordered. */
static void forget(json_t *rules)
{
    json_t *rule;
    size_t i;

    json_array_foreach(rules, i, rule) {
        json_object_del(rule, "id");
        json_object_del(rule, "ends_in_ms");
        json_object_del(rule, "effect");
    }
}

#define WORDS_MAX 16

/* The words: an island that sends, one that receives, then the kind and its parameters. */
static void fuzz_words(const char *data, size_t len)
{
    char *text = mem_string(data, len), *rest = NULL;
    const char *words[WORDS_MAX + 1] = {NULL};
    struct rules_request request, again;
    struct refusal refusal;
    size_t count = 0;

    for (char *word = strtok_r(text, "\n", &rest); word && count < WORDS_MAX; word = strtok_r(NULL, "\n", &rest))
        words[count++] = word;
    if (count > 2) {
        const struct rule_words options = {.between = {words[0], words[1]}};

        if (rules_request_from_words(&options, words + 2, &request, &refusal) < 0) {
            check_refusal(&refusal);
        } else {
            json_t *document = rules_request_to_document(&request), *same;

            assert(rules_request_from_document(document, &again, &refusal) == 0);
            same = rules_request_to_document(&again);
            assert(json_equal(document, same));
            json_decref(document);
            json_decref(same);
            rules_request_done(&request);
            rules_request_done(&again);
        }
    }
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    json_t *shown = rules_of((const char *)data, len), *body, *again;
    char *text;

    if (!shown) {
        fuzz_words((const char *)data, len);
        return 0;
    }
    forget(shown);
    if (json_array_size(shown) > 0) {
        body = json_pack("{s:O}", "rules", shown);
        text = json_dumps(body, 0);
        again = rules_of(text, strlen(text));
        assert(again);
        forget(again);
        assert(json_equal(shown, again));
        json_decref(again);
        free(text);
        json_decref(body);
    }
    json_decref(shown);
    return 0;
}
