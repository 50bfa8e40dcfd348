/* SPDX-License-Identifier: MIT */
/* A handshake as a relay sees it: message by message, each of which may wait before it is passed on. */
#include "unit.h"

#include <string.h>

#include "base/bytes.h"
#include "model/identity.h"
#include "rules_of.h"

struct message {
    uint8_t data[200];
    size_t len;
};

static struct message message(const char *body, size_t len)
{
    struct message message = {.len = 2 + len};

    bytes_put(bytes_put_u16(message.data, (uint16_t)len), body, len);
    return message;
}

/* "N", flags, challenge (the acceptor's), creation, name. */
static struct message name_message(const char *name, uint64_t flags, bool challenge)
{
    struct message message = {.len = 2 + 15 + (challenge ? 4 : 0) + strlen(name)};
    uint8_t *at = bytes_put_u16(message.data, (uint16_t)(message.len - 2));

    at = bytes_put_u32(bytes_put_u32(bytes_put_u8(at, 'N'), (uint32_t)(flags >> 32)), (uint32_t)flags);
    if (challenge)
        at = bytes_put_u32(at, 0xcb7785da);
    bytes_put(bytes_put_u16(bytes_put_u32(at, 0x6b0360ef), (uint16_t)strlen(name)), name, strlen(name));
    return message;
}

#define REPLY message("r1234567890123456789X", 21)
#define ACK message("a123456789012345X", 17)

/* Shows it byte by byte what it wants, which ends with the message; the message waits then, and stands whole. */
static void observe(struct identity *identity, enum handshake_side side, struct message message)
{
    const char *reason = NULL;
    size_t at = 0, wanted;

    while ((wanted = identity_wanted(identity, side)) > 0) {
        assert_true(at + wanted <= message.len);
        assert_int_equal(identity_observe(identity, side, message.data + at, 1, &reason),
                         at + 1 < message.len ? HANDSHAKE_MORE : HANDSHAKE_MESSAGE);
        at++;
        assert_int_equal(identity_message(identity, side)->have, at);
    }
    assert_int_equal(at, message.len);
    assert_true(identity->waits[side] && identity_message(identity, side)->complete);
    assert_memory_equal(identity_message(identity, side)->bytes, message.data, message.len);
    assert_null(reason);
}

static void passes(struct identity *identity, enum handshake_side side, struct message message)
{
    observe(identity, side, message);
    identity_passed(identity, side);
    assert_false(identity->waits[side]);
}

static void a_whole_handshake(void **state)
{
    struct identity identity;
    (void)state;

    identity_init(&identity);
    assert_null(identity.dialer);
    observe(&identity, FROM_DIALER, name_message("a@h", 1, false));
    assert_string_equal(identity.dialer, "a@h"); /* known while it waits, so that rules may speak of it */
    assert_null(identity.acceptor);
    assert_int_equal(identity_message(&identity, FROM_DIALER)->stage, STAGE_name);
    assert_true(identity_wanted(&identity, FROM_ACCEPTOR) > 0); /* the other direction goes on */
    identity_passed(&identity, FROM_DIALER);
    passes(&identity, FROM_ACCEPTOR, message("sok", 3));
    observe(&identity, FROM_ACCEPTOR, name_message("b@h", 0, true));
    assert_string_equal(identity.acceptor, "b@h");
    assert_true(!identity.dialer_hidden && identity.acceptor_hidden);
    identity_passed(&identity, FROM_ACCEPTOR);

    observe(&identity, FROM_DIALER, REPLY);
    assert_false(identity.framed[FROM_DIALER]);
    identity_passed(&identity, FROM_DIALER);
    assert_true(identity.framed[FROM_DIALER] && !identity.framed[FROM_ACCEPTOR]);
    assert_int_equal(identity_wanted(&identity, FROM_DIALER), 0); /* frames: no longer ours */
    assert_non_null(identity.handshake);
    observe(&identity, FROM_ACCEPTOR, ACK);
    assert_int_equal(identity_message(&identity, FROM_ACCEPTOR)->stage, STAGE_ack);
    identity_passed(&identity, FROM_ACCEPTOR);
    assert_true(identity.framed[FROM_ACCEPTOR]);
    assert_null(identity.handshake);
    assert_int_equal(identity_wanted(&identity, FROM_ACCEPTOR), 0);
    assert_string_equal(identity.dialer, "a@h");
    assert_string_equal(identity.acceptor, "b@h");
    identity_done(&identity);
}

/* The acceptor's ack may pass before the dialer's reply was: each direction is watched by itself. */
static void an_ack_that_is_first(void **state)
{
    struct identity identity;
    (void)state;

    identity_init(&identity);
    passes(&identity, FROM_DIALER, name_message("a@h", 1, false));
    passes(&identity, FROM_ACCEPTOR, message("salive", 6));
    passes(&identity, FROM_DIALER, message("strue", 5));
    passes(&identity, FROM_ACCEPTOR, name_message("b@h", 1, true));
    observe(&identity, FROM_DIALER, REPLY);
    passes(&identity, FROM_ACCEPTOR, ACK);
    assert_non_null(identity.handshake);
    assert_true(identity.waits[FROM_DIALER]);
    identity_passed(&identity, FROM_DIALER);
    assert_null(identity.handshake);
    identity_done(&identity);
}

