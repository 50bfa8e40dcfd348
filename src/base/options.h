/* SPDX-License-Identifier: MIT */
/*
 * Command line options from a table: one row an option, from which the parser, `--help` and "did you mean" derive.
 *
 *     --name value   --name=value   --flag   --       (what follows `--` is no option)
 *
 * Options and other words may be mixed, unless `stop_at_word` is set.
 */
#ifndef BASE_OPTIONS_H
#define BASE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

enum option_kind {
    OPTION_FLAG,     /* bool, set to true */
    OPTION_NOT,      /* bool, set to false: --no-relay */
    OPTION_TEXT,     /* const char *, points into argv */
    OPTION_TEXTS,    /* struct option_texts, which may be given several times */
    OPTION_NUMBER,   /* int, from min to max */
    OPTION_DURATION, /* uint64_t, microseconds, at least min */
    OPTION_SIZE,     /* uint64_t, bytes, at least min */
    OPTION_CHOICE,   /* int, the index of a word in `choices` */
    OPTION_REFUSED,  /* people look for it here: refused with `help`, which says what to do instead; not in --help */
};

#define OPTION_TEXTS_MAX 8

struct option_texts {
    const char *at[OPTION_TEXTS_MAX]; /* they point into argv */
    size_t count;
};

struct option_row {
    const char *name;       /* without the dashes; first field, for suggest() */
    const char *value_name; /* NULL for flags */
    const char *help;
    enum option_kind kind;
    size_t offset; /* of the field in the struct that is filled */
    int min, max;
    const char *const *choices; /* ends with NULL */
};

#define OPTIONS_SHARED_MAX 2

/* A subcommand's own rows, and those that it shares with others, which fill a struct within its own. */
struct option_table {
    const struct option_row *rows;
    size_t count;
    struct option_shared {
        const struct option_table *table; /* of its own rows only; NULL: no more */
        size_t offset;                    /* of the struct that they fill */
    } shared[OPTIONS_SHARED_MAX];
};

/* The rows of a table, from an array: {OPTION_ROWS(rows)}. */
#define OPTION_ROWS(array) .rows = (array), .count = sizeof(array) / sizeof((array)[0])

/* What a command line was made of. `words` are the arguments that are no options; they stay in argv. */
struct options_result {
    int words;
    bool help;         /* --help or -h was there: nothing else counts */
    uint64_t given;    /* for options with a value: a bit a row, in the order of --help */
    const char *twice; /* one of those that was given twice (the last one counts), or NULL */
    char error[1024];  /* the whole line to tell the user, when options_parse() is not 0 */
};

/*
 * Fills `fields` from argv[0 .. argc) (no program name) and moves the words to the front of argv. Returns 0, or
 * -EINVAL with the reason in `result->error`.
 */
int options_parse(const struct option_table *table, void *fields, int argc, char **argv, bool stop_at_word,
                  struct options_result *result);

/*
 * Takes the options that the table has out of argv, and leaves everything else there, in its order: whoever passes that
 * on need not know what it means. Returns how many arguments are left, or -EINVAL with the reason in `result->error`.
 */
int options_take(const struct option_table *table, void *fields, int argc, char **argv, struct options_result *result);

/* A row an option, as `--help` shows them. */
void options_add_help(const struct option_table *table, struct text *to);

/* A port number, min to 65535. Returns 0, or -EINVAL with *ret_port untouched. */
int port_parse(const char *text, int min, int *ret_port);

#endif
