/* SPDX-License-Identifier: MIT */
/*
 * The log: one line an entry, to standard error or to syslog. It never waits: lines that a full pipe does not take are
 * counted, and the count is told when it takes some again.
 *
 * Only the layers that know *which* connection something happened to write here (net and further right); the ones
 * below return the reason.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

enum log_style {
    LOG_PLAIN,     /* "epmdpxy: warning: text" on standard error */
    LOG_EPMD,      /* "epmd: DATE: text\r\n" on standard error, as the stock daemon writes */
    LOG_TO_SYSLOG, /* "epmd: text", at syslog's LOG_ERR, as the stock daemon does */
};

void log_open(enum log_style style, enum log_level most);

void log_write(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...) log_write(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_write(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_info(...) log_write(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...) log_write(LOG_LEVEL_DEBUG, __VA_ARGS__)

#endif
