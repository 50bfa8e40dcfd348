/* SPDX-License-Identifier: MIT */
#include "refusal_line.h"
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "request/terms.h"

/*
 * term_to_binary() of OTP 25:
 *     #{islands => [[a, "b", <<"cä"/utf8>>], []], nil => undefined, no => false, 'ö' => null, "ok" => true,
 *       <<"n">> => [1, -5, 300, 5000000000, -5000000000, 1.5, 70000]}
 */
static const char golden[] =
    "\x83\x74\x00\x00\x00\x06"
    "\x64\x00\x07islands\x6c\x00\x00\x00\x02\x6c\x00\x00\x00\x03\x64\x00\x01"
    "a\x6b\x00\x01"
    "b\x6d\x00\x00\x00\x03"
    "c\xc3\xa4\x6a\x6a\x6a"
    "\x64\x00\x03nil\x64\x00\x09undefined"
    "\x64\x00\x02no\x64\x00\x05"
    "false\x64\x00\x01\xf6\x64\x00\x04null"
    "\x6b\x00\x02ok\x64\x00\x04true"
    "\x6d\x00\x00\x00\x01n\x6c\x00\x00\x00\x07\x61\x01\x62\xff\xff\xff\xfb\x62\x00\x00\x01\x2c\x6e\x05\x00\x00\xf2\x05"
    "\x2a"
    "\x01\x6e\x05\x01\x00\xf2\x05\x2a\x01\x46\x3f\xf8\x00\x00\x00\x00\x00\x00\x62\x00\x01\x11\x70\x6a";

#define GOLDEN (sizeof(golden) - 1)

static const char meant[] = "{\"islands\": [[\"a\", \"b\", \"cä\"], []], \"nil\": null, \"no\": false, \"ö\": null, "
                            "\"ok\": true, \"n\": [1, -5, 300, 5000000000, -5000000000, 1.5, 70000]}";

static void what_erlang_writes(void **state)
{
    struct refusal refusal;
    json_t *read = terms_parse(golden, GOLDEN, &refusal), *expected = json_loads(meant, 0, NULL);
    (void)state;

    assert_non_null(read);
    assert_true(json_equal(read, expected));
    json_decref(read);
    json_decref(expected);
}

/* Cut off anywhere it is refused; with any byte changed it is read or refused, and nothing worse. */
static void what_is_not_whole(void **state)
{
    struct refusal refusal;
    char bytes[GOLDEN];
    (void)state;

    for (size_t len = 0; len < GOLDEN; len++) {
        char *exact = test_malloc(len + 1); /* for the sanitizer */

        memcpy(exact, golden, len);
        assert_null(terms_parse(exact, len, &refusal));
        assert_int_equal(refusal.status, -EINVAL);
        test_free(exact);
    }
    for (size_t at = 0; at < GOLDEN; at++)
        for (int value = 0; value < 256; value++) {
            memcpy(bytes, golden, GOLDEN);
            bytes[at] = (char)value;
            json_decref(terms_parse(bytes, GOLDEN, &refusal));
        }
}

static void refuses(const char *bytes, size_t len, const char *part)
{
    struct refusal refusal;
    json_t *read = terms_parse(bytes, len, &refusal);

    assert_null(read);
    if (!strstr(line_of(&refusal), part))
        fail_msg("'%s' is not in '%s'", part, line_of(&refusal));
}

#define REFUSES(literal, part) refuses(literal, sizeof(literal) - 1, part)

static void what_is_refused(void **state)
{
    char deep[200] = "\x83";
    (void)state;

    REFUSES("", "131");
    REFUSES("{}", "131");
    REFUSES("\x83\x61\x01x", "behind it");
    REFUSES("\x83\x68\x02\x61\x01\x61\x02", "neither map");            /* a tuple */
    REFUSES("\x83\x6c\x00\x00\x00\x01\x61\x01\x61\x02", "not proper"); /* [1 | 2] */
    REFUSES("\x83\x6c\xff\xff\xff\xff\x61\x01", "too early");
    REFUSES("\x83\x6d\xff\xff\xff\xff"
            "a",
            "too early");
    REFUSES("\x83\x6d\x00\x00\x00\x01\xff", "not UTF-8");
    REFUSES("\x83\x6b\x00\x01\x00", "NUL");
    REFUSES("\x83\x6e\x08\x00\xff\xff\xff\xff\xff\xff\xff\xff", "too large");
    REFUSES("\x83\x46\x7f\xf8\x00\x00\x00\x00\x00\x00", "is none");
    REFUSES("\x83\x74\x00\x00\x00\x02\x77\x01"
            "a\x61\x01\x77\x01"
            "a\x61\x02",
            "twice");
    REFUSES("\x83\x74\x00\x00\x00\x01\x61\x01\x61\x01", "no text");
    for (size_t i = 1; i + 5 < sizeof(deep); i += 5)
        memcpy(deep + i, "\x6c\x00\x00\x00\x01", 5);
    refuses(deep, sizeof(deep), "too deeply");
}

