/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <math.h>
#include <stdbool.h>

#include "base/random.h"

#define DRAWS 30000

static bool near(double a, double b, double within)
{
    return fabs(a - b) < within;
}

/* As published for xoshiro256**. */
static void the_algorithm(void **state)
{
    static const uint64_t drawn[] = {11520,
                                     0,
                                     1509978240,
                                     1215971899390074240,
                                     1216172134540287360,
                                     607988272756665600,
                                     16172922978634559625u,
                                     8476171486693032832,
                                     10595114339597558777u,
                                     2904607092377533576};
    struct random random = {{1, 2, 3, 4}};
    (void)state;

    for (size_t i = 0; i < sizeof(drawn) / sizeof(drawn[0]); i++)
        assert_true(random_next(&random) == drawn[i]);
}

/* The first is as published for splitmix64. */
static void the_seed_fills_the_state(void **state)
{
    static const uint64_t filled[] = {0xe220a8397b1dcdaf, 0x6e789e6aa1b965f4, 0x06c45d188009454f, 0xf88bb8a8724c81ec};
    struct random random;
    (void)state;

    random_seed(&random, 0);
    assert_memory_equal(random.state, filled, sizeof(filled));
}

static void same_seed_same_numbers(void **state)
{
    static const uint64_t next[] = {0x15780b2e0c2ec716, 0x6104d9866d113a7e, 0xae17533239e499a1, 0xecb8ad4703b360a1};
    static const uint64_t below_1000[] = {742, 102, 9, 193, 476, 584, 754, 407};
    static const double unit[] = {0.083862971059882274, 0.37898025066266861, 0.68004341102813937, 0.92469294532538771};
    static const double normal[] = {-1.6132237513849157, 0.78169204505734935, 0.015871293375985075,
                                    0.47721681843558189};
    struct random random;
    (void)state;

    random_seed(&random, 42);
    for (size_t i = 0; i < 4; i++)
        assert_true(random_next(&random) == next[i]);
    random_seed(&random, 42);
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(random_below(&random, 1000), below_1000[i]);
    random_seed(&random, 42);
    for (size_t i = 0; i < 4; i++)
        assert_true(random_unit(&random) == unit[i]);
    random_seed(&random, 42);
    for (size_t i = 0; i < 4; i++)
        assert_true(near(random_normal(&random), normal[i], 1e-12));
}

static void below_stays_below(void **state)
{
    struct random random;
    unsigned seen = 0;
    (void)state;

    random_seed(&random, 1);
    for (int i = 0; i < 100; i++)
        assert_int_equal(random_below(&random, 1), 0);
    for (int i = 0; i < 100; i++) {
        uint64_t drawn = random_below(&random, 3);

        assert_true(drawn < 3);
        seen |= 1u << drawn;
    }
    assert_int_equal(seen, 7);
    for (int i = 0; i < 100; i++)
        assert_true(random_below(&random, UINT64_MAX) < UINT64_MAX);
}

/* Three quarters of 2^64: a bare remainder would fall into the lowest third half of the time. */
static void below_is_unbiased(void **state)
{
    struct random random;
    int low = 0;
    (void)state;

    random_seed(&random, 2);
    for (int i = 0; i < DRAWS; i++)
        low += random_below(&random, 3ULL << 62) < 1ULL << 62;
    assert_true(near(low / (double)DRAWS, 1 / 3.0, 0.01));
}

/* The states are made such that the next number is all ones, or zero: state[1] * 5, rotated, * 9. */
static void unit_never_reaches_its_ends(void **state)
{
    struct random zero = {{1, 0, 0, 0}}, ones = {{1, 0, 0, 0}};
    uint64_t fifth = 0xcccccccccccccccd, ninth = 0x8e38e38e38e38e39; /* 5 and 9 times this is 1 */
    uint64_t rotated = ninth * UINT64_MAX;
    (void)state;

    ones.state[1] = fifth * (rotated >> 7 | rotated << 57);
    assert_true(random_next(&(struct random){{1, ones.state[1], 0, 0}}) == UINT64_MAX);
    assert_true(random_unit(&ones) < 1);
    assert_true(random_unit(&zero) > 0);
}

static void normal_is_normal(void **state)
{
    double sum = 0, squares = 0;
    struct random random;
    int far = 0;
    (void)state;

    random_seed(&random, 3);
    for (int i = 0; i < DRAWS; i++) {
        double drawn = random_normal(&random);

        sum += drawn;
        squares += drawn * drawn;
        far += fabs(drawn) > 2;
    }
    assert_true(near(sum / DRAWS, 0, 0.03));
    assert_true(near(squares / DRAWS, 1, 0.03));
    assert_true(near(far / (double)DRAWS, 0.0455, 0.005)); /* beyond two standard deviations */
}

RUN(T(the_algorithm), T(the_seed_fills_the_state), T(same_seed_same_numbers), T(below_stays_below),
    T(below_is_unbiased), T(unit_never_reaches_its_ends), T(normal_is_normal))
