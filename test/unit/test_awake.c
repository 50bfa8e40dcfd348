/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "loop/awake.h"

#define LIMIT_US 50
#define START_US 1000000

static char path[] = "/tmp/awake-XXXXXX";

/* As the kernel writes it. */
static void delayed_ms(unsigned ms)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fprintf(file, "123456789 %u000000 42\n", ms);
    fclose(file);
}

static struct awake *one(void **state)
{
    (void)state;
    delayed_ms(0);
    return awake_new(LIMIT_US, path);
}

static void make_quick(struct awake *awake)
{
    for (int i = 0; i < 100; i++)
        awake_learn(awake, 10);
}

static void it_pays_once_much_has_come_quickly(void **state)
{
    struct awake *awake = one(state);
    int needed = 0;

    while (awake_for_us(awake, START_US) == 0 && needed < 100) {
        awake_learn(awake, 10);
        needed++;
    }
    assert_in_range(needed, 2, 40);
    assert_int_equal(awake_for_us(awake, START_US), LIMIT_US);
    awake_free(awake);
}

static void it_does_not_when_little_comes(void **state)
{
    struct awake *awake = one(state);

    for (int i = 0; i < 1000; i++) {
        awake_learn(awake, 3 * LIMIT_US);
        assert_int_equal(awake_for_us(awake, START_US), 0);
    }
    make_quick(awake);
    assert_int_equal(awake_for_us(awake, START_US), LIMIT_US);
    awake_learn(awake, 3600000000); /* an hour's silence is no more than a long pause */
    assert_int_equal(awake_for_us(awake, START_US), 0);
    make_quick(awake);
    assert_int_equal(awake_for_us(awake, START_US), LIMIT_US);
    awake_free(awake);
}

static void it_rests_while_others_want_the_processor(void **state)
{
    struct awake *awake = one(state);
    uint64_t now_us = START_US;

    make_quick(awake);
    assert_int_equal(awake_for_us(awake, now_us), LIMIT_US);
    now_us += 100000;
    delayed_ms(4); /* of 100 */
    assert_int_equal(awake_for_us(awake, now_us), LIMIT_US);
    now_us += 100000;
    delayed_ms(4 + 6);
    assert_int_equal(awake_for_us(awake, now_us), 0);
    assert_int_equal(awake_for_us(awake, now_us + 99999), 0);
    now_us += 100000;
    assert_int_equal(awake_for_us(awake, now_us), LIMIT_US);
    awake_free(awake);
}

static void it_never_pays_where_the_kernel_does_not_tell(void **state)
{
    struct awake *awake = awake_new(LIMIT_US, "/nowhere/schedstat");
    (void)state;

    make_quick(awake);
    assert_int_equal(awake_for_us(awake, START_US), 0);
    awake_free(awake);

    awake = one(state);
    assert_int_equal(truncate(path, 0), 0);
    make_quick(awake);
    assert_int_equal(awake_for_us(awake, START_US), 0);
    awake_free(awake);
    awake_free(NULL);
}

static int make_file(void **state)
{
    int fd = mkstemp(path);
    (void)state;

    return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {T(it_pays_once_much_has_come_quickly), T(it_does_not_when_little_comes),
                                       T(it_rests_while_others_want_the_processor),
                                       T(it_never_pays_where_the_kernel_does_not_tell)};

    return cmocka_run_group_tests(tests, make_file, remove_file);
}
