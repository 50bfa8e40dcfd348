/* SPDX-License-Identifier: MIT */
#include "refusal_line.h"
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "base/utf8.h"

static void test_a_field_and_a_text(void **state)
{
    struct refusal refusal;

    (void)state;
    assert_int_equal(refuse(&refusal, "for", "must be %s", "a duration"), -EINVAL);
    assert_string_equal(line_of(&refusal), "for: must be a duration");
    assert_int_equal(refuse_as(&refusal, -ENOENT, NULL, "there is no rule %d", 7), -ENOENT);
    assert_int_equal(refusal.status, -ENOENT);
    assert_string_equal(line_of(&refusal), "there is no rule 7");
}

static void test_fields_stand_within_each_other(void **state)
{
    struct refusal refusal;

    (void)state;
    refuse(&refusal, "delay", "too long");
    assert_int_equal(refusal_within(&refusal, "params"), -EINVAL);
    assert_string_equal(line_of(&refusal), "params.delay: too long");
    refusal_within(&refusal, "rules[%d]", 3);
    assert_string_equal(line_of(&refusal), "rules[3].params.delay: too long");
    refuse(&refusal, "[2]", "empty");
    refusal_within(&refusal, "islands[%d]", 0);
    assert_string_equal(line_of(&refusal), "islands[0][2]: empty");
    refuse(&refusal, NULL, "must be an object");
    refusal_within(&refusal, "rules[1]");
    assert_string_equal(line_of(&refusal), "rules[1]: must be an object");
}

static void test_texts_may_be_made_of_the_one_before(void **state)
{
    struct refusal refusal;

    (void)state;
    refuse(&refusal, NULL, "inner");
    refuse(&refusal, NULL, "outer, %s", refusal.text);
    refusal_add(&refusal, ", %s", "more");
    assert_string_equal(line_of(&refusal), "outer, inner, more");
}

static void test_it_is_one_line_whatever_is_repeated(void **state)
{
    char long_name[4 * REFUSAL_TEXT_BYTES];
    struct refusal refusal;

    (void)state;
    refuse(&refusal, "a\nb", "'x\ny\033[31m\200'");
    refusal_within(&refusal, "in\rside");
    assert_string_equal(line_of(&refusal), "in?side.a?b: 'x?y?[31m?'");
    memset(long_name, 0xC3, sizeof(long_name));
    for (size_t i = 1; i < sizeof(long_name); i += 2)
        long_name[i] = (char)0xB6;
    long_name[sizeof(long_name) - 1] = 0;
    refuse(&refusal, long_name, "-%s", long_name); /* cut off within a character */
    refusal_within(&refusal, "x%s", long_name);
    assert_true(utf8_length(line_of(&refusal), strlen(line_of(&refusal))) > 0);
}

RUN(T(test_a_field_and_a_text), T(test_fields_stand_within_each_other), T(test_texts_may_be_made_of_the_one_before),
    T(test_it_is_one_line_whatever_is_repeated))
