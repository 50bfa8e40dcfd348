/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "base/refusal.h"
#include "control/guard.h"

static unsigned status_of(bool local, const char *host, const char *origin, bool has_body, const char *type)
{
    struct guard_request request = {
        .local = local, .has_body = has_body, .host = host, .origin = origin, .content_type = type};
    struct refusal refusal;

    return guard_check(&request, &refusal);
}

static void hosts(void **state)
{
    static const char *const own[] = {"localhost", "localhost:4369", "LOCALHOST:1", "127.0.0.1:4369",
                                      "10.1.2.3",  "[::1]:4369",     "[::1]"};
    static const char *const foreign[] = {
        "",     ":4369", "example.com",       "localhost.example.com:4369", "127.0.0.1.example.com",
        "[::1", "[]",    "[example.com]:4369"};
    (void)state;

    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
        assert_int_equal(status_of(true, own[i], NULL, false, NULL), 200);
    for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++)
        assert_int_equal(status_of(true, foreign[i], NULL, false, NULL), 421);
    assert_int_equal(status_of(true, NULL, NULL, false, NULL), 400);
    assert_int_equal(status_of(false, "localhost", NULL, false, NULL), 403);
}

static void origins(void **state)
{
    (void)state;
    assert_int_equal(status_of(true, "localhost:4369", "http://localhost:4369", false, NULL), 200);
    assert_int_equal(status_of(true, "localhost:4369", "http://localhost:8080", false, NULL), 403);
    assert_int_equal(status_of(true, "localhost:4369", "http://example.com", false, NULL), 403);
    assert_int_equal(status_of(true, "localhost:4369", "https://localhost:4369", false, NULL), 403);
    assert_int_equal(status_of(true, "localhost:4369", "null", false, NULL), 403);
}

static void content_types(void **state)
{
    (void)state;
    assert_int_equal(status_of(true, "localhost", NULL, true, "application/json"), 200);
    assert_int_equal(status_of(true, "localhost", NULL, true, "Application/JSON; charset=utf-8"), 200);
    assert_int_equal(status_of(true, "localhost", NULL, true, NULL), 415);
    assert_int_equal(status_of(true, "localhost", NULL, true, "text/plain"), 415);
    assert_int_equal(status_of(true, "localhost", NULL, true, "application/jsonx"), 415);
    assert_int_equal(status_of(true, "localhost", NULL, true, "application/x-www-form-urlencoded"), 415);
    assert_int_equal(status_of(true, "localhost", NULL, false, "text/plain"), 200);
}

static void what_is_accepted(void **state)
{
    static const char *const yes[] = {"text/event-stream", "Text/Event-Stream;q=0.5", "text/html,text/event-stream",
                                      "text/html ;q=1 ,\ttext/event-stream , */*"};
    static const char *const no[] = {NULL, "", ",", "text/event-streams", "text/html;text/event-stream", "*/*"};
    (void)state;

    for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
        assert_true(guard_accepts(yes[i], "text/event-stream"));
    for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
        assert_false(guard_accepts(no[i], "text/event-stream"));
}

RUN(T(hosts), T(origins), T(content_types), T(what_is_accepted))
