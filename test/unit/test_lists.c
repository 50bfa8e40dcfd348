/* SPDX-License-Identifier: MIT */
/* Documents that are made in pieces: they are what they would be in one, and what comes and goes meanwhile is no harm.
 */
#include "house.h"
#include "unit.h"
#include "whole.h"

#include <stdio.h>
#include <stdlib.h>

#include "control/lists.h"
#include "control/status.h"
#include "request/terms.h"
#include "wire/term.h"

static struct house house;

static json_t *row(uint64_t i)
{
    return json_pack("{s:I, s:s, s:[[], {}, {s:n}]}", "i", (json_int_t)i, "text", "two\nlines, and \"quotes\"",
                     "nested", "none");
}

static bool add_rows(struct rows *rows)
{
    while (rows->at < rows->last) {
        rows_add(rows, row(++rows->at));
        if (!rows_have_room(rows))
            return true;
    }
    return false;
}

/* Looks at many that are not meant, and is told when that takes too long. */
static bool add_none(struct rows *rows)
{
    return ++rows->at < rows->last;
}

static struct pieces *in_pieces(uint64_t count, enum lists_form form, const char *only)
{
    struct lists *lists = lists_new(&(struct wanted){.api = &house.api});

    lists_add_fields(lists, json_pack("{s:i, s:{s:[i, i]}}", "first", 1, "deep", "er", 2, 3));
    lists_add_rows(lists, "rows", add_rows, 0, count);
    lists_add_rows(lists, "none", add_none, 0, 5);
    lists_add_fields(lists, json_pack("{s:s}", "last", ""));
    return lists_pieces(lists, form, only);
}

static json_t *at_once(uint64_t count)
{
    json_t *rows = json_array();

    for (uint64_t i = 1; i <= count; i++)
        json_array_append_new(rows, row(i));
    return json_pack("{s:i, s:{s:[i, i]}, s:o, s:[], s:s}", "first", 1, "deep", "er", 2, 3, "rows", rows, "none",
                     "last", "");
}

static const uint64_t counts[] = {0, 1, 2, 1000};

static void json_to_the_byte(void **state)
{
    (void)state;

    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        json_t *document = at_once(counts[i]);
        char *expected = json_dumps(document, JSON_INDENT(2)), *got = whole(in_pieces(counts[i], LISTS_JSON, NULL));

        assert_memory_equal(got, expected, strlen(expected));
        assert_string_equal(got + strlen(expected), "\n");
        json_decref(document);
        free(expected);
        free(got);
    }
}

static struct text all_of(struct pieces *pieces, size_t *ret_pieces)
{
    struct text text = {0};
    bool more;

    *ret_pieces = 0;
    do {
        more = pieces->make(pieces, &text);
        ++*ret_pieces;
    } while (more);
    pieces->free(pieces);
    return text;
}

static void terms_that_mean_the_same(void **state)
{
    (void)state;

    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        size_t pieces;
        struct text text = all_of(in_pieces(counts[i], LISTS_TERMS, NULL), &pieces);
        json_t *document = at_once(counts[i]), *got;
        struct refusal refusal;

        got = terms_parse(text.data, text.len, &refusal);
        assert_non_null(got);
        assert_true(json_equal(got, document));
        assert_true(counts[i] < 1000 || pieces > 3);
        json_decref(got);
        json_decref(document);
        text_done(&text);
    }
}

/* To the byte, as long as there is one piece; then a list is a chain. */
static void check_for_erlang(struct pieces *pieces, const json_t *document)
{
    const uint8_t version = TERM_VERSION;
    struct text text = {0}, expected = {0}, parsed = {0};
    size_t count;
    struct refusal refusal;
    json_t *got;

    text = all_of(pieces, &count);
    terms_add_for_erlang(&expected, document);
    assert_true(count > 1 || text.len == expected.len);
    assert_true(count > 1 || memcmp(text.data, expected.data, text.len) == 0);
    text_add(&parsed, &version, 1);
    text_add(&parsed, text.data, text.len);
    got = terms_parse(parsed.data, parsed.len, &refusal);
    assert_non_null(got);
    assert_true(json_equal(got, document));
    json_decref(got);
    text_done(&text);
    text_done(&expected);
    text_done(&parsed);
}

