/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <errno.h>

#include "base/random.h"
#include "base/rate.h"

static void units_and_decimals(void **state)
{
    static const struct {
        const char *text;
        uint64_t bits;
    } good[] = {
        {"1bit", 1},
        {"800bit", 800},
        {"64kbit", 64000},
        {"1mbit", 1000000},
        {"2.5gbit", 2500000000},
        {"0.5kbit", 500},
        {"1.0bit", 1},
        {"007kbit", 7000},
        {"1.000000001gbit", 1000000001},
        {"100gbit", RATE_MAX_BITS},
        {"100000000000bit", RATE_MAX_BITS},
        {"99.999999999gbit", RATE_MAX_BITS - 1},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        uint64_t bits = 99;

        assert_int_equal(rate_parse(good[i].text, &bits), 0);
        assert_int_equal(bits, good[i].bits);
    }
}

static void refused_and_untouched(void **state)
{
    static const char *const bad[] = {
        "",
        "64",
        "kbit",
        "-1kbit",
        "+1kbit",
        " 1kbit",
        "1 kbit",
        "1kbit ",
        "1Kbit",
        "1kBit",
        "1Mbit",
        "1kbit/s",
        "1kbps",
        "1kb",
        "1k",
        "1tbit",
        "1.kbit",
        ".5mbit",
        "1e3kbit",
        "0x1kbit",
        "1kbitkbit",
        "1,5mbit",
        "1.5.5mbit",
        "0bit",
        "0.0gbit",
        "0.0000000001gbit",
        "1.5bit",
        "0.0001kbit",
        "1.0000000000gbit",
        "100.1gbit",
        "100001mbit",
        "100000000001bit",
        "100.000000001gbit",
        "99999999999999999999bit",
        "18446744073709551617bit",
    };
    (void)state;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        uint64_t bits = 99;

        assert_int_equal(rate_parse(bad[i], &bits), -EINVAL);
        assert_int_equal(bits, 99);
    }
}

static void printed_in_the_largest_exact_unit(void **state)
{
    static const struct {
        uint64_t bits;
        const char *text;
    } shown[] = {
        {1, "1bit"},
        {999, "999bit"},
        {1000, "1kbit"},
        {1001, "1.001kbit"},
        {1500, "1.5kbit"},
        {64000, "64kbit"},
        {64010, "64.01kbit"},
        {1000000, "1mbit"},
        {1050000, "1.05mbit"},
        {1234567, "1234.567kbit"},
        {2500000000, "2.5gbit"},
        {2500000001, "2500000.001kbit"},
        {RATE_MAX_BITS, "100gbit"},
        {RATE_MAX_BITS - 1, "99999999.999kbit"},
        {0, "0bit"},
    };
    char text[32];
    (void)state;

    for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
        rate_print(shown[i].bits, text, sizeof(text));
        assert_string_equal(text, shown[i].text);
    }
}

static void printed_and_parsed_again(void **state)
{
    struct random random;
    (void)state;

    random_seed(&random, 1);
    for (int i = 0; i < 20000; i++) {
        uint64_t top = RATE_MAX_BITS >> random_below(&random, 37), round = 1, bits, again = 0;
        char text[32];

        for (uint64_t zeros = random_below(&random, 10); zeros > 0 && round * 10 <= top; zeros--)
            round *= 10;
        bits = (1 + random_below(&random, top / round)) * round;
        rate_print(bits, text, sizeof(text));
        assert_int_equal(rate_parse(text, &again), 0);
        assert_int_equal(again, bits);
    }
}

RUN(T(units_and_decimals), T(refused_and_untouched), T(printed_in_the_largest_exact_unit), T(printed_and_parsed_again))
