/* SPDX-License-Identifier: MIT */
#include "refusal_line.h"
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "base/random.h"
#include "model/pattern.h"

#include "rules_of.h"

struct selected {
    const char *islands;
    bool one_way, overlap;
    enum dialer dialer;
    const char *pairs; /* of the nodes a, b, c: "ab+" a to b, when a dialled; "ab-" when b did */
};

static void check(const struct selected *selected)
{
    struct selector selector = {.islands = islands_of(selected->islands),
                                .one_way = selected->one_way,
                                .overlap = selected->overlap,
                                .dialer = selected->dialer};
    char pairs[128] = "";

    for (const char *from = "abc"; *from; from++)
        for (const char *to = "abc"; *to; to++)
            for (int dialled = 1; dialled >= 0; dialled--) {
                char x[] = {*from, '@', 'h', 0}, y[] = {*to, '@', 'h', 0};
                size_t len = strlen(pairs);

                if (*from != *to && selector_matches(&selector, &PARTY(x), &PARTY(y), dialled))
                    snprintf(pairs + len, sizeof(pairs) - len, "%s%c%c%c", len ? " " : "", *from, *to, "-+"[dialled]);
            }
    assert_string_equal(pairs, selected->pairs);
    islands_done(&selector.islands);
}

static void islands_and_who_dialled(void **state)
{
    static const struct selected tried[] = {
        {"a b", false, false, DIALER_ANY, "ab+ ab- ba+ ba-"},
        {"a b", false, false, DIALER_FROM, "ab+ ba-"},
        {"a b", false, false, DIALER_TO, "ab- ba+"},
        {"a b", true, false, DIALER_ANY, "ab+ ab-"},
        {"a b", true, false, DIALER_FROM, "ab+"},
        {"a b", true, false, DIALER_TO, "ab-"},
        {"a b c", true, false, DIALER_ANY, "ab+ ab- ac+ ac-"},
        {"a b,c", true, false, DIALER_TO, "ab- ac-"},
        {"b,c a", true, false, DIALER_FROM, "ba+ ca+"},
        {"a *", true, false, DIALER_FROM, "ab+ ac+"}, /* a is at home in the first island */
        {"* a", false, false, DIALER_ANY, ""},
        {"x y", false, false, DIALER_ANY, ""},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(tried) / sizeof(tried[0]); i++)
        check(&tried[i]);
}

