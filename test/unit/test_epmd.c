/* SPDX-License-Identifier: MIT */
/* The whole protocol is held against the stock daemon in test/conformance; here are the edges of the decoder. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "wire/epmd.h"

/* An ALIVE2_REQ behind its length, with these two fields. */
static size_t alive(uint8_t *to, const void *name, size_t name_len, size_t extra_len)
{
    uint8_t *at = to;

    memcpy(at, "\x78\x4e\x21\x4d\x00\x00\x06\x00\x05", 9);
    at += 9;
    *at++ = (uint8_t)(name_len >> 8);
    *at++ = (uint8_t)name_len;
    memcpy(at, name, name_len);
    at += name_len;
    *at++ = (uint8_t)(extra_len >> 8);
    *at++ = (uint8_t)extra_len;
    memset(at, 'E', extra_len);
    return (size_t)(at - to) + extra_len;
}

static enum epmd_verdict decode(const void *body, size_t len, struct epmd_request *ret)
{
    uint8_t *copy = malloc(len); /* exactly so long: the sanitizer sees a read beyond it */
    const char *reason;
    enum epmd_verdict verdict;

    memcpy(copy, body, len);
    verdict = epmd_decode(copy, len, ret, &reason);
    assert_true((verdict == EPMD_OK) == (reason == NULL));
    if (verdict == EPMD_OK && ret->opcode == EPMD_ALIVE)
        assert_ptr_equal(ret->node.name, copy + 11);
    free(copy);
    return verdict;
}

static void sizes(void **state)
{
    (void)state;
    assert_int_equal(epmd_request_size((const uint8_t *)"", 0), 0);
    assert_int_equal(epmd_request_size((const uint8_t *)"\x00", 1), 0);
    assert_int_equal(epmd_request_size((const uint8_t *)"\x00\x00", 2), -1);
    assert_int_equal(epmd_request_size((const uint8_t *)"\x00\x01", 2), 3);
    assert_int_equal(epmd_request_size((const uint8_t *)"\x0b\xf1", 2), 3059);
    assert_int_equal(epmd_request_size((const uint8_t *)"\x0b\xf2", 2), -1);
    assert_int_equal(epmd_request_size((const uint8_t *)"GET ", 4), -1);
}

static void a_node_registers(void **state)
{
    struct epmd_request request;
    uint8_t body[64];
    (void)state;

    assert_int_equal(decode(body, alive(body, "foo", 3, 2), &request), EPMD_OK);
    assert_int_equal(request.opcode, EPMD_ALIVE);
    assert_int_equal(request.node.port, 20001);
    assert_int_equal(request.node.type, 77);
    assert_int_equal(request.node.version_high, 6);
    assert_int_equal(request.node.version_low, 5);
    assert_int_equal(request.node.name_len, 3);
    assert_int_equal(request.node.extra_len, 2);
}

static void every_truncation_is_bad(void **state)
{
    struct epmd_request request;
    uint8_t body[64];
    size_t len = alive(body, "foo", 3, 2);
    (void)state;

    for (size_t cut = 1; cut < len; cut++)
        assert_int_equal(decode(body, cut, &request), EPMD_BAD);
}

static void refusals(void **state)
{
    struct epmd_request request;
    uint8_t body[4096], name[1100];
    (void)state;

    memset(name, 'n', sizeof(name));
    assert_int_equal(decode(body, alive(body, name, 255, 0), &request), EPMD_OK);
    assert_int_equal(decode(body, alive(body, name, 256, 0), &request), EPMD_REFUSED);
    assert_int_equal(decode(body, alive(body, name, 1021, 0), &request), EPMD_REFUSED);
    assert_int_equal(decode(body, alive(body, "a\xe9", 2, 0), &request), EPMD_REFUSED);
    assert_int_equal(decode(body, alive(body, "a", 1, 1020), &request), EPMD_OK);
    assert_int_equal(decode(body, alive(body, "a", 1, 1021), &request), EPMD_REFUSED);
    assert_int_equal(decode(body, alive(body, "a\0b", 3, 0), &request), EPMD_BAD);
    assert_int_equal(decode(body, alive(body, "", 0, 0), &request), EPMD_BAD);
    assert_int_equal(decode(body, alive(body, "", 0, 1), &request), EPMD_OK);
}

static void lookups(void **state)
{
    struct epmd_request request;
    char longest[256] = "z";
    (void)state;

    assert_int_equal(decode("zfoo", 4, &request), EPMD_OK);
    assert_int_equal(request.node.name_len, 3);
    assert_int_equal(decode("zfoo\0", 5, &request), EPMD_OK);
    assert_int_equal(request.node.name_len, 3);
    assert_int_equal(decode("zfoo\0\0", 6, &request), EPMD_BAD);
    assert_int_equal(decode("z", 1, &request), EPMD_BAD);
    assert_int_equal(decode("z\0", 2, &request), EPMD_BAD);
    assert_int_equal(decode("z\xe9", 2, &request), EPMD_BAD);
    memset(longest + 1, 'n', 255);
    assert_int_equal(decode(longest, 255, &request), EPMD_OK);
    assert_int_equal(decode(longest, 256, &request), EPMD_BAD);
}

static void alive_replies(void **state)
{
    uint8_t to[EPMD_ALIVE_REPLY_MAX];
    (void)state;

    assert_int_equal(epmd_put_alive_reply(to, 6, true, 0x6b036746), 6);
    assert_memory_equal(to, "\x76\x00\x6b\x03\x67\x46", 6);
    assert_int_equal(epmd_put_alive_reply(to, 6, false, 0), 6);
    assert_memory_equal(to, "\x76\x01\x00\x00\x00\x63", 6);
    assert_int_equal(epmd_put_alive_reply(to, 5, false, 0), 4);
    assert_memory_equal(to, "\x79\x01\x00\x63", 4);
    for (uint32_t creation = 4; creation < 10; creation++) {
        assert_int_equal(epmd_put_alive_reply(to, 5, true, creation), 4);
        assert_int_equal(to[2], 0);
        assert_int_equal(to[3], creation % 3 + 1);
    }
}

RUN(T(sizes), T(a_node_registers), T(every_truncation_is_bad), T(refusals), T(lookups), T(alive_replies))
