/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "base/options.h"
#include "base/suggest.h"

struct fields {
    bool flag, on;
    int number, choice;
    const char *text;
    uint64_t time_us;
};

static const char *const choices[] = {"red", "green", NULL};

static const struct option_row rows[] = {
    {"flag", NULL, "a flag", OPTION_FLAG, offsetof(struct fields, flag), 0, 0, NULL},
    {"no-on", NULL, "not on", OPTION_NOT, offsetof(struct fields, on), 0, 0, NULL},
    {"number", "N", "a number", OPTION_NUMBER, offsetof(struct fields, number), 1, 100, NULL},
    {"text", "TEXT", "a text", OPTION_TEXT, offsetof(struct fields, text), 0, 0, NULL},
    {"time", "TIME", "a time", OPTION_DURATION, offsetof(struct fields, time_us), 1000, 0, NULL},
    {"choice", "COLOUR", "a choice", OPTION_CHOICE, offsetof(struct fields, choice), 0, 0, choices},
};
static const struct option_table table = {OPTION_ROWS(rows)};

/* Splits at blanks and parses. */
static int parse(const char *line, struct fields *fields, struct options_result *result, char *argv[16])
{
    static char copy[256];
    int argc = 0;

    strcpy(copy, line);
    for (char *word = strtok(copy, " "); word; word = strtok(NULL, " "))
        argv[argc++] = word;
    *fields = (struct fields){.on = true, .number = -1};
    return options_parse(&table, fields, argc, argv, false, result);
}

static void all_kinds(void **state)
{
    struct options_result result;
    struct fields fields;
    char *argv[16];
    (void)state;

    assert_int_equal(
        parse("a --flag --number 42 b --text=x=y --time 15s --choice green --no-on -- --c -", &fields, &result, argv),
        0);
    assert_true(fields.flag);
    assert_false(fields.on);
    assert_int_equal(fields.number, 42);
    assert_string_equal(fields.text, "x=y");
    assert_int_equal(fields.time_us, 15000000);
    assert_int_equal(fields.choice, 1);
    assert_int_equal(result.words, 4);
    assert_string_equal(argv[0], "a");
    assert_string_equal(argv[1], "b");
    assert_string_equal(argv[2], "--c");
    assert_string_equal(argv[3], "-");
}

static void refused(void **state)
{
    static const struct {
        const char *line, *says;
    } bad[] = {
        {"--nmber 3", "did you mean --number?"},
        {"--flga", "did you mean --flag?"},
        {"-flag", "did you mean --flag?"},
        {"--quux", "see --help"},
        {"--number", "needs a value"},
        {"--number 0", "from 1 to 100"},
        {"--number 101", "from 1 to 100"},
        {"--number 0x10", "0x10"},
        {"--number -1", "-1"},
        {"--number 1.5", "1.5"},
        {"--number 99999999999999999999", "from 1 to 100"},
        {"--flag=1", "takes no value"},
        {"--time 15", "with a unit"},
        {"--time 1us", "too short: give a duration of at least"},
        {"--choice blue", "red green"},
        {"--text=", "empty"},
    };
    struct options_result result;
    struct fields fields;
    char *argv[16];
    (void)state;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(parse(bad[i].line, &fields, &result, argv), -EINVAL);
        assert_non_null(strstr(result.error, bad[i].says));
    }
}

static void twice(void **state)
{
    struct options_result result;
    struct fields fields;
    char *argv[16];
    (void)state;

    assert_int_equal(parse("--number 3 --flag --flag", &fields, &result, argv), 0);
    assert_null(result.twice);
    assert_int_equal(parse("--number 3 --flag --number=4", &fields, &result, argv), 0);
    assert_string_equal(result.twice, "number");
    assert_int_equal(fields.number, 4);
}

static void help_ends_it(void **state)
{
    struct options_result result;
    struct fields fields;
    char *argv[16];
    (void)state;

    assert_int_equal(parse("--help --quux", &fields, &result, argv), 0);
    assert_true(result.help);
    assert_int_equal(parse("-h", &fields, &result, argv), 0);
    assert_true(result.help);
}

