/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <errno.h>

#include "base/random.h"
#include "base/size.h"

static void units(void **state)
{
    static const struct {
        const char *text;
        uint64_t bytes;
    } good[] = {
        {"0", 0},
        {"0GiB", 0},
        {"1000", 1000},
        {"1000B", 1000},
        {"64KiB", 65536},
        {"16MiB", 16777216},
        {"1GiB", 1073741824},
        {"10kB", 10000},
        {"5MB", 5000000},
        {"1GB", 1000000000},
        {"007B", 7},
        {"1024GiB", SIZE_MAX_BYTES},
        {"1099511627776", SIZE_MAX_BYTES},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        uint64_t bytes = 99;

        assert_int_equal(size_parse(good[i].text, &bytes), 0);
        assert_int_equal(bytes, good[i].bytes);
    }
}

static void refused_and_untouched(void **state)
{
    static const char *const bad[] = {
        "",
        "B",
        "KiB",
        "-1",
        "+1",
        " 1",
        "1 B",
        "1B ",
        "1b",
        "1k",
        "1K",
        "1KB",
        "1kb",
        "1kiB",
        "1kib",
        "1Mb",
        "1TB",
        "1TiB",
        "1.5kB",
        "1.0kB",
        "1.",
        "1e3",
        "0x10",
        "1BB",
        "1,000",
        "1025GiB",
        "1100GB",
        "1099511627777",
        "99999999999999999999",
        "18446744073709551617",
    };
    (void)state;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        uint64_t bytes = 99;

        assert_int_equal(size_parse(bad[i], &bytes), -EINVAL);
        assert_int_equal(bytes, 99);
    }
}

static void printed_in_the_largest_exact_unit(void **state)
{
    static const struct {
        uint64_t bytes;
        const char *text;
    } shown[] = {
        {0, "0B"},
        {1, "1B"},
        {1000, "1kB"},
        {1023, "1023B"},
        {1024, "1KiB"},
        {1500, "1500B"},
        {64000, "64kB"},
        {65536, "64KiB"},
        {65537, "65537B"},
        {5000000, "5MB"},
        {16777216, "16MiB"},
        {1000000000, "1GB"},
        {1073741824, "1GiB"},
        {SIZE_MAX_BYTES, "1024GiB"},
        {SIZE_MAX_BYTES - 1, "1099511627775B"},
    };
    char text[32];
    (void)state;

    for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
        size_print(shown[i].bytes, text, sizeof(text));
        assert_string_equal(text, shown[i].text);
    }
}

static void printed_and_parsed_again(void **state)
{
    static const uint64_t rounds[] = {1, 1000, 1024, 1000000, 1 << 20, 1000000000, 1 << 30};
    struct random random;
    (void)state;

    random_seed(&random, 1);
    for (int i = 0; i < 20000; i++) {
        uint64_t round = rounds[random_below(&random, 7)];
        uint64_t top = (SIZE_MAX_BYTES / round) >> random_below(&random, 41);
        uint64_t bytes = random_below(&random, top + 1) * round, again = 99;
        char text[32];

        size_print(bytes, text, sizeof(text));
        assert_int_equal(size_parse(text, &again), 0);
        assert_int_equal(again, bytes);
    }
}

RUN(T(units), T(refused_and_untouched), T(printed_in_the_largest_exact_unit), T(printed_and_parsed_again))
