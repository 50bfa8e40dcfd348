/* SPDX-License-Identifier: MIT */
/* The verbs as values: from words and from documents, and back. */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "model/rules.h"
#include "request/cut.h"
#include "request/document.h"
#include "request/fix.h"
#include "request/lease.h"
#include "request/matrix.h"
#include "request/rules_request.h"
#include "request/wait.h"

#define WORDS_MAX 16

/* "a b" as words, up to the NULL. */
static const char *const *split(const char *line)
{
    static const char *words[WORDS_MAX];
    static char copy[256];
    size_t count = 0;

    strcpy(copy, line);
    for (char *word = strtok(copy, " "); word; word = strtok(NULL, " "))
        words[count++] = word;
    words[count] = NULL;
    return words;
}

/* Documents are written with ' here. */
static json_t *document(const char *text)
{
    char quoted[1024];
    struct refusal refusal;
    json_t *json;

    strcpy(quoted, text);
    for (char *at = quoted; *at; at++)
        *at = *at == '\'' ? '"' : *at;
    json = document_parse(quoted, strlen(quoted), &refusal);
    if (!json)
        fail_msg("%s: %s", text, refusal.text);
    return json;
}

static void check_same(json_t *got, const char *wanted)
{
    json_t *json = document(wanted);
    char *text = json_dumps(got, JSON_COMPACT);

    if (!json_equal(got, json))
        fail_msg("%s is not %s", text, wanted);
    free(text);
    json_decref(json);
    json_decref(got);
}

static void check_refused(int status, const struct refusal *refusal, const char *begins)
{
    char line[REFUSAL_LINE_BYTES];

    refusal_print(refusal, line, sizeof(line));
    assert_int_equal(status, -EINVAL);
    if (strncmp(line, begins, strlen(begins)) != 0)
        fail_msg("'%s' does not begin with '%s'", line, begins);
}

/* ---- rules ---- */