static void sets_that_overlap(void **state)
{
    static const struct selected tried[] = {
        {"a b", false, true, DIALER_ANY, "ab+ ab- ba+ ba-"},
        {"a b", false, true, DIALER_FROM, "ab+ ba-"},
        {"a b", false, true, DIALER_TO, "ab- ba+"},
        {"a b", true, true, DIALER_FROM, "ab+"},
        {"a b", true, true, DIALER_TO, "ab-"},
        {"* *", false, true, DIALER_ANY, "ab+ ab- ac+ ac- ba+ ba- bc+ bc- ca+ ca- cb+ cb-"},
        {"* *", true, true, DIALER_ANY, "ab+ ab- ac+ ac- ba+ ba- bc+ bc- ca+ ca- cb+ cb-"},
        {"* *", true, true, DIALER_FROM, "ab+ ac+ ba+ bc+ ca+ cb+"}, /* what the dialer sends */
        {"* *", true, true, DIALER_TO, "ab- ac- ba- bc- ca- cb-"},
        {"* *", false, true, DIALER_FROM, "ab+ ab- ac+ ac- ba+ ba- bc+ bc- ca+ ca- cb+ cb-"}, /* somebody did */
        {"a *", false, true, DIALER_ANY, "ab+ ab- ac+ ac- ba+ ba- ca+ ca-"},
        {"a *", true, true, DIALER_ANY, "ab+ ab- ac+ ac-"},
        {"* a", true, true, DIALER_ANY, "ba+ ba- ca+ ca-"},
        {"a *", false, true, DIALER_FROM, "ab+ ac+ ba- ca-"}, /* what a dialled */
        {"* a", false, true, DIALER_TO, "ab+ ac+ ba- ca-"},
        {"a *", false, true, DIALER_TO, "ab- ac- ba+ ca+"},
        {"a,b b,c", true, true, DIALER_ANY, "ab+ ab- ac+ ac- bc+ bc-"},
        {"a,b b,c", false, true, DIALER_ANY, "ab+ ab- ac+ ac- ba+ ba- bc+ bc- ca+ ca- cb+ cb-"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(tried) / sizeof(tried[0]); i++)
        check(&tried[i]);
}

static void what_is_refused(void **state)
{
    static const struct {
        const char *fault, *islands;
        bool one_way, overlap;
        enum dialer dialer;
        const char *error; /* begins so; NULL: allowed */
    } tried[] = {
        {"partition", "a b", false, false, DIALER_ANY, NULL},
        {"partition", "a b c", true, false, DIALER_ANY, NULL},
        {"partition", "a", false, false, DIALER_ANY, "islands: two or more"},
        {"partition", "a a", false, false, DIALER_ANY, "islands: a node in two islands: 'a'"},
        {"partition", "a* *", false, true, DIALER_ANY, NULL},
        {"latency delay=1s", "* *", true, true, DIALER_TO, NULL},
        {"latency delay=1s", "*", false, true, DIALER_ANY, "between: two sets"},
        {"latency delay=1s", "a b c", false, true, DIALER_ANY, "between: two sets"},
        {"latency delay=1s", "a x@", false, true, DIALER_ANY, "between[1][0]: "},
        {"latency delay=1s", "a b c", false, false, DIALER_FROM, "dialled_by: needs exactly two"},
        {"latency delay=1s", "a b c", true, false, DIALER_TO, "dialled_by: needs exactly two"},
        {"latency delay=1s", "a b,c", true, false, DIALER_TO, NULL},
        {"latency delay=1s", "a x@", false, false, DIALER_ANY, "islands[1][0]: "},
        {"downgrade clear=spawn", "a b", false, false, DIALER_FROM, NULL},
        {"downgrade clear=spawn", "* *", false, true, DIALER_ANY, NULL},
        {"downgrade clear=spawn", "a b", true, false, DIALER_ANY, "one_way: both nodes must be told the same"},
        {"downgrade clear=spawn", "* *", true, true, DIALER_ANY, "from: both nodes must be told the same"},
        {"hide", "a,b*", false, false, DIALER_ANY, NULL},
        {"hide", "a b", false, false, DIALER_ANY, "nodes: hide is about names"},
        {"slow delay=1s", "a x@", false, false, DIALER_ANY, "nodes: slow is about names"},
        {"silent", "a,x@", false, false, DIALER_ANY, "nodes[1]: "},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(tried) / sizeof(tried[0]); i++) {
        struct fault fault = fault_of(tried[i].fault);
        struct selector selector = {.islands = islands_of(tried[i].islands),
                                    .one_way = tried[i].one_way,
                                    .overlap = tried[i].overlap,
                                    .dialer = tried[i].dialer};
        struct refusal refusal;
        int status = selector_check(&selector, &fault, &refusal);

        assert_int_equal(status, tried[i].error ? -EINVAL : 0);
        if (tried[i].error && strncmp(line_of(&refusal), tried[i].error, strlen(tried[i].error)) != 0)
            fail_msg("'%s' is not '%s...'", line_of(&refusal), tried[i].error);
        if (status < 0)
            assert_null(strchr(line_of(&refusal), '\n'));
        islands_done(&selector.islands);
    }
}

/* "Covered" must never be said of something that is not; of plain names it is always said of what is. */
static void what_is_covered(void **state)
{
    static const struct {
        const char *old, *islands;
        bool old_one_way, overlap, one_way, covered;
    } tried[] = {
        {"a b", "a b", false, false, false, true},
        {"a b", "b a", false, false, false, true},
        {"a b", "a b", false, false, true, false},
        {"a b", "a b", true, false, true, true},
        {"a b", "b a", true, false, true, false},
        {"a b", "b a", true, false, false, true},
        {"a b", "a,c b,d", false, false, false, true},
        {"a,c b", "a c,b", false, false, false, false},
        {"a b c", "a b c", false, false, false, true},
        {"a b c", "a b,c", true, false, true, true},
        {"a b c", "a b,c", false, false, false, false},
        {"a@h b", "a b", false, false, false, true},
        {"a b", "a@h b", false, false, false, false},
        {"a1 b", "a* b", false, false, false, true},
        {"a* b", "a* b", false, false, false, true},
        {"a* b", "[ab]* b", false, false, false, false},
        {"ab c", "a* ab,c", false, false, false, true},         /* ab is at home in a* */
        {"a b", "* b", false, false, false, false},             /* and b in * here */
        {"*@h1 *@h2", "*@h1 *@h2", false, false, false, false}, /* a glob of two: hard to tell */
        {"* *", "a b", false, true, false, false},
        {"a *", "a b", false, true, false, false},
        {"a *", "a b*", false, true, false, false},
        {"a b", "a b", false, true, false, true},
        {"a,b b", "a b", false, true, false, false}, /* b and b: not in two islands */
        {"a b,c", "c,b a", true, true, false, true},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(tried) / sizeof(tried[0]); i++) {
        struct selector old = {
            .islands = islands_of(tried[i].old), .one_way = tried[i].old_one_way, .overlap = tried[i].overlap};
        struct islands islands = islands_of(tried[i].islands);

        if (selector_is_covered(&old, &islands, 1, tried[i].one_way) != tried[i].covered)
            fail_msg("%s by %s", tried[i].old, tried[i].islands);
        islands_done(&old.islands);
        islands_done(&islands);
    }
}

static void several_cover_together(void **state)
{
    struct islands fixes[] = {islands_of("a c"), islands_of("d b"), islands_of("a,b c,d")};
    struct selector old = {.islands = islands_of("a,b c,d")};
    (void)state;

    assert_false(selector_is_covered(&old, fixes, 2, false)); /* a and d, b and c are missing */
    assert_true(selector_is_covered(&old, fixes, 3, false));
    assert_false(selector_is_covered(&old, fixes, 0, false));
    for (size_t i = 0; i < 3; i++)
        islands_done(&fixes[i]);
    islands_done(&old.islands);
}

/* As islands_covering() is defined, pattern by pattern. */
static int covering(const struct islands *islands, const char *narrow)
{
    for (size_t i = 0; i < islands->count; i++) {
        bool may_overlap = false;

        for (size_t k = 0; k < islands->at[i].count; k++) {
            if (pattern_covers(islands->at[i].patterns[k], narrow))
                return (int)i;
            may_overlap |= pattern_may_overlap(islands->at[i].patterns[k], narrow);
        }
        if (may_overlap)
            return -1;
    }
    return -1;
}

/* Those with many patterns, and with hosts or without, are asked in other ways, which must not show. */
static void covering_goes_by_each_pattern(void **state)
{
    static const char *const patterns[] = {"a",  "b", "ab",   "a@h", "b@h",  "a@i", "*b",
                                           "a*", "?", "[ab]", "*@h", "a*@i", "?b@*"};
    struct random random;
    (void)state;

    random_seed(&random, 7);
    for (int round = 0; round < 20000; round++) {
        struct islands islands = {0};
        size_t most = round % 2 ? 3 : sizeof(patterns) / sizeof(patterns[0]), each = round % 3 ? 2 : 20;

        for (int i = 0; i < 3; i++) {
            islands_add(&islands);
            for (size_t k = 0; k <= random_below(&random, each); k++) {
                const char *pattern = patterns[random_below(&random, most)];

                islands_add_pattern(&islands, pattern, strlen(pattern));
            }
        }
        if (round % 5)
            islands_settle(&islands);
        for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++)
            if (islands_covering(&islands, patterns[i]) != covering(&islands, patterns[i]))
                fail_msg("round %d: %s", round, patterns[i]);
        islands_done(&islands);
    }
}

RUN(T(islands_and_who_dialled), T(sets_that_overlap), T(what_is_refused), T(what_is_covered), T(several_cover_together),
    T(covering_goes_by_each_pattern))
