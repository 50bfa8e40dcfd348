/* SPDX-License-Identifier: MIT */
/*
 * Events as they happen, one after the other, until Ctrl-C: from the stream of GET /v1/events (control/stream.h), and
 * from the next one when that is interrupted.
 */
#ifndef CLI_FOLLOW_H
#define CLI_FOLLOW_H

struct asking;
struct command;

/* A daemon that is gone may come back within that time. */
#define FOLLOW_PATIENCE_S 10
#define FOLLOW_LINE_BYTES_MAX (64 * 1024)

/* `path`: with its query. Returns the exit status. */
int follow(const struct command *self, const struct asking *asking, const char *path);

#endif