static void rules_from_words(void **state)
{
    static const struct {
        struct rule_words options;
        const char *words, *document;
    } cases[] = {
        {{0}, "mute", "{'fault': 'mute', 'params': {}, 'between': [['*'], ['*']]}"},
        {{0}, "hide", "{'fault': 'hide', 'params': {}, 'nodes': ['*']}"},
        {{.from = "a,b", .to = "c"},
         "latency delay=50ms",
         "{'fault': 'latency', 'params': {'delay': '50ms'}, 'from': ['a', 'b'], 'to': ['c']}"},
        {{.between = {"a", "b@h,c"}, .dialled_by = "to", .for_us = 30000000, .lease = "l"},
         "freeze",
         "{'fault': 'freeze', 'params': {}, 'between': [['a'], ['b@h', 'c']], 'dialled_by': 'to', 'for': '30s', "
         "'lease': 'l'}"},
        {{.nodes = "a", .strict = true}, "hide", "{'fault': 'hide', 'params': {}, 'nodes': ['a'], 'strict': true}"},
        {{.nodes = "n*"}, "slow delay=1s", "{'fault': 'slow', 'params': {'delay': '1s'}, 'nodes': ['n*']}"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct rules_request request, again;
        struct refusal refusal;
        json_t *json;

        assert_int_equal(rules_request_from_words(&cases[i].options, split(cases[i].words), &request, &refusal), 0);
        json = rules_request_to_document(&request);
        assert_int_equal(rules_request_from_document(json, &again, &refusal), 0);
        json_decref(json);
        check_same(rules_request_to_document(&request), cases[i].document);
        check_same(rules_request_to_document(&again), cases[i].document);
        rules_request_done(&request);
        rules_request_done(&again);
    }
}

static void wrong_words_name_the_option(void **state)
{
    static const struct {
        struct rule_words options;
        const char *words, *begins;
    } cases[] = {
        {{0}, "", "which kind"},
        {{0}, "latency delay", "'delay': write"},
        {{0}, "latency", "delay: latency needs it"},
        {{.from = "a"}, "mute", "--from: goes with --to"},
        {{.from = "a,", .to = "b"}, "mute", "--from: an empty name"},
        {{.from = "a", .to = "b@"}, "mute", "--to: a full name"},
        {{.between = {"a", NULL}}, "mute", "--between: two islands"},
        {{.between = {"a", "b@"}}, "mute", "--between: a full name"},
        {{.between = {"a", "b"}, .from = "a", .to = "b"}, "mute", "--between: give one of"},
        {{.nodes = "a"}, "mute", "--node: "},
        {{.from = "a", .to = "b"}, "hide", "--from: hide is about names: give --node"},
        {{.dialled_by = "to"}, "mute", "--dialled-by: goes with"},
        {{.between = {"a", "b"}, .dialled_by = "x"}, "mute", "--dialled-by: must be"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct rules_request request;
        struct refusal refusal;

        check_refused(rules_request_from_words(&cases[i].options, split(cases[i].words), &request, &refusal), &refusal,
                      cases[i].begins);
    }
}

static void wrong_documents_name_the_field(void **state)
{
    static const char *const cases[][2] = {
        {"{}", "fault: which kind?"},
        {"{'fault': 'mute', 'x': 1}", "x: no such field"},
        {"{'fault': 'latency', 'params': {'delay': 5}}", "params.delay: '5'"},
        {"{'fault': 'downgrade', 'params': {'clear': ['spawn', 3]}}", "params.clear[1]: must be a string"},
        {"{'fault': 'mute', 'from': ['a']}", "from: goes with to"},
        {"{'fault': 'mute', 'between': []}", "between: two"}, /* said, and nobody: not everybody */
        {"{'fault': 'mute', 'islands': []}", "islands: two"},
        {"{'fault': 'mute', 'between': [['a'], 3]}", "between[1]: must be an array of names, not a number"},
        {"{'fault': 'mute', 'from': ['a', 3], 'to': ['b']}", "from[1]: must be a string"},
        {"{'fault': 'hide', 'one_way': true}", "one_way: hide is about names"},
        {"{'fault': 'mute', 'for': '0s'}", "for: '0s' is not"},
        {"{'rules': []}", "rules: an empty list"},
        {"{'rules': [{'fault': 'mute'}], 'fault': 'mute'}", "rules: stands alone"},
        {"{'rules': [{'fault': 'mute'}, 3]}", "rules[1]: must be an object"},
        {"{'rules': [{'rules': []}]}", "rules[0].rules: no such field"},
        {"{'rules': [{'fault': 'mute'}, {'fault': 'slow'}]}", "rules[1].params.delay: slow needs it"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        json_t *json = document(cases[i][0]);
        struct rules_request request;
        struct refusal refusal;

        check_refused(rules_request_from_document(json, &request, &refusal), &refusal, cases[i][1]);
        json_decref(json);
    }
}

static void numbers_of_rules(void **state)
{
    static const char *const wrong[] = {"", "-1", "1.5", "x", "#1", "1 ", "4294967296", "99999999999"};
    struct refusal refusal;
    uint32_t number;
    (void)state;

    assert_int_equal(rule_number_from_word("4294967295", &number, &refusal), 0);
    assert_int_equal(number, 4294967295);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_int_equal(rule_number_from_word(wrong[i], &number, &refusal), -EINVAL);
}

/* ---- cut and fix ---- */

static void cuts_read_back(void **state)
{
    static const char *const cases[] = {
        "{'islands': [['a'], ['b', 'c']], 'one_way': false, 'mode': 'hold'}",
        "{'islands': [['a'], ['b'], ['c*']], 'one_way': true, 'mode': 'drop', 'for': '5s', 'lease': 'x'}",
        "{'topology': 'halves', 'mode': 'close'}",
        "{'topology': 'halves', 'mode': 'hold', 'for': '1m', 'owner': 'connection'}",
        "{'topology': 'random-halves', 'of': ['a', 'b'], 'seed': 0, 'mode': 'hold'}",
        "{'topology': 'bridge', 'node': 'a', 'mode': 'reset'}",
    };
    (void)state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        json_t *json = document(cases[i]);
        struct cut_request request;
        struct refusal refusal;

        assert_int_equal(cut_request_from_document(json, &request, &refusal), 0);
        json_decref(json);
        check_same(cut_request_to_document(&request), cases[i]);
        cut_request_done(&request);
    }
}

static void cuts_from_words(void **state)
{
    struct cut_words words = CUT_WORDS_NONE, wrong = CUT_WORDS_NONE;
    struct cut_request request;
    struct refusal refusal;
    (void)state;

    words.mode = "drop";
    words.one_way = true;
    assert_int_equal(cut_request_from_words(&words, split("a,b c"), &request, &refusal), 0);
    check_same(cut_request_to_document(&request), "{'islands': [['a', 'b'], ['c']], 'one_way': true, 'mode': 'drop'}");
    cut_request_done(&request);

    words = CUT_WORDS_NONE;
    words.topologies[TOPOLOGY_isolate].node = "a";
    words.of = "a,b*";
    words.seed = 7;
    assert_int_equal(cut_request_from_words(&words, split(""), &request, &refusal), 0);
    check_same(cut_request_to_document(&request),
               "{'topology': 'isolate', 'node': 'a', 'of': ['a', 'b*'], 'seed': 7, 'mode': 'hold'}");
    cut_request_done(&request);

    check_refused(cut_request_from_words(&words, split("a b"), &request, &refusal), &refusal, "'a' is one word too");
    words.topologies[TOPOLOGY_halves].is = true;
    check_refused(cut_request_from_words(&words, split(""), &request, &refusal), &refusal, "one topology");
    check_refused(cut_request_from_words(&wrong, split(""), &request, &refusal), &refusal, "name two or more");
    check_refused(cut_request_from_words(&wrong, split("a"), &request, &refusal), &refusal, "one island is not");
    check_refused(cut_request_from_words(&wrong, split("a a"), &request, &refusal), &refusal, "islands: ");
    wrong.mode = "x";
    check_refused(cut_request_from_words(&wrong, split("a b"), &request, &refusal), &refusal, "--mode: 'x'");
    wrong.seed = 1;
    check_refused(cut_request_from_words(&wrong, split("a b"), &request, &refusal), &refusal, "--seed: goes with");
}

static void wrong_cuts(void **state)
{
    static const char *const cases[][2] = {
        {"{}", "islands: two or more"},
        {"{'islands': [['a'], ['b']], 'seed': 1}", "seed: goes with a topology"},
        {"{'islands': [['a'], ['b']], 'topology': 'halves'}", "islands: a topology makes its own"},
        {"{'topology': 'halves', 'one_way': true}", "one_way: "},
        {"{'topology': 'x'}", "topology: there are halves, random-halves"},
        {"{'topology': 'halves', 'of': []}", "of: "},
        {"{'topology': 'halves', 'of': ['a@']}", "of[0]: "},
        {"{'topology': 'halves', 'seed': -1}", "seed: must be"},
        {"{'topology': 'halves', 'mode': 'x'}", "mode: 'x'"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        json_t *json = document(cases[i][0]);
        struct cut_request request;
        struct refusal refusal;

        check_refused(cut_request_from_document(json, &request, &refusal), &refusal, cases[i][1]);
        json_decref(json);
    }
}

static void fixes(void **state)
{
    static const char *const wrong[][2] = {{"{'islands': []}", "islands: two"},
                                           {"{'islands': [['a']]}", "islands: two"}};
    struct fix_request request;
    struct refusal refusal;
    (void)state;

    assert_int_equal(fix_request_from_words(&(struct fix_words){0}, split(""), &request, &refusal), 0);
    check_same(fix_request_to_document(&request), "{}");
    fix_request_done(&request);
    assert_int_equal(fix_request_from_words(&(struct fix_words){0}, split("a b,c"), &request, &refusal), 0);
    check_same(fix_request_to_document(&request), "{'islands': [['a'], ['b', 'c']]}");
    fix_request_done(&request);
    assert_int_equal(fix_request_from_words(&(struct fix_words){.strict = true}, split("a b"), &request, &refusal), 0);
    check_same(fix_request_to_document(&request), "{'islands': [['a'], ['b']], 'strict': true}");
    fix_request_done(&request);
    for (size_t i = 0; i < 2; i++) { /* said, and nobody: not everything */
        json_t *json = document(wrong[i][0]);

        check_refused(fix_request_from_document(json, &request, &refusal), &refusal, wrong[i][1]);
        json_decref(json);
    }
}

/* ---- leases, waits, matrices ---- */

static void leases(void **state)
{
    static const char *const wrong[] = {"", "a b", "a/b", "a\n", "\xFF"};
    struct lease_request request;
    struct refusal refusal;
    json_t *json = document("{'name': 'a'}");
    (void)state;

    assert_int_equal(lease_request_from_words("n\xC3\xA9", 0, &request, &refusal), 0);
    check_same(lease_request_to_document(&request), "{'name': 'n\xC3\xA9', 'for': '10s'}");
    lease_request_done(&request);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        check_refused(lease_request_from_words(wrong[i], 1, &request, &refusal), &refusal, "name: ");
    check_refused(lease_request_from_document(json, &request, &refusal), &refusal, "for: how long");
    json_decref(json);
}

static void waits(void **state)
{
    struct wait_request request;
    struct refusal refusal;
    (void)state;

    assert_int_equal(wait_request_from_words(split("connected a,b c"), 5000000, NULL, &request, &refusal), 0);
    assert_string_equal(request.text, "connected a,b c");
    assert_int_equal(request.timeout_us, 5000000);
    wait_request_done(&request);
    assert_int_equal(wait_request_from_texts("up 3", NULL, NULL, &request, &refusal), 0);
    assert_int_equal(request.timeout_us, WAIT_TIMEOUT_DEFAULT_US);
    wait_request_done(&request);
    check_refused(wait_request_from_texts("up 3", "2h", NULL, &request, &refusal), &refusal, "timeout: '2h'");
    check_refused(wait_request_from_words(split("up 3"), 3600000001, NULL, &request, &refusal), &refusal,
                  "--timeout: ");
    check_refused(wait_request_from_texts(NULL, NULL, NULL, &request, &refusal), &refusal, "condition: ");
}

static void matrices(void **state)
{
    static const char *const lines[] = {"# regions", "", "eu = a,'b*'\n", "us = \"c\",d'*' # more",
                                        "eu us 45ms jitter=1ms"};
    static const char *const wrong[][2] = {
        {"eu = x", "the group eu is there"}, {"x = 'a", "a ' without its end"},   {"y = a,b@", "y[1]: "},
        {"eu z 1ms", "no group named z"},    {"eu us 1ms fast", "'fast': write"}, {"eu us 1", "delay: '1'"},
        {"eu", "'eu ...': write"},
    };
    struct rule_words options = {.for_us = 1000000};
    struct rules_request request;
    struct refusal refusal;
    struct matrix *matrix;
    (void)state;

    assert_int_equal(matrix_new("latency", &options, &matrix, &refusal), 0);
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        assert_int_equal(matrix_add_line(matrix, lines[i], &refusal), 0);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        check_refused(matrix_add_line(matrix, wrong[i][0], &refusal), &refusal, wrong[i][1]);
    assert_int_equal(matrix_finish(matrix, &request, &refusal), 0);
    check_same(rules_request_to_document(&request),
               "{'fault': 'latency', 'params': {'delay': '45ms', 'jitter': '1ms'}, 'between': [['a', 'b*'], ['c', "
               "'d*']], 'for': '1s'}");
    rules_request_done(&request);
    matrix_free(matrix);
    check_refused(matrix_new("mute", &options, &matrix, &refusal), &refusal, "--matrix: goes with latency");
}

RUN(T(rules_from_words), T(wrong_words_name_the_option), T(wrong_documents_name_the_field), T(numbers_of_rules),
    T(cuts_read_back), T(cuts_from_words), T(wrong_cuts), T(fixes), T(leases), T(waits), T(matrices))
