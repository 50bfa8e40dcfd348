/* SPDX-License-Identifier: MIT */
/*
 * Whatever is done to a book, it says the same of nodes whose seats are known as of nodes that are looked for by their
 * names, and notes the same about them; and when it says something else than before their seats differ.
 */
#include "unit.h"

#include "base/random.h"
#include "model/seats.h"
#include "profile_text.h"
#include "rules_of.h"

#define NODES 7
#define TEXT_BYTES 400

static const struct party nodes[NODES] = {
    {.name = "a@h"},
    {.name = "b@h"},
    {.name = "ab@h"},
    {.name = "a@i"},
    {.name = "d"},
    {.name = "bc@ij"},
    {.name = "r1@h", .observes = true},
};

static const char *const patterns[] = {"a", "b",  "ab", "d",    "r1",  "a@h",  "b@h",
                                       "*", "b*", "?b", "[ab]", "*@h", "a*@i", "r*"};

struct twins {
    struct rules *plain, *seated; /* the same is done to both */
    struct seat *seats[NODES];
    uint64_t asked;
    char last[NODES][NODES][2][TEXT_BYTES];
    uint64_t now_us;
};

static size_t below(struct random *random, size_t n)
{
    return (size_t)random_below(random, n);
}

static struct islands any_islands(struct random *random, size_t count)
{
    struct islands islands = {0};

    for (size_t i = 0; i < count; i++) {
        islands_add(&islands);
        for (size_t k = 1 + below(random, 3); k > 0; k--) {
            const char *pattern = patterns[below(random, sizeof(patterns) / sizeof(patterns[0]))];

            islands_add_pattern(&islands, pattern, strlen(pattern));
        }
    }
    return islands;
}

static void add_any(struct rules *rules, struct random *random, uint64_t now_us)
{
    static const char *const faults[] = {"partition",
                                         "partition mode=drop",
                                         "partition mode=sever",
                                         "partition mode=close",
                                         "latency delay=1ms",
                                         "mute",
                                         "limit_data bytes=5",
                                         "limit_data bytes=7",
                                         "freeze",
                                         "downgrade clear=spawn",
                                         "handshake stage=name"};
    struct rule_request request = {.fault = fault_of(faults[below(random, sizeof(faults) / sizeof(faults[0]))]),
                                   .ends_us = RULES_NEVER};
    struct refusal refusal;
    uint32_t first;

    request.selector.overlap = below(random, 3) == 0;
    request.selector.one_way = request.fault.kind != FAULT_downgrade && below(random, 2);
    request.selector.islands = any_islands(random, request.selector.overlap ? 2 : 2 + below(random, 2));
    if (request.selector.islands.count == 2)
        request.selector.dialer = (enum dialer)below(random, 3);
    if (below(random, 3) == 0)
        request.ends_us = now_us + 1 + below(random, 30);
    if (request.fault.kind == FAULT_partition && below(random, 2))
        request.settles_us = now_us + 1 + below(random, 10);
    if (selector_check(&request.selector, &request.fault, &refusal) == 0)
        assert_int_equal(rules_add(rules, &request, 1, &first), 0);
    islands_done(&request.selector.islands);
}

static void change_any(struct rules *rules, struct random *random, uint64_t now_us)
{
    struct islands islands;
    size_t what = below(random, 12);

    if (what < 5) {
        add_any(rules, random, now_us);
    } else if (what < 7) {
        islands = any_islands(random, 2);
        rules_fix(rules, &islands);
        islands_done(&islands);
    } else if (what < 9 && rules_first(rules)) {
        rules_remove(rules, rules_first(rules)->id + (uint32_t)below(random, 5));
    } else if (what == 9) {
        rules_observe(rules, patterns[below(random, 9)]);
    } else if (what == 10) {
        rules_unobserve(rules, patterns[below(random, 9)]);
    } else {
        rules_expire(rules, now_us);
    }
}

static struct party seated(const struct twins *twins, size_t node)
{
    return (struct party){nodes[node].name, nodes[node].observes, twins->seats[node]};
}

static void check_pair(struct twins *twins, size_t x, size_t y, bool dialled)
{
    struct profile plain = rules_profile(twins->plain, nodes[x], nodes[y], dialled),
                   profile = rules_profile(twins->seated, seated(twins, x), seated(twins, y), dialled);
    char expected[TEXT_BYTES], text[TEXT_BYTES];

    profile_text(&plain, expected, sizeof(expected));
    assert_string_equal(profile_text(&profile, text, sizeof(text)), expected);
    assert_int_equal(profile.settling, plain.settling);
    snprintf(text + strlen(text), 3, "%d", profile.settling);
    if (twins->last[x][y][dialled][0] && strcmp(text, twins->last[x][y][dialled]) != 0)
        assert_true(seats_differ(twins->seats[x], twins->seats[y], twins->asked));
    strcpy(twins->last[x][y][dialled], text);
}