static void terms_for_erlang(void **state)
{
    (void)state;

    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        json_t *document = at_once(counts[i]);

        check_for_erlang(in_pieces(counts[i], LISTS_ERLANG, NULL), document);
        check_for_erlang(in_pieces(counts[i], LISTS_ERLANG, "rows"), json_object_get(document, "rows"));
        check_for_erlang(in_pieces(counts[i], LISTS_ERLANG, "none"), json_object_get(document, "none"));
        check_for_erlang(in_pieces(counts[i], LISTS_ERLANG, "deep"), json_object_get(document, "deep"));
        json_decref(document);
    }
}

static void remove_node(const char *name)
{
    registry_remove(house.cabling.registry, registry_find(house.cabling.registry, name, strlen(name)));
}

static void register_number(int i)
{
    char name[20];

    snprintf(name, sizeof(name), "n%d", i);
    house_register(&house, name);
}

#define NODES 1000

/* How many times each of them is in the list. */
static void count_nodes(const char *json, int times[NODES])
{
    json_t *document = json_loads(json, 0, NULL);
    const json_t *node;
    size_t i;

    assert_non_null(document);
    memset(times, 0, NODES * sizeof(times[0]));
    json_array_foreach(json_object_get(document, "nodes"), i, node)
        times[atoi(json_string_value(json_object_get(node, "name")) + 1)]++;
    json_decref(document);
}

/* The list goes from the newest to the oldest: after one piece it is near the end of the numbers. */
static void nodes_that_come_and_go_meanwhile(void **state)
{
    struct lists *lists = lists_new(&(struct wanted){.api = &house.api});
    struct pieces *pieces;
    struct text text = {0};
    int times[NODES], there = 0;
    (void)state;

    for (int i = 1; i < NODES - 1; i++)
        register_number(i);
    status_add_nodes(lists);
    pieces = lists_pieces(lists, LISTS_JSON, NULL);
    assert_true(pieces->make(pieces, &text));
    for (int i = 100; i < NODES - 1; i++) { /* where it is, and around */
        char name[20];

        snprintf(name, sizeof(name), "n%d", i);
        remove_node(name);
    }
    register_number(NODES - 1); /* new */
    register_number(200);       /* and anew: told once at most */
    while (pieces->make(pieces, &text))
        ;
    text_add(&text, "", 1);
    count_nodes(text.data, times);
    for (int i = 1; i < NODES; i++) {
        assert_true(times[i] <= 1);
        assert_true(i >= 100 || times[i] == 1); /* who was there all the time is there */
        there += times[i];
    }
    assert_int_equal(times[NODES - 1], 0);
    assert_true(there < NODES - 2);
    pieces->free(pieces);
    text_done(&text);
}

/* What happens meanwhile is behind `last`, from which the next one goes on. */
static void events_that_happen_meanwhile(void **state)
{
    struct lists *lists = lists_new(&(struct wanted){.api = &house.api, .kinds = 1U << EVENT_node_up});
    struct pieces *pieces;
    struct text text = {0};
    json_t *document;
    (void)state;

    for (int i = 1; i <= 500; i++)
        register_number(i);
    status_add_events(lists, &house.service, 10);
    pieces = lists_pieces(lists, LISTS_JSON, NULL);
    assert_true(pieces->make(pieces, &text));
    register_number(501);
    while (pieces->make(pieces, &text))
        ;
    document = json_loadb(text.data, text.len, 0, NULL);
    assert_int_equal(json_array_size(json_object_get(document, "events")), 490);
    assert_int_equal(json_integer_value(json_object_get(document, "last")), 500);
    pieces->free(pieces);
    json_decref(document);
    text_done(&text);
}

/* Whoever leaves before the end. */
static void half_of_it(void **state)
{
    struct pieces *begun = in_pieces(1000, LISTS_JSON, NULL), *unread = in_pieces(1, LISTS_TERMS, NULL);
    struct text text = {0};
    (void)state;

    assert_true(begun->make(begun, &text));
    assert_true(text.len < 2 * PIECE_BYTES_MAX);
    begun->free(begun);
    unread->free(unread);
    text_done(&text);
}

RUN(IN_A_HOUSE(json_to_the_byte), IN_A_HOUSE(terms_that_mean_the_same), IN_A_HOUSE(terms_for_erlang),
    IN_A_HOUSE(nodes_that_come_and_go_meanwhile), IN_A_HOUSE(events_that_happen_meanwhile), IN_A_HOUSE(half_of_it))
