/* SPDX-License-Identifier: MIT */
/*
 * Golden bytes: a handshake between two nodes of OTP 25 (a@vm dials b@vm), and the older forms that still occur.
 */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "wire/handshake.h"

struct bytes_of {
    uint8_t data[512];
    size_t len;
};

static struct bytes_of hex(const char *text)
{
    struct bytes_of out = {.len = 0};
    char digits[3] = "";

    while (*text) {
        if (*text == ' ') {
            text++;
            continue;
        }
        memcpy(digits, text, 2);
        out.data[out.len++] = (uint8_t)strtol(digits, NULL, 16);
        text += 2;
    }
    return out;
}

#define NAME_A "0013 4e 0000000d07df7fbd 6b0360ef 0004 6140766d"
#define STATUS_OK_ "0003 736f6b"
#define CHALLENGE_B "0017 4e 0000000d07df7fbd cb7785da 6b0360ec 0004 6240766d"
#define REPLY "0015 72 0b446798 86b600112233445566778899aabb3017"
#define ACK "0011 61 723520125de0530223bb3e1afe02f63d"
#define FRAMES "0000000283ff 00000000"

/* Feeds all of it, in pieces that end at `first` and `second`. Returns the verdict that ended it, and what was used. */
static enum handshake_verdict feed(struct handshake *handshake, enum handshake_side side, const struct bytes_of *in,
                                   size_t first, size_t second, size_t *ret_used)
{
    const size_t ends[] = {first, second, in->len};
    enum handshake_verdict verdict = HANDSHAKE_MORE;
    size_t at = 0;

    for (size_t i = 0; i < 3; i++)
        while (at < ends[i]) {
            size_t used;
            uint8_t *piece = malloc(ends[i] - at); /* exactly so long, for the sanitizer */

            memcpy(piece, in->data + at, ends[i] - at);
            verdict = handshake_feed(handshake, side, piece, ends[i] - at, &used);
            free(piece);
            assert_true(used <= ends[i] - at);
            assert_true(verdict != HANDSHAKE_MORE || used == ends[i] - at);
            at += used;
            if (verdict >= HANDSHAKE_DONE) {
                *ret_used = at;
                return verdict;
            }
        }
    *ret_used = at;
    return verdict;
}

static void golden_split_anywhere(void **state)
{
    struct bytes_of dialer = hex(NAME_A REPLY FRAMES), acceptor = hex(STATUS_OK_ CHALLENGE_B ACK FRAMES);
    size_t frames = hex(FRAMES).len, used;
    (void)state;

    for (size_t first = 0; first <= acceptor.len; first++)
        for (size_t second = first; second <= acceptor.len; second += 3) {
            struct handshake handshake;
            size_t a = first < dialer.len ? first : dialer.len, b = second < dialer.len ? second : dialer.len;

            handshake_init(&handshake);
            assert_int_equal(feed(&handshake, FROM_DIALER, &dialer, a, b, &used), HANDSHAKE_DONE);
            assert_int_equal(used, dialer.len - frames);
            assert_int_equal(feed(&handshake, FROM_ACCEPTOR, &acceptor, first, second, &used), HANDSHAKE_DONE);
            assert_int_equal(used, acceptor.len - frames);
            assert_string_equal(handshake.dialer.name, "a@vm");
            assert_string_equal(handshake.acceptor.name, "b@vm");
            assert_int_equal(handshake.dialer.creation, 0x6b0360ef);
            assert_int_equal(handshake.acceptor.creation, 0x6b0360ec);
            assert_false(handshake_is_hidden(&handshake.dialer));
            assert_false(handshake_is_hidden(&handshake.acceptor));
        }
}

static enum handshake_verdict feed_all(struct handshake *handshake, enum handshake_side side, const char *text)
{
    struct bytes_of in = hex(text);
    size_t used;

    return feed(handshake, side, &in, in.len, in.len, &used);
}

static void old_messages_of_otp_22(void **state)
{
    struct handshake handshake;
    (void)state;

    handshake_init(&handshake);
    assert_int_equal(feed_all(&handshake, FROM_DIALER, "000b 6e 0005 07df7fbd 6140766d"), HANDSHAKE_MESSAGE);
    assert_string_equal(handshake.dialer.name, "a@vm");
    assert_int_equal(feed_all(&handshake, FROM_ACCEPTOR, STATUS_OK_ "000f 6e 0005 07df7fbc cb7785da 6240766d"),
                     HANDSHAKE_MESSAGE);
    assert_string_equal(handshake.acceptor.name, "b@vm");
    assert_true(handshake_is_hidden(&handshake.acceptor));
    assert_int_equal(feed_all(&handshake, FROM_DIALER, "0009 63 0000000d 6b0360ef" REPLY), HANDSHAKE_DONE);
    assert_true(handshake.dialer.flags == 0xd07df7fbd);
    assert_int_equal(handshake.dialer.creation, 0x6b0360ef);
}

