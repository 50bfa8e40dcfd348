/* SPDX-License-Identifier: MIT */
#include "cli/command.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/refusal.h"
#include "base/text.h"
#include "base/utf8.h"
#include "request/document.h"

#define DEFAULT_PORT 4369
#define LINE_BYTES_MAX 4096
#define USAGE_COLUMN 15

static const struct option_row asking_rows[] = {
    {"port", "N", "the daemon's port (ERL_EPMD_PORT, or 4369)", OPTION_NUMBER, offsetof(struct asking, port), 1, 65535,
     NULL},
    {"control", "WHERE", "instead: unix:PATH, or ADDRESS:PORT (EPMDPXY_CONTROL)", OPTION_TEXT,
     offsetof(struct asking, control), 0, 0, NULL},
    {"token-file", "FILE", "the token for ADDRESS:PORT (or the token itself in EPMDPXY_TOKEN)", OPTION_TEXT,
     offsetof(struct asking, token_file), 0, 0, NULL},
    {"json", NULL, "print the answer as JSON", OPTION_FLAG, offsetof(struct asking, json), 0, 0, NULL},
};

const struct option_table asking_options = {OPTION_ROWS(asking_rows)};

void command_print(struct text *text)
{
    if (text->len > 0)
        fwrite(text->data, 1, text->len, stdout);
    text_done(text);
}

static void show_help(const struct command *self)
{
    struct text help = {0};

    text_add_row(&help, USAGE_COLUMN, "Usage: epmdpxy", self->synopsis);
    text_addf(&help, "\n%s", self->details ? self->details : self->summary);
    if (!self->details)
        text_addf(&help, "\n");
    if (self->words) {
        text_addf(&help, "\n");
        self->words(&help);
    }
    if (self->options.count > 0 || self->options.shared[0].table) {
        text_addf(&help, "\nOptions:\n");
        options_add_help(&self->options, &help);
    }
    command_print(&help);
}

/* One line, whatever is repeated in it. */
static void say(const char *subcommand, const char *format, va_list args)
{
    char line[LINE_BYTES_MAX];

    vsnprintf(line, sizeof(line), format, args);
    utf8_make_line(line);
    fprintf(stderr, "epmdpxy%s%s: %s\n", subcommand ? " " : "", subcommand ? subcommand : "", line);
}

int command_refuse(const struct command *self, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say(self->name, format, args);
    va_end(args);
    return STATUS_BAD_INPUT;
}

int command_refused(const struct command *self, const struct refusal *refusal)
{
    char line[REFUSAL_LINE_BYTES];

    refusal_print(refusal, line, sizeof(line));
    return command_refuse(self, "%s", line);
}

int command_fail(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say(NULL, format, args);
    va_end(args);
    return STATUS_FAILED;
}

int command_begin(const struct command *self, void *fields, int argc, char **argv, int min_words, int max_words)
{
    struct options_result result;

    document_begin();
    if (options_parse(&self->options, fields, argc, argv, false, &result) < 0)
        return command_refuse(self, "%s", result.error);
    if (result.help) {
        show_help(self);
        return STATUS_OK;
    }
    if (result.twice && !self->last_counts)
        return command_refuse(self, "--%s: given twice", result.twice);
    if (result.words > max_words)
        return command_refuse(self, "'%s' is one word too many; usage: epmdpxy %s", argv[max_words], self->synopsis);
    if (result.words < min_words)
        return command_refuse(self, "something is missing; usage: epmdpxy %s", self->synopsis);
    argv[result.words] = NULL;
    return COMMAND_GO;
}

int command_port(const struct command *self, int given, int *ret_port)
{
    const char *from_environment = getenv("ERL_EPMD_PORT");

    if (given >= 0) {
        *ret_port = given;
        return 0;
    }
    *ret_port = DEFAULT_PORT;
    if (!from_environment || !*from_environment)
        return 0;
    if (port_parse(from_environment, 1, ret_port) == 0)
        return 0;
    command_refuse(self, "ERL_EPMD_PORT: '%s' is not a port from 1 to 65535", from_environment);
    return -EINVAL;
}