static void several_bytes_at_once(void **state)
{
    struct message name = name_message("a@h", 1, false);
    struct identity identity;
    const char *reason;
    size_t at = 0, wanted;
    (void)state;

    identity_init(&identity);
    for (; (wanted = identity_wanted(&identity, FROM_DIALER)) > 0; at += wanted)
        identity_observe(&identity, FROM_DIALER, name.data + at, wanted, &reason);
    assert_int_equal(at, name.len);
    assert_string_equal(identity.dialer, "a@h");
    identity_done(&identity);
}

/* A node without a name gets it from the acceptor. */
static void a_name_that_is_given(void **state)
{
    struct identity identity;
    (void)state;

    identity_init(&identity);
    passes(&identity, FROM_DIALER, name_message("h", HANDSHAKE_FLAG_NAME_ME, false));
    assert_null(identity.dialer);
    observe(&identity, FROM_ACCEPTOR, message("snamed:\0\3X@h\1\2\3\4", 16));
    assert_string_equal(identity.dialer, "X@h");
    assert_true(identity.dialer_hidden);
    identity_done(&identity);
}

static void no_handshake(void **state)
{
    static const uint8_t tls[] = {0x16, 0x03, 0x01};
    struct identity identity;
    const char *reason = NULL;
    (void)state;

    identity_init(&identity);
    assert_int_equal(identity_wanted(&identity, FROM_DIALER), 2);
    assert_int_equal(identity_observe(&identity, FROM_DIALER, tls, 2, &reason), HANDSHAKE_RAW);
    assert_int_equal(identity_message(&identity, FROM_DIALER)->have, 2); /* to be passed on */
    assert_memory_equal(identity_message(&identity, FROM_DIALER)->bytes, tls, 2);
    assert_null(reason);
    assert_null(identity.dialer);
    identity_forget_handshake(&identity);
    assert_int_equal(identity_wanted(&identity, FROM_DIALER), 0);
    assert_int_equal(identity_wanted(&identity, FROM_ACCEPTOR), 0);
    identity_done(&identity);
}

static void a_bad_one(void **state)
{
    struct message ack = ACK;
    struct identity identity;
    const char *reason = NULL;
    (void)state;

    identity_init(&identity);
    passes(&identity, FROM_DIALER, name_message("a@h", 1, false));
    assert_int_equal(identity_observe(&identity, FROM_ACCEPTOR, ack.data, 3, &reason), HANDSHAKE_MORE);
    assert_null(reason);
    assert_int_equal(identity_observe(&identity, FROM_ACCEPTOR, ack.data + 3, ack.len - 3, &reason), HANDSHAKE_BAD);
    assert_non_null(reason);
    assert_false(identity.waits[FROM_ACCEPTOR]);
    assert_string_equal(identity.dialer, "a@h");
    identity_done(&identity);
}

static void check_profiles(const struct identity *identity, const struct rules *rules, const char *registered,
                           bool to_acceptor, bool to_dialer)
{
    struct profile there, back;

    memset(&there, 0x5A, sizeof(there));
    memset(&back, 0x5A, sizeof(back));
    identity_profiles(identity, rules, PARTY(identity->dialer), PARTY(registered), &there, &back);
    assert_int_equal(there.mute, to_acceptor);
    assert_int_equal(back.mute, to_dialer);
}

static void what_the_rules_say(void **state)
{
    struct rules *rules = rules_new(NULL, NULL);
    struct rule_request one_way = request_of("mute", "a@h b@h"), by_dialer = request_of("mute", "c d");
    struct identity identity;
    (void)state;

    one_way.selector.one_way = true;
    by_dialer.selector.dialer = DIALER_FROM;
    add_request(rules, &one_way);
    add_request(rules, &by_dialer);

    identity_init(&identity);
    check_profiles(&identity, rules, "b", false, false); /* nobody knows who dials */
    passes(&identity, FROM_DIALER, name_message("a@h", 1, false));
    check_profiles(&identity, rules, "b", false, false); /* its host is not known, and not guessed */
    check_profiles(&identity, rules, "b@h", true, false);
    check_profiles(&identity, rules, "x@h", false, false);
    passes(&identity, FROM_ACCEPTOR, name_message("b@elsewhere", 1, true));
    check_profiles(&identity, rules, "b@h", false, false); /* it knows better */
    identity_done(&identity);

    identity_init(&identity); /* b dials a: what a sends comes back */
    passes(&identity, FROM_DIALER, name_message("b@h", 1, false));
    passes(&identity, FROM_ACCEPTOR, name_message("a@h", 1, true));
    check_profiles(&identity, rules, "a", false, true);
    identity_done(&identity);

    identity_init(&identity);
    passes(&identity, FROM_DIALER, name_message("c@h", 1, false));
    check_profiles(&identity, rules, "d", true, true);
    identity_done(&identity);
    identity_init(&identity);
    passes(&identity, FROM_DIALER, name_message("d@h", 1, false));
    check_profiles(&identity, rules, "c", false, false);
    identity_done(&identity);
    rules_free(rules);
}

RUN(T(a_whole_handshake), T(an_ack_that_is_first), T(several_bytes_at_once), T(a_name_that_is_given), T(no_handshake),
    T(a_bad_one), T(what_the_rules_say))