/* Rows that several subcommands have fill their own struct, wherever it stands. */
static void shared_rows(void **state)
{
    static const struct option_row own[] = {{"own", "N", "its own", OPTION_NUMBER, 0, 0, 9, NULL}};
    struct with_shared {
        int own;
        struct fields fields;
    } with = {0};
    const struct option_table both = {OPTION_ROWS(own), .shared = {{&table, offsetof(struct with_shared, fields)}}};
    char *argv[] = {"--text", "x", "--own", "3", "--number=7", "--number=8", "--flag"};
    char *wrong[] = {"--texd", "x"};
    struct options_result result;
    (void)state;

    assert_int_equal(options_parse(&both, &with, 7, argv, false, &result), 0);
    assert_int_equal(with.own, 3);
    assert_int_equal(with.fields.number, 8);
    assert_string_equal(with.fields.text, "x");
    assert_true(with.fields.flag);
    assert_string_equal(result.twice, "number");
    assert_int_equal(options_parse(&both, &with, 2, wrong, false, &result), -EINVAL);
    assert_string_equal(result.error, "unknown option '--texd'; did you mean --text?");
}

static void suggestions(void **state)
{
    static const char *const words[] = {"serve", "status", "cut", "fix"};
    (void)state;

    assert_string_equal(suggest("ct", words, 4, sizeof(*words)), "cut");
    assert_string_equal(suggest("stauts", words, 4, sizeof(*words)), "status");
    assert_string_equal(suggest("fixx", words, 4, sizeof(*words)), "fix");
    assert_null(suggest("frobnicate", words, 4, sizeof(*words)));
    assert_null(suggest("", words, 4, sizeof(*words)));
}

static void slips_in_names(void **state)
{
    static const char *const meant[][2] =
        {{"nod1", "node1"},   {"N2", "n2"},
         {"ndoe1", "node1"},  {"node2@VM", "node2@vm"},
         {"rabit", "rabbit"}, {"nod1@a.long.name.of.a.host.in.a.cloud", "node1@a.long.name.of.a.host.in.a.cloud"}},
                             *const others[][2] = {{"n3", "n2"},          {"node11", "node1"}, {"b", "a"},
                                                   {"db", "dc"},          {"", "n1"},          {"node1", "node"},
                                                   {"a@host1", "a@host2"}};
    (void)state;

    for (size_t i = 0; i < sizeof(meant) / sizeof(meant[0]); i++)
        assert_true(suggest_is_slip(meant[i][0], meant[i][1]));
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        assert_false(suggest_is_slip(others[i][0], others[i][1]));
}

static void ports(void **state)
{
    int port = 7;
    (void)state;

    assert_int_equal(port_parse("0", 1, &port), -EINVAL);
    assert_int_equal(port_parse("65536", 0, &port), -EINVAL);
    assert_int_equal(port_parse("43x", 0, &port), -EINVAL);
    assert_int_equal(port, 7);
    assert_int_equal(port_parse("65535", 0, &port), 0);
    assert_int_equal(port, 65535);
}

/* What the table does not have is left, whatever it means to others. */
static void some_are_taken(void **state)
{
    char *argv[] = {"--other", "5", "--number", "7", "-x", "--", "word", "--time=15s"};
    struct options_result result;
    struct fields fields = {.number = -1};
    (void)state;

    assert_int_equal(options_take(&table, &fields, 8, argv, &result), 5);
    assert_string_equal(argv[0], "--other");
    assert_string_equal(argv[1], "5");
    assert_string_equal(argv[2], "-x");
    assert_string_equal(argv[3], "--");
    assert_string_equal(argv[4], "word");
    assert_int_equal(fields.number, 7);
    assert_int_equal(fields.time_us, 15000000);
    argv[0] = "--number=x";
    assert_int_equal(options_take(&table, &fields, 1, argv, &result), -EINVAL);
    assert_string_equal(result.error, "--number: 'x' is not a number from 1 to 100");
}

RUN(T(some_are_taken), T(all_kinds), T(refused), T(twice), T(help_ends_it), T(shared_rows), T(suggestions),
    T(slips_in_names), T(ports))
