/* SPDX-License-Identifier: MIT */
/* Terms as bytes, and the messages of two nodes. */
#include "unit.h"

#include <limits.h>
#include <string.h>

#include "wire/distribution.h"
#include "wire/handshake.h"

/* A text of bytes as what was received, without the NUL behind it. */
#define BYTES(text) bytes_over(text, sizeof(text) - 1)

static struct term whole(struct bytes in)
{
    struct term term;

    assert_true(term_take(&in, &term));
    assert_int_equal(in.left, 0);
    return term;
}

/*
 * term_to_binary() of OTP 25, of one term of each kind:
 *     {1, -1, 70000, 5000000000, 1 bsl 3000, 1.5, a, 'ö', <<"bin">>, <<1:3>>, "str", [], [1 | a], [x, [y]], #{k => v},
 *      fun lists:map/2}
 * the large number cut to its kind.
 */
static const char every_kind[] =
    "\x68\x10\x61\x01\x62\xff\xff\xff\xff\x62\x00\x01\x11\x70\x6e\x05\x00\x00\xf2\x05\x2a\x01"
    "\x6f\x00\x00\x00\x02\x00\x01\x02\x46\x3f\xf8\x00\x00\x00\x00\x00\x00\x77\x01"
    "a\x73\x01\xf6\x6d\x00\x00\x00\x03"
    "bin\x4d\x00\x00\x00\x01\x03\x20\x6b\x00\x03str\x6a\x6c\x00\x00\x00\x01\x61\x01\x77\x01"
    "a\x6c\x00\x00\x00\x02\x77\x01x\x6c\x00\x00\x00\x01\x77\x01y\x6a\x6a\x74\x00\x00\x00\x01\x77\x01k\x77\x01v"
    "\x71\x77\x05lists\x77\x03map\x61\x02";

/* And of what names a node: a pid, a port, references, old and new. */
static const char identifiers[] =
    "\x68\x07\x58\x77\x03"
    "a@b\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x07\x67\x77\x03"
    "a@b\x00\x00\x00\x01\x00\x00\x00\x00\x07\x78\x77\x03"
    "a@b\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x07\x59\x77\x03"
    "a@b\x00\x00\x00\x01\x00\x00\x00\x07\x66\x77\x03"
    "a@b\x00\x00\x00\x01\x07\x5a\x00\x03\x77\x03"
    "a@b\x00\x00\x00\x07\x00\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00\x03\x72\x00\x01\x77\x03"
    "a@b\x07\x00\x00\x00\x01";

static void terms_of_every_kind(void **state)
{
    struct term elements[16], pairs[1][2], terms[2] = {whole(BYTES(every_kind)), whole(BYTES(identifiers))};
    size_t len = 2;
    (void)state;

    assert_int_equal(term_tuple(&terms[0], elements, 16), 16);
    for (int i = 0; i < 16; i++)
        len += elements[i].len;
    assert_int_equal(len, terms[0].len);
    assert_int_equal(term_map(&elements[14], pairs, 1), 1);
    assert_true(term_is_atom(&pairs[0][0], "k") && term_is_atom(&pairs[0][1], "v"));
    assert_int_equal(term_map(&elements[13], pairs, 1), -1);
    assert_int_equal(term_tuple(&terms[1], elements, 16), 7);
    assert_true(term_is_pid(&elements[0]) && term_is_pid(&elements[1]) && !term_is_pid(&elements[2]));
    assert_true(term_is_pid_of(&elements[0], "a@b") && !term_is_pid_of(&elements[0], "a@c"));
    assert_false(term_is_pid_of(&elements[2], "a@b"));
    assert_true(term_is_reference(&elements[5]) && term_is_reference(&elements[6]) && !term_is_reference(&elements[4]));
}

/* Cut off anywhere it is none; nothing is read that is not there (the sanitizer looks on). */
static void terms_cut_off(void **state)
{
    const struct bytes all[] = {BYTES(every_kind), BYTES(identifiers)};
    (void)state;

    for (size_t i = 0; i < 2; i++)
        for (size_t len = 0; len < all[i].left; len++) {
            uint8_t *exact = test_malloc(len + 1);
            struct bytes in = bytes_over(exact, len);
            struct term term;

            memcpy(exact, all[i].at, len);
            assert_false(term_take(&in, &term));
            test_free(exact);
        }
}

