/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <string.h>

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

/* What each way asks for: the first fault of a request is the one that is told. */
static void ways(void **state)
{
    static const char token[] = "0123456789abcdef", bearer[] = "Bearer 0123456789abcdef";
    static const struct {
        unsigned status;
        struct guard_request request;
    } rows[] = {
        {200, {.way = WAY_UNIX, .host = "whatever"}},
        {200,
         {.way = WAY_UNIX, .local = true, .host = "localhost", .has_body = true, .content_type = "application/json"}},
        {400, {.way = WAY_UNIX}},
        {400, {.way = WAY_UNIX, .host = "localhost", .repeated = "Host"}},
        {403, {.way = WAY_UNIX, .host = "localhost", .origin = "http://example.com"}},
        {415, {.way = WAY_UNIX, .host = "localhost", .has_body = true}},

        {200, {.way = WAY_ADDRESS, .host = "build-1.example.com:4370", .authorization = bearer}},
        {200, {.way = WAY_ADDRESS, .host = "h", .authorization = "bearer   0123456789abcdef"}},
        {401, {.way = WAY_ADDRESS, .host = "localhost", .local = true}},
        {401, {.way = WAY_ADDRESS, .host = "h", .authorization = ""}},
        {401, {.way = WAY_ADDRESS, .host = "h", .authorization = "Bearer"}},
        {401, {.way = WAY_ADDRESS, .host = "h", .authorization = "Bearer "}},
        {401, {.way = WAY_ADDRESS, .host = "h", .authorization = token}},
        {401, {.way = WAY_ADDRESS, .host = "h", .authorization = "Basic 0123456789abcdef"}},
        {401, {.way = WAY_ADDRESS, .host = "h", .authorization = "Bearer 0123456789abcdeF"}},
        {401, {.way = WAY_ADDRESS, .host = "h", .authorization = "Bearer 0123456789abcdef0"}},
        {401, {.way = WAY_ADDRESS, .host = "h", .authorization = "Bearer 0123456789abcdef "}},
        {401, {.way = WAY_ADDRESS, .host = "h", .origin = "http://example.com", .has_body = true}},
        {400, {.way = WAY_ADDRESS, .host = "h", .authorization = bearer, .repeated = "Authorization"}},
        {400, {.way = WAY_ADDRESS, .authorization = bearer}},
        {403, {.way = WAY_ADDRESS, .host = "h", .authorization = bearer, .origin = "http://example.com"}},
        {415, {.way = WAY_ADDRESS, .host = "h", .authorization = bearer, .has_body = true}},

        {403, {.way = WAY_PORT, .host = "localhost", .authorization = bearer}},
        {400, {.way = WAY_PORT, .local = true, .host = "localhost", .repeated = "Host"}},
        {421, {.way = WAY_PORT, .local = true, .host = "build-1.example.com", .authorization = bearer}},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct guard_request request = rows[i].request;
        struct refusal refusal;

        request.token = request.way == WAY_ADDRESS ? token : NULL;
        if (guard_check(&request, &refusal) != rows[i].status)
            fail_msg("row %zu", i);
        assert_true(rows[i].status == 200 || !strstr(refusal.text, token));
    }
}

RUN(T(ways), T(hosts), T(origins), T(content_types), T(what_is_accepted))
