/* SPDX-License-Identifier: MIT */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <time.h>

/* A line is cut there: names from outside can be long. */
#define LINE_MAX_BYTES 1024

/* The one thing in the program that is global on purpose: there is one standard error. */
static enum log_style style = LOG_PLAIN;
static enum log_level most = LOG_LEVEL_INFO;

static const char *const level_names[] = {"error", "warning", "info", "debug"};

void log_open(enum log_style new_style, enum log_level new_most)
{
    style = new_style;
    most = new_most;
    if (style == LOG_TO_SYSLOG)
        openlog("epmd", 0, LOG_DAEMON);
}

/* Bytes from outside may stand in a line: no control character of theirs reaches the reader's terminal. */
static void make_printable(char *line)
{
    for (; *line; line++)
        if ((unsigned char)*line < ' ' || *line == 0x7F)
            *line = '?';
}

void log_write(enum log_level level, const char *format, ...)
{
    char line[LINE_MAX_BYTES], date[32];
    va_list args;
    time_t now;

    if (level > most)
        return;
    va_start(args, format);
    vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    make_printable(line);

    switch (style) {
    case LOG_PLAIN:
        fprintf(stderr, "epmdpxy: %s: %s\n", level_names[level], line);
        break;
    case LOG_EPMD:
        now = time(NULL);
        ctime_r(&now, date);
        date[strcspn(date, "\n")] = 0;
        fprintf(stderr, "epmd: %s: %s\r\n", date, line);
        break;
    case LOG_TO_SYSLOG:
        syslog(LOG_ERR, "epmd: %s", line);
        break;
    }
}
