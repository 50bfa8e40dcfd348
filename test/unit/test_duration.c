/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <errno.h>

#include "base/duration.h"
#include "base/random.h"

static void units_and_decimals(void **state)
{
    static const struct {
        const char *text;
        uint64_t us;
    } good[] = {
        {"0s", 0},        {"1us", 1},        {"150ms", 150000},  {"15s", 15000000},          {"1.5s", 1500000},
        {"0.000001s", 1}, {"2m", 120000000}, {"1h", 3600000000}, {"8760h", DURATION_MAX_US}, {"007ms", 7000},
        {"1.25ms", 1250},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        uint64_t us = 99;

        assert_int_equal(duration_parse(good[i].text, &us), 0);
        assert_int_equal(us, good[i].us);
    }
}

static void refused_and_untouched(void **state)
{
    static const char *const bad[] = {"",
                                      "15",
                                      "s",
                                      "-1s",
                                      "+1s",
                                      " 1s",
                                      "1 s",
                                      "1S",
                                      "1y",
                                      "1sec",
                                      "1.s",
                                      ".5s",
                                      "1e3s",
                                      "0x1s",
                                      "1ss",
                                      "1.0000001s",
                                      "1.5.5s",
                                      "99999999999999999999s",
                                      "18446744073709551616us",
                                      "1,5s"},
                             *const longer[] = {"8761h", "8760.000001h", "99999999h", "31536000000001us"};
    (void)state;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        uint64_t us = 99;

        assert_int_equal(duration_parse(bad[i], &us), -EINVAL);
        assert_int_equal(us, 99);
    }
    for (size_t i = 0; i < sizeof(longer) / sizeof(longer[0]); i++) {
        uint64_t us = 99;

        assert_int_equal(duration_parse(longer[i], &us), -ERANGE);
        assert_int_equal(us, 99);
    }
}

static void printed_in_the_largest_unit(void **state)
{
    static const struct {
        uint64_t us;
        const char *text;
    } shown[] = {{0, "0us"},         {999, "999us"},     {1500, "1.5ms"},     {150000, "150ms"}, {15000000, "15s"},
                 {90000000, "1.5m"}, {3600000000, "1h"}, {12999999, "12.9s"}, {123456000, "2m"}};
    char text[32];
    (void)state;

    for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
        duration_print(shown[i].us, text, sizeof(text));
        assert_string_equal(text, shown[i].text);
    }
}

static void printed_exactly(void **state)
{
    static const struct {
        uint64_t us;
        const char *text;
    } shown[] = {{0, "0us"},
                 {1, "1us"},
                 {999, "999us"},
                 {1000, "1ms"},
                 {1500, "1500us"},
                 {12999999, "12999999us"},
                 {15000000, "15s"},
                 {90000000, "90s"},
                 {120000000, "2m"},
                 {3600000000, "1h"},
                 {3660000000, "61m"},
                 {DURATION_MAX_US, "8760h"},
                 {DURATION_MAX_US - 1, "31535999999999us"}};
    struct random random;
    char text[32];
    (void)state;

    for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
        duration_print_exact(shown[i].us, text, sizeof(text));
        assert_string_equal(text, shown[i].text);
    }
    random_seed(&random, 1);
    for (int i = 0; i < 10000; i++) {
        uint64_t scale = (const uint64_t[]){1, 1000, 1000000, 60000000, 3600000000}[i % 5], read;
        uint64_t us = random_below(&random, DURATION_MAX_US / scale + 1) * scale;

        duration_print_exact(us, text, sizeof(text));
        assert_int_equal(duration_parse(text, &read), 0);
        assert_true(read == us);
    }
}

RUN(T(units_and_decimals), T(refused_and_untouched), T(printed_in_the_largest_unit), T(printed_exactly))