static void terms_that_are_none(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
    } none[] = {
#define NONE(text) {text, sizeof(text) - 1}
        NONE("\x52\x00"),                             /* of the cache of atoms */
        NONE("\x50\x00\x00\x00\x00\x00"),             /* compressed */
        NONE("\x00"),                                 /* no tag */
        NONE("\x70\x00\x00\x00\x03"),                 /* a fun shorter than its size */
        NONE("\x6c\xff\xff\xff\xff\x6a"),             /* more elements than bytes */
        NONE("\x74\xff\xff\xff\xff\x6a\x6a"),         /* more pairs */
        NONE("\x58\x61\x01\x00\x00\x00\x00\x00\x00"), /* a pid of no node */
        NONE("\x6d\xff\xff\xff\xff"),                 /* a long binary */
        NONE("\x4d\xff\xff\xff\xff\x01"),             /* whose size and one more is none at all */
#undef NONE
    };
    (void)state;

    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        struct bytes in = bytes_over(none[i].bytes, none[i].len);
        struct term term;

        assert_false(term_take(&in, &term));
    }
}

/* A million lists in each other: no stack is used up. */
static void terms_nested(void **state)
{
    const size_t depth = 1000000, len = 5 * depth + 1 + depth;
    uint8_t *bytes = test_malloc(len), *at = bytes;
    struct term term;
    struct bytes in;
    (void)state;

    for (size_t i = 0; i < depth; i++)
        at = bytes_put(at, "\x6c\x00\x00\x00\x01", 5);
    memset(at, TERM_NIL, depth + 1);
    in = bytes_over(bytes, len);
    assert_true(term_take(&in, &term));
    assert_int_equal(term.len, len);
    test_free(bytes);
}

static void lists_and_tails(void **state)
{
    struct term proper = whole(BYTES("\x6c\x00\x00\x00\x02\x77\x01x\x61\x05\x6a"));
    struct term improper = whole(BYTES("\x6c\x00\x00\x00\x01\x77\x05"
                                       "alias\x77\x01r"));
    struct term string = whole(BYTES("\x6b\x00\x03\x01\x02\xff")), nil = whole(BYTES("\x6a"));
    struct term number_before = whole(BYTES("\x6c\x00\x00\x00\x01\x61\x05\x77\x01r"));
    struct term elements[2], tail;
    uint8_t room[2][2];
    int64_t number = 0;
    (void)state;

    assert_int_equal(term_list(&proper, elements, room, 2), 2);
    assert_true(term_is_atom(&elements[0], "x") && term_integer(&elements[1], &number));
    assert_int_equal(number, 5);
    assert_int_equal(term_list(&improper, elements, room, 2), -1);
    assert_true(term_tail(&improper, &tail) && term_is_atom(&tail, "r"));
    assert_int_equal(term_list(&string, elements, room, 2), 3);
    assert_true(term_integer(&elements[1], &number));
    assert_int_equal(number, 2);
    assert_int_equal(term_list(&nil, elements, room, 2), 0);
    assert_int_equal(term_list(&elements[0], elements, room, 2), -1);
    assert_false(term_tail(&nil, &tail));
    assert_false(term_tail(&proper, &tail)); /* tags of other forms are not walked through to their ends */
    assert_false(term_tail(&number_before, &tail));
}

static void numbers(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
        bool fits;
        int64_t value;
    } all[] = {
#define NUMBER(text, ...) {text, sizeof(text) - 1, __VA_ARGS__}
        NUMBER("\x61\xff", true, 255),
        NUMBER("\x62\x80\x00\x00\x00", true, INT32_MIN),
        NUMBER("\x6e\x05\x01\x00\xf2\x05\x2a\x01", true, -5000000000),
        NUMBER("\x6e\x08\x00\xff\xff\xff\xff\xff\xff\xff\x7f", true, INT64_MAX),
        NUMBER("\x6e\x08\x00\x00\x00\x00\x00\x00\x00\x00\x80", false, 0),
        NUMBER("\x6e\x09\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01", false, 0),
        NUMBER("\x77\x01"
               "1",
               false, 0),
#undef NUMBER
    };
    (void)state;

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        struct term term = whole(bytes_over(all[i].bytes, all[i].len));
        int64_t value = 0;

        assert_int_equal(term_integer(&term, &value), all[i].fits);
        assert_true(value == all[i].value);
    }
}

