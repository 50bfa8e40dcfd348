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

/* ---- message by message ---- */

/*
 * Feeds never more than what is wanted, as a relay does that leaves the rest where it is. Checks that each message
 * stands whole in the half, and returns the stages as letters: n s c r a, and - for others.
 */
static const char *stages(struct handshake *handshake, enum handshake_side side, const char *text, size_t most)
{
    static char letters[20];
    struct bytes_of in = hex(text);
    size_t at = 0, begin = 0, count = 0;

    while (at < in.len) {
        size_t wanted = handshake_wanted(handshake, side), used;
        enum handshake_verdict verdict;

        assert_true(wanted > 0);
        wanted = wanted < most ? wanted : most;
        assert_true(wanted <= in.len - at);
        verdict = handshake_feed(handshake, side, in.data + at, wanted, &used);
        assert_int_equal(used, wanted);
        at += used;
        assert_int_equal(handshake->halves[side].have, at - begin);
        assert_memory_equal(handshake->halves[side].bytes, in.data + begin, at - begin);
        assert_int_equal(handshake->halves[side].complete, verdict != HANDSHAKE_MORE);
        if (verdict == HANDSHAKE_MORE)
            continue;
        assert_int_equal(verdict == HANDSHAKE_DONE, at == in.len && handshake->halves[side].stage >= STAGE_reply &&
                                                        handshake->halves[side].stage <= STAGE_ack);
        letters[count++] = "nscra-"[handshake->halves[side].stage];
        begin = at;
    }
    assert_int_equal(begin, at);
    letters[count] = 0;
    return letters;
}

static void no_more_is_wanted_than_the_message(void **state)
{
    static const struct {
        const char *dialer, *dialer_stages, *acceptor, *acceptor_stages;
    } handshakes[] = {
        {NAME_A REPLY, "nr", STATUS_OK_ CHALLENGE_B ACK, "sca"},
        {"000b 6e 0005 07df7fbd 6140766d 0009 63 0000000d 6b0360ef" REPLY, "n-r",
         STATUS_OK_ "000f 6e 0005 07df7fbc cb7785da 6240766d" ACK, "sca"},
        {NAME_A "0005 7374727565" REPLY, "n-r", "0006 73616c697665" CHALLENGE_B ACK, "sca"}, /* alive, true */
        {"0011 4e 0000000f07df7fbc 00000000 0002 766d" REPLY, "nr",
         "0011 736e616d65643a 0004 5840766d 6b0360ef" CHALLENGE_B ACK, "sca"}, /* named: */
    };
    (void)state;

    for (size_t i = 0; i < sizeof(handshakes) / sizeof(handshakes[0]); i++)
        for (size_t most = 1; most < 30; most++) {
            struct handshake handshake;

            handshake_init(&handshake);
            assert_string_equal(stages(&handshake, FROM_DIALER, handshakes[i].dialer, most),
                                handshakes[i].dialer_stages);
            assert_string_equal(stages(&handshake, FROM_ACCEPTOR, handshakes[i].acceptor, most),
                                handshakes[i].acceptor_stages);
        }
}

static void wanted_at_each_byte(void **state)
{
    static const size_t wanted[] = {2, 1, 1, 2, 1};
    struct bytes_of in = hex(STATUS_OK_);
    struct handshake handshake;
    size_t used;
    (void)state;

    handshake_init(&handshake);
    for (size_t i = 0; i < in.len; i++) {
        assert_int_equal(handshake_wanted(&handshake, FROM_ACCEPTOR), wanted[i]);
        assert_int_equal(handshake_wanted(&handshake, FROM_DIALER), 2);
        assert_int_equal(handshake_feed(&handshake, FROM_ACCEPTOR, in.data + i, 1, &used),
                         i + 1 < in.len ? HANDSHAKE_MORE : HANDSHAKE_MESSAGE);
    }
    assert_int_equal(handshake_wanted(&handshake, FROM_ACCEPTOR), 2);
}

/* ---- flags ---- */

/* Feeds one message, clears flags, and compares all that stands there. */
static void cleared(struct handshake *handshake, enum handshake_side side, const char *text, uint64_t flags,
                    const char *expected)
{
    struct bytes_of in = hex(text), out = hex(expected);
    size_t used;

    assert_true(handshake_feed(handshake, side, in.data, in.len, &used) <= HANDSHAKE_DONE);
    assert_int_equal(used, in.len);
    handshake_clear_flags(handshake, side, flags);
    assert_int_equal(handshake->halves[side].have, in.len);
    assert_memory_equal(handshake->halves[side].bytes, out.data, out.len);
    assert_int_equal(out.len, in.len);
    handshake_clear_flags(handshake, side, flags); /* once more changes nothing */
    assert_memory_equal(handshake->halves[side].bytes, out.data, out.len);
}

