/* SPDX-License-Identifier: MIT */
#include "base/log.h"

#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "base/utf8.h"

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

/*
 * Returns whether the line is written, whole. One line, with one write, and never waiting for whoever reads it: a full
 * pipe must not stand the daemon still. A pipe that is ready takes PIPE_BUF bytes at once, which is more than a line
 * has.
 */
static bool write_line(const char *line, size_t len)
{
    struct pollfd standard_error = {.fd = STDERR_FILENO, .events = POLLOUT};

    return poll(&standard_error, 1, 0) != 0 && write(STDERR_FILENO, line, len) == (ssize_t)len;
}

static void write_or_count(const char *line, size_t len)
{
    static unsigned long lost;
    char said[64];

    if (lost > 0) {
        int said_len = snprintf(said, sizeof(said), "epmdpxy: warning: %lu lines of the log are lost\n", lost);

        if (write_line(said, (size_t)said_len))
            lost = 0;
    }
    if (lost > 0 || !write_line(line, len))
        lost++;
}

static void write_to_standard_error(enum log_level level, const char *text)
{
    char line[LINE_MAX_BYTES + 128], date[32];
    time_t now;
    int len;

    if (style == LOG_PLAIN) {
        len = snprintf(line, sizeof(line), "epmdpxy: %s: %s\n", level_names[level], text);
    } else {
        now = time(NULL);
        ctime_r(&now, date);
        date[strcspn(date, "\n")] = 0;
        len = snprintf(line, sizeof(line), "epmd: %s: %s\r\n", date, text);
    }
    write_or_count(line, (size_t)len);
}

void log_write(enum log_level level, const char *format, ...)
{
    char raw[LINE_MAX_BYTES], text[LINE_MAX_BYTES];
    va_list args;

    if (level > most)
        return;
    va_start(args, format);
    vsnprintf(raw, sizeof(raw), format, args);
    va_end(args);
    utf8_escape(raw, text, sizeof(text)); /* names of strangers stand in it, and somebody reads it in a terminal */
    if (style == LOG_TO_SYSLOG)
        syslog(LOG_ERR, "epmd: %s", text);
    else
        write_to_standard_error(level, text);
}
