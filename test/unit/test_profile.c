/* SPDX-License-Identifier: MIT */
/* How faults of one pair add up, in both orders: what the column `fold` of their table says. */
#include "unit.h"

#include <stdlib.h>

#include "profile_text.h"
#include "rules_of.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static void check(const char *older, const char *newer, const char *expected)
{
    struct rules *rules = rules_new(NULL, NULL);
    struct rule_request requests[] = {request_of(older, "a b"), request_of(newer, "a b")};
    struct profile profile;
    char text[400];

    add_request(rules, &requests[0]);
    add_request(rules, &requests[1]);
    for (int way = 0; way < 4; way++) {
        profile = rules_profile(rules, PARTY(way & 1 ? "a@h" : "b@h"), PARTY(way & 1 ? "b@h" : "a@h"), way & 2);
        assert_string_equal(profile_text(&profile, text, sizeof(text)), expected);
    }
    profile = rules_profile(rules, PARTY("a@h"), PARTY("c@h"), true);
    assert_string_equal(profile_text(&profile, text, sizeof(text)), "");
    rules_free(rules);
}

/* Of two partitions the newest decides. */
static void partitions(void **state)
{
    static const char *const modes[] = {"hold", "sever", "drop", "close", "reset", "refuse"};
    (void)state;

    for (size_t i = 0; i < 6; i++)
        for (size_t k = 0; k < 6; k++) {
            char older[40], newer[40], wanted[40];

            snprintf(older, sizeof(older), "partition mode=%s", modes[i]);
            snprintf(newer, sizeof(newer), "partition mode=%s", modes[k]);
            snprintf(wanted, sizeof(wanted), "partition=%s", modes[k]);
            check(older, newer, wanted);
        }
}

static void two_of_one_kind(void **state)
{
    static const struct {
        const char *older, *newer, *expected, *other_way;
    } pairs[] = {
        {"latency delay=1ms jitter=2ms distribution=pareto correlation=0.5", "latency delay=3ms",
         "latency=1000 jitter=2000 distribution=2 correlation=500000 latency=3000",
         "latency=3000 latency=1000 jitter=2000 distribution=2 correlation=500000"},
        {"bandwidth rate=1mbit", "bandwidth rate=64kbit", "rate=64000", "rate=64000"},
        {"slow_close delay=1s", "slow_close delay=2s", "slow_close=3000000", "slow_close=3000000"},
        {"slow_close delay=1h", "slow_close delay=1us", "slow_close=3600000000", "slow_close=3600000000"},
        {"limit_data bytes=0", "limit_data bytes=10", "limit=0", "limit=0"},
        {"limit_data bytes=11", "limit_data bytes=10", "limit=10", "limit=10"},
        {"slicer average_size=10 size_variation=5 delay=1ms", "slicer average_size=20", "slice=20 variation=0 pause=0",
         "slice=10 variation=5 pause=1000"},
        {"freeze every=1s", "freeze every=2s", "freeze=1000000", "freeze=1000000"},
        {"mute", "mute", "mute=1", "mute=1"},
        {"handshake stage=name", "handshake stage=ack action=close", "held=1 closed=16", "held=1 closed=16"},
        {"handshake stage=reply", "handshake stage=reply action=close", "held=8 closed=8", "held=8 closed=8"},
        {"handshake stage=status", "handshake stage=challenge", "held=6", "held=6"},
        {"downgrade clear=published", "downgrade clear=spawn,published", "cleared=4294967297", "cleared=4294967297"},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(pairs); i++) {
        check(pairs[i].older, pairs[i].newer, pairs[i].expected);
        check(pairs[i].newer, pairs[i].older, pairs[i].other_way);
    }
}