#define FLAG(bit) (UINT64_C(1) << (bit))

static void flags_are_cleared_in_both_directions(void **state)
{
    const uint64_t flags = FLAG(0) | FLAG(23) | FLAG(32) | FLAG(35); /* published, fragments, spawn, alias */
    struct handshake handshake;
    (void)state;

    handshake_init(&handshake);
    cleared(&handshake, FROM_DIALER, NAME_A, flags, "0013 4e 00000004075f7fbc 6b0360ef 0004 6140766d");
    cleared(&handshake, FROM_ACCEPTOR, STATUS_OK_, UINT64_MAX, STATUS_OK_);
    cleared(&handshake, FROM_ACCEPTOR, CHALLENGE_B, flags, "0017 4e 00000004075f7fbc cb7785da 6b0360ec 0004 6240766d");
    cleared(&handshake, FROM_DIALER, REPLY, UINT64_MAX, REPLY);
    cleared(&handshake, FROM_ACCEPTOR, ACK, UINT64_MAX, ACK);
    assert_int_equal(handshake_feed(&handshake, FROM_DIALER, NULL, 0, &(size_t){0}), HANDSHAKE_MORE);
}

static void old_messages_have_their_flags_in_two_places(void **state)
{
    const uint64_t flags = FLAG(0) | FLAG(23) | FLAG(32) | FLAG(35);
    struct handshake handshake;
    (void)state;

    handshake_init(&handshake);
    cleared(&handshake, FROM_DIALER, "000b 6e 0005 07df7fbd 6140766d", flags, "000b 6e 0005 075f7fbc 6140766d");
    cleared(&handshake, FROM_ACCEPTOR, "000f 6e 0005 07df7fbd cb7785da 6240766d", flags,
            "000f 6e 0005 075f7fbc cb7785da 6240766d");
    cleared(&handshake, FROM_DIALER, "0009 63 0000000d 6b0360ef", flags, "0009 63 00000004 6b0360ef");
}

static void each_flag_by_itself(void **state)
{
    (void)state;

    for (unsigned bit = 0; bit < 64; bit++)
        for (int old = 0; old < 2; old++) {
            struct bytes_of in = hex(old ? "000b 6e 0005 ffffffff 6140766d 0009 63 ffffffff ffffffff"
                                         : "0013 4e ffffffffffffffff ffffffff 0004 6140766d");
            size_t used, at = 0,
                         byte = old ? (bit < 32 ? 5 + 3 - bit / 8 : 13 + 3 + 3 - (bit - 32) / 8) : 3 + 7 - bit / 8;
            struct handshake handshake;

            handshake_init(&handshake);
            while (at < in.len) {
                const struct handshake_half *half = &handshake.halves[FROM_DIALER];

                assert_int_equal(handshake_feed(&handshake, FROM_DIALER, in.data + at, in.len - at, &used),
                                 HANDSHAKE_MESSAGE);
                handshake_clear_flags(&handshake, FROM_DIALER, FLAG(bit));
                for (size_t i = 0; i < used; i++)
                    assert_int_equal(half->bytes[i], in.data[at + i] & ~(at + i == byte ? 1U << bit % 8 : 0U));
                at += used;
            }
        }
}

/* Flags are those of a whole message: half of one is left as it is. */
static void half_a_message_is_left_alone(void **state)
{
    struct bytes_of in = hex(NAME_A);
    (void)state;

    for (size_t len = 1; len < in.len; len++) {
        struct handshake handshake;
        size_t used;

        handshake_init(&handshake);
        assert_int_equal(handshake_feed(&handshake, FROM_DIALER, in.data, len, &used), HANDSHAKE_MORE);
        handshake_clear_flags(&handshake, FROM_DIALER, UINT64_MAX);
        assert_memory_equal(handshake.halves[FROM_DIALER].bytes, in.data, len);
    }
}

RUN(T(golden_split_anywhere), T(old_messages_of_otp_22), T(alive_and_its_answer), T(refusing_words_are_relayed),
    T(a_dynamic_name_comes_with_the_status), T(latin_1_names_become_utf_8), T(no_handshake_is_raw), T(malformed),
    T(no_more_is_wanted_than_the_message), T(wanted_at_each_byte), T(flags_are_cleared_in_both_directions),
    T(old_messages_have_their_flags_in_two_places), T(each_flag_by_itself), T(half_a_message_is_left_alone))