/* [1, 2, 3] in parts, as Erlang reads it too: the tail of a list is a list. It is no nesting, however many there are.
 */
static void a_list_in_parts(void **state)
{
    static const char chain[] =
        "\x83\x6c\x00\x00\x00\x01\x61\x01\x6c\x00\x00\x00\x02\x61\x02\x61\x03\x6c\x00\x00\x00\x00\x6a";
    struct refusal refusal;
    json_t *read = terms_parse(chain, sizeof(chain) - 1, &refusal), *expected = json_loads("[1, 2, 3]", 0, NULL);
    struct text text = {0};
    (void)state;

    assert_true(json_equal(read, expected));
    json_decref(read);
    json_decref(expected);

    terms_add_version(&text);
    terms_begin(&text, 1);
    terms_add_key(&text, "many", TERMS_PLAIN);
    for (int i = 0; i < 100 * TERMS_DEPTH_MAX; i++) {
        json_t *element = json_integer(i);
        size_t begin = terms_begin_rows(&text);

        terms_add_value(&text, "many", element, TERMS_PLAIN);
        terms_end_rows(&text, begin, 1);
        json_decref(element);
    }
    assert_null(terms_parse(text.data, text.len, &refusal)); /* no end yet */
    terms_end_list(&text);
    read = terms_parse(text.data, text.len, &refusal);
    assert_int_equal(json_array_size(json_object_get(read, "many")), 100 * TERMS_DEPTH_MAX);
    json_decref(read);
    text_done(&text);
    REFUSES("\x83\x6c\x00\x00\x00\x01\x61\x01\x6c\x00\x00\x00\x01\x61\x02\x61\x03", "not proper"); /* [1, 2 | 3] */
}

/* An empty list takes a byte there, and a hundred here. */
static void terms_without_end(void **state)
{
    struct refusal refusal;
    struct text text = {0};
    json_t *read;
    (void)state;

    text_add(&text, "\x83\x6c\x00\x03\xff\xff", 6);
    for (int i = 0; i < TERMS_COUNT_MAX; i++)
        terms_end_list(&text);
    read = terms_parse(text.data, text.len, &refusal); /* with the list itself */
    assert_int_equal(json_array_size(read), TERMS_COUNT_MAX - 1);
    json_decref(read);
    text.data[3] = 4, text.data[4] = text.data[5] = 0;
    terms_end_list(&text);
    assert_null(terms_parse(text.data, text.len, &refusal));
    assert_non_null(strstr(refusal.text, "too many terms"));
    text_done(&text);
}

/* What is written reads back as the same. */
static void there_and_back(void **state)
{
    static const char *const documents[] = {"{}",
                                            "[]",
                                            "\"\"",
                                            "\"a ä €\"",
                                            "0",
                                            "-1",
                                            "2147483647",
                                            "-2147483648",
                                            "2147483648",
                                            "9223372036854775807",
                                            "-9223372036854775807",
                                            "1.25",
                                            "true",
                                            "null",
                                            meant};
    (void)state;

    for (size_t i = 0; i < sizeof(documents) / sizeof(documents[0]); i++) {
        json_t *document = json_loads(documents[i], JSON_DECODE_ANY, NULL), *read;
        struct text text = {0};
        struct refusal refusal;

        terms_add(&text, document);
        read = terms_parse(text.data, text.len, &refusal);
        assert_true(read && json_equal(read, document));
        json_decref(read);
        json_decref(document);
        text_done(&text);
    }
}

RUN(T(what_erlang_writes), T(what_is_not_whole), T(what_is_refused), T(a_list_in_parts), T(terms_without_end),
    T(there_and_back))