/* What OTP 25 sends for gen_server:call({epmdpxy, Node}, x), the pids and references made shorter. */
static const char sent[] = "\x70\x83\x68\x04\x61\x06\x58\x77\x03"
                           "a@b\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x07\x77\x00\x77\x07"
                           "epmdpxy\x83\x68\x03\x77\x09$gen_call\x6a\x77\x01x";

static void messages(void **state)
{
    struct distribution_message message;
    const char *reason = NULL;
    const size_t len = sizeof(sent) - 1;
    (void)state;

    assert_int_equal(distribution_decode((const uint8_t *)sent, len, &message, &reason), 0);
    assert_int_equal(message.operation, DISTRIBUTION_REG_SEND);
    assert_int_equal(message.arity, 4);
    assert_true(term_is_pid(&message.control[1]) && term_is_atom(&message.control[3], "epmdpxy"));
    assert_true(message.has_message);
    assert_int_equal(term_tuple(&message.message, message.control, 0), 3);
    for (size_t i = 1; i < len; i++) {
        bool alone = i == len - 18; /* the control message, whole, and nothing behind it */

        reason = NULL;
        assert_int_equal(distribution_decode((const uint8_t *)sent, i, &message, &reason), alone ? 0 : -1);
        assert_true(alone ? !message.has_message : reason != NULL);
    }
}

/* What we tell as an acceptor is what an onlooker reads. */
static void handshake_of_ours(void **state)
{
    uint8_t bytes[DISTRIBUTION_STATUS_MAX + DISTRIBUTION_CHALLENGE_MAX + DISTRIBUTION_ACK_BYTES];
    const uint8_t digest[DISTRIBUTION_DIGEST_BYTES] = {1, 2, 3};
    (void)state;

    for (int old = 0; old <= 1; old++) {
        struct handshake handshake;
        size_t len = distribution_put_named(bytes, "GIVEN@box", 77), used = 0, all = 0;

        handshake_init(&handshake);
        len += distribution_put_challenge(bytes + len, old, DISTRIBUTION_FLAGS, 0x01020304, 9, "ctl@box");
        len += distribution_put_ack(bytes + len, digest);
        assert_int_equal(handshake_feed(&handshake, FROM_ACCEPTOR, bytes, len, &used), HANDSHAKE_MESSAGE);
        all += used;
        assert_string_equal(handshake.dialer.name, "GIVEN@box");
        assert_int_equal(handshake_feed(&handshake, FROM_ACCEPTOR, bytes + all, len - all, &used), HANDSHAKE_MESSAGE);
        all += used;
        assert_string_equal(handshake.acceptor.name, "ctl@box");
        assert_true(handshake.acceptor.flags == (old ? (uint32_t)DISTRIBUTION_FLAGS : DISTRIBUTION_FLAGS));
        assert_true(handshake_is_hidden(&handshake.acceptor));
        assert_int_equal(handshake.acceptor.creation, old ? 0 : 9);
        assert_int_equal(handshake_feed(&handshake, FROM_ACCEPTOR, bytes + all, len - all, &used), HANDSHAKE_DONE);
        assert_int_equal(all + used, len);
    }
    assert_memory_equal(bytes, "\x00\x16snamed:", 9);
    assert_int_equal(distribution_put_status(bytes, "ok"), 5);
    assert_memory_equal(bytes, "\x00\x03sok", 5);
    assert_true((distribution_flags(DISTRIBUTION_FLAG_MANDATORY_25) & DISTRIBUTION_FLAGS_DEMANDED) ==
                DISTRIBUTION_FLAGS_DEMANDED);
    assert_true(distribution_flags(1) == 1);
}

RUN(T(terms_of_every_kind), T(terms_cut_off), T(terms_that_are_none), T(terms_nested), T(lists_and_tails), T(numbers),
    T(messages), T(handshake_of_ours))
