/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <string.h>

#include "base/text.h"
#include "base/utf8.h"

static void lengths(void **state)
{
    (void)state;
    assert_int_equal(utf8_length("", 0), 0);
    assert_int_equal(utf8_length("node", 4), 4);
    assert_int_equal(utf8_length("a\0b", 3), 3);
    assert_int_equal(utf8_length("\xC3\xA9", 2), 1);
    assert_int_equal(utf8_length("\xE2\x82\xAC\xF0\x9F\x98\x88", 7), 2);
    assert_int_equal(utf8_length("\xED\x9F\xBF\xEE\x80\x80", 6), 2); /* around the surrogates */
    assert_int_equal(utf8_length("\xF4\x8F\xBF\xBF", 4), 1);         /* U+10FFFF */
}

static void refused(void **state)
{
    static const char *const bad[] = {
        "\xE9",             /* Latin-1 */
        "\x80",             /* a continuation alone */
        "\xC0\x80",         /* overlong */
        "\xC1\xBF",         /* overlong */
        "\xE0\x9F\xBF",     /* overlong */
        "\xF0\x8F\xBF\xBF", /* overlong */
        "\xED\xA0\x80",     /* surrogate */
        "\xF4\x90\x80\x80", /* above U+10FFFF */
        "\xF5\x80\x80\x80",
        "\xE2\x82", /* truncated */
        "\xE2\x28\xA1",
    };
    (void)state;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(utf8_length(bad[i], strlen(bad[i])), -1);
}

static void lines(void **state)
{
    static const struct {
        const char *text, *line;
    } cases[] = {
        {"", ""},
        {"node\xC3\xA9", "node\xC3\xA9"},
        {"a\nb\tc\x7F\x1B[1m", "a?b?c??[1m"},
        {"\xFF\xE9z\xE2\x82", "??z??"}, /* cut off within a character */
        {"a\xC2\x85z", "a??z"},
        {"\xF0\x9F\x98\x88\xF0\x9F\x98", "\xF0\x9F\x98\x88???"},
    };
    char text[32];
    (void)state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        strcpy(text, cases[i].text);
        utf8_make_line(text);
        assert_string_equal(text, cases[i].line);
    }
}

static void names_are_shown_and_do_nothing(void **state)
{
    static const struct {
        const char *name, *shown;
    } cases[] = {
        {"", ""},
        {"n\xC3\xB6"
         "de@host",
         "n\xC3\xB6"
         "de@host"},
        {"a\x1B[2J\a\n", "a\\x1b[2J\\x07\\x0a"},
        {"a\xC2\x9B"
         "31m",
         "a\\xc2\\x9b31m"},                               /* C1 */
        {"\xC2\xA0\xE2\x82\xAC", "\xC2\xA0\xE2\x82\xAC"}, /* and its neighbours */
        {"a\xE2\x80\xAE"
         "b",
         "a\\xe2\\x80\\xaeb"}, /* from right to left */
        {"\xE9z\xE2\x82", "\\xe9z\\xe2\\x82"},
    };
    struct text text = {0};
    (void)state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        text_add_escaped(&text, cases[i].name);
        assert_int_equal(text.len, strlen(cases[i].shown));
        assert_memory_equal(text.data, cases[i].shown, text.len);
        text_done(&text);
    }
}

static void what_is_shown_fits(void **state)
{
    char to[8];
    (void)state;

    memset(to, 'x', sizeof(to));
    utf8_escape("abc\x1B\x1B", to, sizeof(to));
    assert_string_equal(to, "abc\\x1b");
    utf8_escape("abcd\x1B", to, sizeof(to));
    assert_string_equal(to, "abcd");
    utf8_escape("abcdef\xC3\xA9", to, sizeof(to));
    assert_string_equal(to, "abcdef");
    utf8_escape("a", to, 1);
    assert_string_equal(to, "");
}

RUN(T(lengths), T(refused), T(lines), T(names_are_shown_and_do_nothing), T(what_is_shown_fits))
