/* SPDX-License-Identifier: MIT */
#include "islands_of.h"
#include "refusal_line.h"
#include "unit.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "base/random.h"
#include "model/islands.h"
#include "model/pattern.h"

static void matches(void **state)
{
    (void)state;
    assert_true(pattern_matches("node1", "node1@vm"));
    assert_true(pattern_matches("node1", "node1"));
    assert_false(pattern_matches("node1", "node10@vm"));
    assert_false(pattern_matches("node1", "Node1@vm"));
    assert_false(pattern_matches("node", "node1@vm"));
    assert_true(pattern_matches("node1@vm", "node1@vm"));
    assert_false(pattern_matches("node1@vm", "node1@vm2"));
    assert_false(pattern_matches("node1@vm", "node1")); /* the host is not known: nobody guesses */
    assert_false(pattern_matches("*@vm", "node1"));
    assert_true(pattern_matches("rabbit*", "rabbit_2@vm"));
    assert_false(pattern_matches("rabbit*", "xrabbit@vm"));
    assert_true(pattern_matches("*@host2", "a@host2"));
    assert_false(pattern_matches("*@host2", "a@host1"));
    assert_false(pattern_matches("*host2", "a@host2")); /* without @ it speaks of the short name */
    assert_true(pattern_matches("node[1-3]", "node2@vm"));
    assert_false(pattern_matches("node[1-3]", "node4@vm"));
    assert_true(pattern_matches("n?", "n1@vm"));
    assert_true(pattern_matches("*", "anything@anywhere"));
    assert_true(pattern_matches("[*-", "[x-@vm"));
}

static void what_patterns_mean_in_common(void **state)
{
    (void)state;
    assert_true(pattern_overlaps("node1", "node1@vm")); /* on any host, so on that one too */
    assert_true(pattern_overlaps("node1@vm", "node1"));
    assert_true(pattern_overlaps("node1", "n*@vm"));
    assert_true(pattern_overlaps("n*@vm", "node1"));
    assert_false(pattern_overlaps("node1@vm", "node1@vm2"));
    assert_true(pattern_covers("node1", "node1@vm"));
    assert_false(pattern_covers("node1@vm", "node1"));
    assert_false(pattern_covers("*@vm", "node1"));
    assert_true(pattern_covers("n*", "node1"));
}

static void characters_are_not_bytes(void **state)
{
    (void)state;
    assert_true(pattern_matches("n?de", "n\xc3\xb6"
                                        "de@vm"));
    assert_false(pattern_matches("n??de", "n\xc3\xb6"
                                          "de@vm"));
    assert_true(pattern_matches("n[\xc3\xa4-\xc3\xbc]de", "n\xc3\xb6"
                                                          "de"));
    assert_false(pattern_matches("n[!\xc3\xb6]de", "n\xc3\xb6"
                                                   "de"));
    assert_true(pattern_matches("?", "\xf0\x9f\x90\xb0"));
    assert_true(pattern_matches("n?\xff", "na\xff")); /* a byte that is no UTF-8 is one */
}

static void no_pattern_takes_long(void **state)
{
    char pattern[PATTERN_BYTES_MAX + 1], name[PATTERN_BYTES_MAX + 1];
    (void)state;

    for (size_t i = 0; i < PATTERN_BYTES_MAX; i++) {
        pattern[i] = i % 2 ? 'a' : '*';
        name[i] = 'a';
    }
    pattern[PATTERN_BYTES_MAX - 1] = 'b';
    pattern[PATTERN_BYTES_MAX] = name[PATTERN_BYTES_MAX] = 0;
    assert_false(pattern_matches(pattern, name));
}

/* Up to six letters of these, and one @ at most. */
static void any_text(struct random *random, char text[8])
{
    static const char letters[] = "aab@@*?[]-";
    size_t len = (size_t)random_below(random, 7), used = 0;

    while (used < len) {
        text[used] = letters[random_below(random, sizeof(letters) - 1)];
        text[used + 1] = 0;
        used += text[used] != '@' || !memchr(text, '@', used);
    }
    text[used] = 0;
}

static bool says_fnmatch(const char *pattern, const char *name)
{
    char short_pattern[8], short_name[8];

    if (strchr(pattern, '@') && strchr(name, '@'))
        return fnmatch(pattern, name, FNM_NOESCAPE) == 0;
    if (strchr(pattern, '@'))
        return false;
    snprintf(short_pattern, sizeof(short_pattern), "%.*s", (int)strcspn(pattern, "@"), pattern);
    snprintf(short_name, sizeof(short_name), "%.*s", (int)strcspn(name, "@"), name);
    return fnmatch(short_pattern, short_name, FNM_NOESCAPE) == 0;
}

/* A '[' that nothing closes: the C library has several answers. Here it stands for itself. */
static bool is_open(const char *pattern)
{
    const char *last = strrchr(pattern, '['), *end = strrchr(pattern, ']');

    return last && (!end || end < last + 2);
}

static void matches_as_file_names_do(void **state)
{
    struct random random;
    int matched = 0;
    (void)state;

    random_seed(&random, 1);
    for (int i = 0; i < 300000; i++) {
        char pattern[8], name[8];

        any_text(&random, pattern);
        any_text(&random, name);
        if (!is_open(pattern) && pattern_matches(pattern, name) != says_fnmatch(pattern, name))
            fail_msg("'%s' and '%s'", pattern, name);
        matched += pattern_matches(pattern, name);
    }
    assert_true(matched > 10000);
}