/* Something happens to a connection; `parties` are those of the book. */
static void happen(struct rules *rules, struct random *random, struct party dialer, struct party acceptor)
{
    uint32_t after = (uint32_t)below(random, 40);
    struct touch touch = {.dialer = dialer, .acceptor = acceptor, .after = after, .now_ms = 1};
    struct act act = {.dialer = dialer, .acceptor = acceptor, .now_ms = 1};
    struct passing passing = {dialer, acceptor, true, {.held_bytes = 1, .dropped_bytes = 2, .delayed_bytes = 3}};

    touch.what = (enum touched)below(random, 3);
    if (below(random, 3) == 0)
        touch.was = PARTY("a");
    rules_touch(rules, &touch);
    act.what = (enum done)below(random, 5);
    act.by = (enum fault_kind)below(random, FAULT_hide);
    act.flags = UINT64_MAX;
    rules_note_act(rules, &act);
    rules_note_toll(rules, &passing);
}

static void check_effects(const struct twins *twins)
{
    const struct rule *rule = rules_first(twins->seated);

    for (const struct rule *plain = rules_first(twins->plain); plain; plain = plain->next, rule = rule->next) {
        assert_int_equal(rule->id, plain->id);
        assert_memory_equal(&rule->effect, &plain->effect, sizeof(rule->effect));
    }
    assert_null(rule);
}

static void step(struct twins *twins, struct random *random)
{
    struct random same = *random;
    size_t x = below(random, NODES), y = below(random, NODES);

    twins->now_us += below(random, 5);
    same = *random;
    change_any(twins->plain, &same, twins->now_us);
    change_any(twins->seated, random, twins->now_us);
    for (size_t i = 0; i < NODES; i++)
        for (size_t j = 0; j < NODES; j++)
            for (int dialled = 0; dialled < 2 && i != j; dialled++)
                check_pair(twins, i, j, dialled);
    twins->asked = rules_version(twins->seated);
    same = *random;
    happen(twins->plain, &same, nodes[x], nodes[y]);
    happen(twins->seated, random, seated(twins, x), seated(twins, y));
    check_effects(twins);
    rules_leave_seat(twins->seated, twins->seats[x]);
    twins->seats[x] = rules_take_seat(twins->seated, nodes[x].name, nodes[x].observes);
}

static void a_seat_says_what_a_name_says(void **state)
{
    static struct twins twins;
    struct random random;
    (void)state;

    for (uint64_t seed = 0; seed < 60; seed++) {
        random_seed(&random, seed);
        twins = (struct twins){.plain = rules_new(NULL, NULL), .seated = rules_new(NULL, NULL), .now_us = 1};
        for (size_t i = 0; i < NODES; i++)
            twins.seats[i] = rules_take_seat(twins.seated, nodes[i].name, nodes[i].observes);
        for (int i = 0; i < 100; i++)
            step(&twins, &random);
        for (size_t i = 0; i < NODES; i++)
            rules_leave_seat(twins.seated, twins.seats[i]);
        rules_free(twins.plain);
        rules_free(twins.seated);
    }
}

/* Nobody is asked again about whom no rule that has changed can be. */
static void only_those_differ_whom_a_rule_names(void **state)
{
    struct rules *rules = rules_new(NULL, NULL);
    struct seat *a = rules_take_seat(rules, "a@h", false), *b = rules_take_seat(rules, "b@h", false),
                *c = rules_take_seat(rules, "c@h", false);
    struct rule_request request = request_of("mute", "a b");
    uint64_t before = rules_version(rules);
    uint32_t id;
    (void)state;

    id = add_request(rules, &request);
    assert_true(seats_differ(a, b, before));
    assert_false(seats_differ(a, c, before) || seats_differ(b, c, before));
    before = rules_version(rules);
    rules_remove(rules, id);
    assert_true(seats_differ(a, b, before));
    assert_false(seats_differ(a, c, before));
    before = rules_version(rules);
    rules_observe(rules, "c");
    assert_true(seats_differ(a, c, before) && seats_differ(c, b, before));
    assert_false(seats_differ(a, b, before));
    rules_leave_seat(rules, a);
    rules_leave_seat(rules, b);
    rules_leave_seat(rules, c);
    rules_free(rules);
}

RUN(T(a_seat_says_what_a_name_says), T(only_those_differ_whom_a_rule_names))
