/* SPDX-License-Identifier: MIT */
/*
 * What a subcommand is, and what they all share: --help, the port, the exit status, errors in one line.
 */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include <stdbool.h>

#include "base/options.h"
#include "base/refusal.h"

struct text;

/* Exit status. */
#define STATUS_OK 0
#define STATUS_FAILED 1    /* no daemon, port in use, and the like */
#define STATUS_BAD_INPUT 2 /* nothing was changed */
#define STATUS_VACUOUS 3   /* --strict: a fault has changed nothing */

#define COMMAND_GO (-1)
#define COMMAND_ANY_WORDS 10000

struct command {
    const char *name; /* first field, for suggest() */
    const char *synopsis;
    const char *summary;
    const char *details;            /* for --help; NULL: the summary says it all */
    void (*words)(struct text *to); /* and the words that it takes, from their tables; or NULL */
    struct option_table options;
    bool last_counts; /* of an option that is given twice: wrappers put theirs in front; else that is refused */
    int (*run)(const struct command *self, int argc, char **argv); /* argv without program and subcommand */
};

/*
 * Reads the options and moves the other words to the front of argv, with a NULL behind the last. Returns COMMAND_GO, or
 * the exit status when there is nothing to go on with: --help was shown, or the input is bad and was refused.
 */
int command_begin(const struct command *self, void *fields, int argc, char **argv, int min_words, int max_words);

/* Writes it to standard output, and ends it. */
void command_print(struct text *text);

/* The port to use: `given` unless it is -1, else ERL_EPMD_PORT, else 4369. Returns 0, or -EINVAL and has said so. */
int command_port(const struct command *self, int given, int *ret_port);

/* The options of every subcommand that asks a daemon, and their rows. */
struct asking {
    int port;                         /* -1: not given */
    const char *control, *token_file; /* NULL: not given; see cli/target.h */
    bool json;
};

#define ASKING_NEW ((struct asking){.port = -1})

extern const struct option_table asking_options;

/* One line on standard error; return STATUS_BAD_INPUT and STATUS_FAILED. */
int command_refuse(const struct command *self, const char *format, ...) __attribute__((format(printf, 2, 3)));
int command_refused(const struct command *self, const struct refusal *refusal);
int command_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