static void alive_and_its_answer(void **state)
{
    struct handshake handshake;
    (void)state;

    handshake_init(&handshake);
    assert_int_equal(feed_all(&handshake, FROM_DIALER, NAME_A), HANDSHAKE_MESSAGE);
    assert_int_equal(feed_all(&handshake, FROM_ACCEPTOR, "0006 73616c697665"), HANDSHAKE_MESSAGE);
    assert_int_equal(feed_all(&handshake, FROM_DIALER, "0005 7374727565"), HANDSHAKE_MESSAGE);
    assert_int_equal(feed_all(&handshake, FROM_ACCEPTOR, CHALLENGE_B), HANDSHAKE_MESSAGE);
    assert_int_equal(feed_all(&handshake, FROM_DIALER, REPLY), HANDSHAKE_DONE);
    assert_int_equal(feed_all(&handshake, FROM_ACCEPTOR, ACK), HANDSHAKE_DONE);
}

static void refusing_words_are_relayed(void **state)
{
    static const char *const words[] = {"0004 736e6f6b", "000c 736e6f745f616c6c6f776564",
                                        "0010 736f6b5f73696d756c74616e656f7573", "0005 736e657721"};
    struct handshake handshake;
    (void)state;

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        handshake_init(&handshake);
        assert_int_equal(feed_all(&handshake, FROM_ACCEPTOR, words[i]), HANDSHAKE_MESSAGE);
    }
}

static void a_dynamic_name_comes_with_the_status(void **state)
{
    struct handshake handshake;
    (void)state;

    handshake_init(&handshake);
    assert_int_equal(feed_all(&handshake, FROM_DIALER, "0011 4e 0000000f07df7fbc 00000000 0002 766d"),
                     HANDSHAKE_MESSAGE);
    assert_string_equal(handshake.dialer.name, "");
    assert_false(handshake_is_hidden(&handshake.dialer)); /* nobody knows yet */
    assert_int_equal(feed_all(&handshake, FROM_ACCEPTOR, "0011 736e616d65643a 0004 5840766d 6b0360ef"),
                     HANDSHAKE_MESSAGE);
    assert_string_equal(handshake.dialer.name, "X@vm");
    assert_true(handshake_is_hidden(&handshake.dialer));
}

static void latin_1_names_become_utf_8(void **state)
{
    struct handshake handshake;
    (void)state;

    handshake_init(&handshake);
    assert_int_equal(feed_all(&handshake, FROM_DIALER, "0013 4e 0000000d07df7fbd 6b0360ef 0004 e940766d"),
                     HANDSHAKE_MESSAGE);
    assert_string_equal(handshake.dialer.name, "\xc3\xa9@vm");
}

static void no_handshake_is_raw(void **state)
{
    static const char *const raw[] = {"160301 0200 01", "474554202f", "0000", "0801", "0013 41", "00ff 73"};
    struct handshake handshake;
    (void)state;

    for (size_t i = 0; i < sizeof(raw) / sizeof(raw[0]); i++) {
        handshake_init(&handshake);
        assert_int_equal(feed_all(&handshake, FROM_DIALER, raw[i]), HANDSHAKE_RAW);
    }
    handshake_init(&handshake);
    assert_int_equal(feed_all(&handshake, FROM_DIALER, "00"), HANDSHAKE_MORE);
    handshake_init(&handshake);
    assert_int_equal(feed_all(&handshake, FROM_DIALER, "0013"), HANDSHAKE_MORE);
}

static void malformed(void **state)
{
    static const char *const dialers[] = {
        "0001 4e",                                         /* nothing behind the tag */
        "0013 4e 0000000d07df7fbd 6b0360ef 0005 6140766d", /* the name is longer than the message */
        "0010 4e 0000000d07df7fbd 6b0360ef 0001 61",       /* no host */
        "0013 4e 0000000d07df7fbd 6b0360ef 0004 61004076", /* a NUL */
        NAME_A "0001 78",                                  /* an unknown tag */
        NAME_A "0000",                                     /* an empty message */
        NAME_A "ffff",                                     /* an endless one */
        NAME_A "0002 7200",                                /* a reply without challenge and digest */
        NAME_A "0002 6300",                                /* a complement without flags */
    };
    static const char *const acceptors[] = {
        ACK,
        "0000",
        "ffff",
        "0001 79",
        STATUS_OK_ "0001 4e",
        STATUS_OK_ CHALLENGE_B "0002 6100",
        "0009 736e616d65643a 0004",
        "0007 736e616d65643a",
    };
    struct handshake handshake;
    (void)state;

    for (size_t i = 0; i < sizeof(dialers) / sizeof(dialers[0]); i++) {
        handshake_init(&handshake);
        assert_int_equal(feed_all(&handshake, FROM_DIALER, dialers[i]), HANDSHAKE_BAD);
        assert_non_null(handshake.reason);
    }
    for (size_t i = 0; i < sizeof(acceptors) / sizeof(acceptors[0]); i++) {
        handshake_init(&handshake);
        assert_int_equal(feed_all(&handshake, FROM_ACCEPTOR, acceptors[i]), HANDSHAKE_BAD);
    }
}

RUN(T(golden_split_anywhere), T(old_messages_of_otp_22), T(alive_and_its_answer), T(refusing_words_are_relayed),
    T(a_dynamic_name_comes_with_the_status), T(latin_1_names_become_utf_8), T(no_handshake_is_raw), T(malformed))
