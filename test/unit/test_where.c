/* SPDX-License-Identifier: MIT */
#include "refusal_line.h"
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#include "base/where.h"

_Static_assert(WHERE_PATH_BYTES == sizeof(((struct sockaddr_un *)NULL)->sun_path), "what a path may have");

static void addresses(void **state)
{
    static const struct {
        const char *text, *host;
        int port;
    } good[] = {{"10.0.0.1:4370", "10.0.0.1", 4370},
                {"0.0.0.0:0", "0.0.0.0", 0},
                {"[::1]:65535", "::1", 65535},
                {"[fe80::1%eth0]:1", "fe80::1%eth0", 1},
                {"build-1.example.com:80", "build-1.example.com", 80}};
    static const char *const bad[] = {"",
                                      ":",
                                      ":80",
                                      "80",
                                      "host",
                                      "host:",
                                      "host:x",
                                      "host:65536",
                                      "host:-1",
                                      "host:1 ",
                                      "::1:4370",
                                      "[::1]",
                                      "[::1]4370",
                                      "[::1:4370",
                                      "[]:1",
                                      "a/b:1",
                                      "u@h:1",
                                      "a b:1",
                                      "http://localhost:4370",
                                      "unix",
                                      "/run/x",
                                      "localhost:4370/"};
    struct refusal refusal;
    struct where where;
    (void)state;

    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_int_equal(where_parse(good[i].text, &where, &refusal), 0);
        assert_string_equal(where.host, good[i].host);
        assert_int_equal(where.port, good[i].port);
        assert_string_equal(where.path, "");
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        if (where_parse(bad[i], &where, &refusal) != -EINVAL)
            fail_msg("%s", bad[i]);
}

static void paths(void **state)
{
    char text[5 + WHERE_PATH_BYTES + 1] = "unix:";
    struct refusal refusal;
    struct where where;
    (void)state;

    assert_int_equal(where_parse("unix:/run/a b:80", &where, &refusal), 0);
    assert_string_equal(where.path, "/run/a b:80");
    assert_string_equal(where.host, "");
    assert_int_equal(where_parse("unix:", &where, &refusal), -EINVAL);
    memset(text + 5, 'x', WHERE_PATH_BYTES - 1);
    assert_int_equal(where_parse(text, &where, &refusal), 0);
    assert_int_equal(strlen(where.path), WHERE_PATH_BYTES - 1);
    text[5 + WHERE_PATH_BYTES - 1] = 'x';
    assert_int_equal(where_parse(text, &where, &refusal), -EINVAL);
    assert_string_equal(line_of(&refusal), "the path is longer than 107 bytes, more than a socket can have");
}

RUN(T(addresses), T(paths))