/* Different kinds stand side by side, whichever came first; a partition does not take the shaping out either. */
static void every_two_kinds(void **state)
{
    static const struct {
        const char *fault, *part; /* in the order of profile_text() */
    } kinds[] = {
        {"partition mode=drop", "partition=drop"},
        {"latency delay=5ms", "latency=5000"},
        {"bandwidth rate=1kbit", "rate=1000"},
        {"slow_close delay=1s", "slow_close=1000000"},
        {"limit_data bytes=7", "limit=7"},
        {"slicer average_size=3", "slice=3 variation=0 pause=0"},
        {"freeze", "freeze=250000"},
        {"mute", "mute=1"},
        {"handshake stage=ack action=close", "closed=16"},
        {"downgrade clear=fragments", "cleared=8388608"},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        for (size_t k = 0; k < i; k++) {
            char expected[200];

            snprintf(expected, sizeof(expected), "%s %s", kinds[k].part, kinds[i].part);
            check(kinds[i].fault, kinds[k].fault, expected);
            check(kinds[k].fault, kinds[i].fault, expected);
        }
}

static void latencies_beyond_the_limit_go_to_the_last(void **state)
{
    struct profile profile = {0};
    char text[400];
    (void)state;

    for (int i = 1; i <= SHAPE_LATENCIES_MAX + 2; i++) {
        char fault[60];

        snprintf(fault, sizeof(fault), "latency delay=%dms jitter=%dus", i, i);
        profile_add(&profile, &(struct fault[]){fault_of(fault)}[0]);
    }
    assert_string_equal(profile_text(&profile, text, sizeof(text)),
                        "latency=1000 jitter=1 latency=2000 jitter=2 latency=3000 jitter=3 latency=15000 jitter=15");
    profile_add(&profile, &(struct fault[]){fault_of("latency delay=1h jitter=1h")}[0]);
    assert_true(profile.shape.latencies[SHAPE_LATENCIES_MAX - 1].delay_us == FAULT_DELAY_MAX_US);
    assert_true(profile.shape.latencies[SHAPE_LATENCIES_MAX - 1].jitter_us == FAULT_DELAY_MAX_US);
}

static void which_profiles_shape(void **state)
{
    static const char *const do_not[] = {"partition", "handshake stage=ack", "downgrade clear=spawn"};
    static const char *const shape[] = {"latency delay=0us",
                                        "bandwidth rate=1bit",
                                        "slow_close delay=1us",
                                        "limit_data bytes=0",
                                        "slicer average_size=1",
                                        "freeze",
                                        "mute"};
    (void)state;

    for (size_t i = 0; i < COUNT_OF(do_not) + COUNT_OF(shape); i++) {
        bool shapes = i >= COUNT_OF(do_not);
        struct fault fault = fault_of(shapes ? shape[i - COUNT_OF(do_not)] : do_not[i]);
        struct profile profile = {0};

        assert_false(profile_shapes(&profile));
        profile_add(&profile, &fault);
        assert_int_equal(profile_shapes(&profile), shapes);
    }
}

static void faults_of_names(void **state)
{
    struct rules *rules = rules_new(NULL, NULL);
    struct rule_request requests[] = {request_of("hide", "a*"), request_of("slow delay=1s", "ab"),
                                      request_of("silent", "abc@h"), request_of("unlisted", "*@i"),
                                      request_of("slow delay=2s", "a*")};
    uint32_t first = add_request(rules, &requests[0]);
    struct name_profile ab, abc, other;
    struct profile profile;
    char text[400];
    (void)state;

    for (size_t i = 1; i < COUNT_OF(requests); i++)
        add_request(rules, &requests[i]);
    ab = rules_name_profile(rules, PARTY("ab@h"));
    abc = rules_name_profile(rules, PARTY("abc"));
    other = rules_name_profile(rules, PARTY("b@h"));
    assert_true(ab.hide && !ab.silent && !ab.unlisted && ab.slow_us == 3000000);
    assert_true(abc.hide && !abc.silent && !abc.unlisted && abc.slow_us == 2000000); /* its host is not known */
    assert_true(rules_name_profile(rules, PARTY("abc@h")).silent &&
                !rules_name_profile(rules, PARTY("abc@h")).unlisted);
    assert_true(!other.hide && !other.silent && !other.unlisted && other.slow_us == 0);
    assert_true(rules_name_profile(rules, PARTY("b@i")).unlisted);
    profile = rules_profile(rules, PARTY("ab@h"), PARTY("abc@h"), true);
    assert_string_equal(profile_text(&profile, text, sizeof(text)), "");
    assert_true(rules_remove(rules, first));
    assert_false(rules_name_profile(rules, PARTY("ab@h")).hide);
    rules_fix(rules, NULL); /* is about partitions only */
    assert_int_equal(rules_count(rules), COUNT_OF(requests) - 1);
    rules_free(rules);
}

RUN(T(partitions), T(two_of_one_kind), T(every_two_kinds), T(latencies_beyond_the_limit_go_to_the_last),
    T(which_profiles_shape), T(faults_of_names))