/* However many there are, and however they begin: as if each were asked. */
static void found_by_their_beginnings(void **state)
{
    struct random random;
    size_t held = 0;
    (void)state;

    random_seed(&random, 2);
    for (int round = 0; round < 2000; round++) {
        struct islands islands = {0}, settled;

        islands_add(&islands);
        for (size_t i = 0; i < 16 + (size_t)round % 20; i++) {
            char pattern[8];

            any_text(&random, pattern);
            islands_add_pattern(&islands, pattern, strlen(pattern));
        }
        settled = islands_copy(&islands);
        islands_settle(&settled);
        assert_non_null(settled.at[0].prefixes);
        for (int i = 0; i < 50; i++) {
            char name[8];

            any_text(&random, name);
            assert_int_equal(islands_find(&settled, name), islands_find(&islands, name));
            held += islands_find(&settled, name) == 0;
        }
        islands_done(&islands);
        islands_done(&settled);
    }
    assert_in_range(held, 1000, 99000);
}

static void faults(void **state)
{
    static const char *const bad[] = {"", "@", "a@", "@b", "a@b@c", "a b", "a,b", "a\nb", "a\tb", "\x7f", "\xe9"};
    (void)state;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_non_null(pattern_fault(bad[i]));
    assert_null(pattern_fault("a"));
    assert_null(pattern_fault("a@b.c-d"));
    assert_null(pattern_fault("n\xc3\xb6"
                              "de*@*"));
}

static int check(const char *text, struct refusal *refusal)
{
    struct islands islands = islands_of(text);
    int status = islands_check(&islands, refusal);

    islands_done(&islands);
    return status;
}

static void islands_that_are_refused(void **state)
{
    static const struct {
        const char *text, *named;
    } bad[] = {
        {"a,b", "two or more"}, {"a,,b c", "islands[0][1]"}, {"a b,c@", "islands[1][1]"}, {"a,b b,c", "'b'"},
        {"a a@vm", "'a@vm'"},   {"node* node1", "'node1'"},  {"x a*,y z a*", "island 4"}, {"a@h1 c *@h1", "island 3"},
    };
    struct refusal refusal;
    (void)state;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(check(bad[i].text, &refusal), -EINVAL);
        assert_non_null(strstr(line_of(&refusal), bad[i].named));
    }
    assert_int_equal(check("a b", &refusal), 0);
    assert_int_equal(check("a,a b", &refusal), 0);
    assert_int_equal(check("a@h1 a@h2", &refusal), 0);
    assert_int_equal(check("a* b*", &refusal), 0);
    assert_int_equal(check("a b c d e", &refusal), 0);
}

/* Three islands of a few patterns; whether any two of different islands mean a node in common. */
static struct islands any_islands(struct random *random, bool *ret_overlap)
{
    struct islands islands = {0};

    *ret_overlap = false;
    for (size_t i = 0; i < 3; i++) {
        islands_add(&islands);
        for (uint64_t left = 1 + random_below(random, 3); left > 0; left--) {
            char pattern[8];

            do
                any_text(random, pattern);
            while (pattern_fault(pattern));
            islands_add_pattern(&islands, pattern, strlen(pattern));
            for (size_t j = 0; j < i; j++)
                for (size_t k = 0; k < islands.at[j].count; k++)
                    *ret_overlap |= pattern_overlaps(pattern, islands.at[j].patterns[k]);
        }
    }
    return islands;
}

/* As if each name were held against each other one. */
static void nodes_in_two_islands_are_found(void **state)
{
    struct random random;
    size_t refused = 0;
    (void)state;

    random_seed(&random, 3);
    for (int round = 0; round < 10000; round++) {
        struct refusal refusal;
        bool overlap;
        struct islands islands = any_islands(&random, &overlap);

        assert_int_equal(islands_check(&islands, &refusal) < 0, overlap);
        refused += overlap;
        islands_done(&islands);
    }
    assert_in_range(refused, 1000, 9000);
}

static void slips(void **state)
{
    static const char *const fine[] = {"node", "n*", "n[12]", "n[1-3]", "n[!a-c]", "n[]]", "n[-1]", "n[1-]", "n[^]a]"};
    (void)state;

    for (size_t i = 0; i < sizeof(fine) / sizeof(fine[0]); i++)
        assert_null(pattern_slip(fine[i]));
    assert_non_null(strstr(pattern_slip("node[1-"), "no ']'"));
    assert_non_null(strstr(pattern_slip("n[]"), "no ']'"));
    assert_non_null(strstr(pattern_slip("n[12]m[3"), "no ']'"));
    assert_non_null(strstr(pattern_slip("node[2-1]"), "ends before it begins"));
    assert_non_null(strstr(pattern_slip("n[1-3][!\xc3\xb6-a]"), "ends before it begins"));
}

static void too_many(void **state)
{
    struct islands islands = {0};
    struct refusal refusal;
    (void)state;

    for (int i = 0; i <= ISLANDS_MAX; i++) {
        char name[16];

        snprintf(name, sizeof(name), "n%d", i);
        islands_add(&islands);
        islands_add_pattern(&islands, name, strlen(name));
    }
    assert_int_equal(islands_check(&islands, &refusal), -EINVAL);
    islands_done(&islands);
}

RUN(T(matches), T(what_patterns_mean_in_common), T(characters_are_not_bytes), T(no_pattern_takes_long),
    T(matches_as_file_names_do), T(found_by_their_beginnings), T(faults), T(islands_that_are_refused),
    T(nodes_in_two_islands_are_found), T(slips), T(too_many))
