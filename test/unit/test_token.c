/* SPDX-License-Identifier: MIT */
#include "refusal_line.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/token.h"

static const char good[] = "0123456789abcdef";

static void what_is_one(void **state)
{
    char longest[TOKEN_BYTES], longer[TOKEN_BYTES + 1];
    struct refusal refusal;
    const char *bad[] = {
        "", "0123456789abcde", longer, "0123456789abcdef ", "0123456789abcde\n", "0123456789abcd\xc3\xa4"};
    (void)state;

    memset(longest, 'x', sizeof(longest));
    longest[TOKEN_BYTES - 1] = 0;
    memset(longer, 'x', sizeof(longer));
    longer[TOKEN_BYTES] = 0;
    assert_int_equal(token_check(good, &refusal), 0);
    assert_int_equal(token_check("azAZ09-._~+/=====", &refusal), 0);
    assert_int_equal(token_check(longest, &refusal), 0);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(token_check(bad[i], &refusal), -EINVAL);
        assert_true(!*bad[i] || !strstr(line_of(&refusal), bad[i]));
    }
}

static void the_same_and_no_other(void **state)
{
    char token[TOKEN_BYTES], longer[2 * TOKEN_BYTES];
    (void)state;

    memset(token, 'x', sizeof(token));
    token[TOKEN_BYTES - 1] = 0;
    memset(longer, 'x', sizeof(longer));
    longer[sizeof(longer) - 1] = 0;
    assert_true(token_is(good, good));
    assert_true(token_is(token, token));
    assert_false(token_is(token, longer));
    assert_false(token_is(good, ""));
    assert_false(token_is(good, "0123456789abcde"));
    assert_false(token_is(good, "0123456789abcdef0"));
    assert_false(token_is(good, "0123456789abcdeF"));
    assert_false(token_is(good, "1123456789abcdef"));
}

static char path[] = "/tmp/epmdpxy-token-XXXXXX";

/* What is read from a file of such bytes; NULL: nothing, and the refusal names the file and does not show the token. */
static const char *read_from(const char *bytes, size_t len, mode_t mode)
{
    static char token[TOKEN_BYTES];
    struct refusal refusal;
    int fd, status;

    strcpy(path + strlen(path) - 6, "XXXXXX");
    fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, len), len);
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
    status = token_read(path, token, &refusal);
    unlink(path);
    if (status == 0)
        return token;
    assert_non_null(strstr(line_of(&refusal), path));
    assert_null(strstr(line_of(&refusal), "0123"));
    return NULL;
}

static void files(void **state)
{
    char text[TOKEN_BYTES + 10];
    struct refusal refusal;
    char token[TOKEN_BYTES];
    (void)state;

    memset(text, 'x', sizeof(text));
    assert_string_equal(read_from("0123456789abcdef", 16, 0600), good);
    assert_string_equal(read_from("0123456789abcdef\n", 17, 0400), good);
    assert_string_equal(read_from("0123456789abcdef\r\n", 18, 0600), good);
    assert_null(read_from("0123456789abcdef\n\n", 18, 0600));
    assert_null(read_from("0123456789abcdef\n0123456789abcdef\n", 34, 0600));
    assert_null(read_from("0123456789abcdef\0", 17, 0600));
    assert_null(read_from("", 0, 0600));
    assert_null(read_from("\n", 1, 0600));
    for (mode_t others = 1; others < 0100; others <<= 1)
        assert_null(read_from("0123456789abcdef\n", 17, 0600 | others));
    text[TOKEN_BYTES - 1] = '\n';
    assert_int_equal(strlen(read_from(text, TOKEN_BYTES, 0600)), TOKEN_BYTES - 1);
    text[TOKEN_BYTES - 1] = 'x';
    for (size_t len = TOKEN_BYTES; len < sizeof(text); len++)
        assert_null(read_from(text, len, 0600));
    assert_int_equal(token_read("/nowhere/token", token, &refusal), -ENOENT);
    assert_int_equal(token_read("/tmp", token, &refusal), -EINVAL);
}

RUN(T(what_is_one), T(the_same_and_no_other), T(files))
