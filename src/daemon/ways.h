/* SPDX-License-Identifier: MIT */
/*
 * Further ways to the control API (serve --control): sockets that listen, made before anything else, so that whoever
 * starts the daemon learns at once what is wrong.
 */
#ifndef DAEMON_WAYS_H
#define DAEMON_WAYS_H

#include <stddef.h>
#include <sys/types.h>

#include "base/options.h"
#include "base/refusal.h"
#include "base/token.h"
#include "base/where.h"
#include "control/way.h"

#define WAYS_MAX OPTION_TEXTS_MAX

struct ways {
    struct one_way {
        enum way way;
        struct where where; /* with the port that it has got */
        int fd;             /* -1: somebody else's by now */
        dev_t device;       /* of a Unix socket's file: whether that is still ours */
        ino_t inode;
    } at[WAYS_MAX];
    size_t count;
    char token[TOKEN_BYTES];
};

/*
 * Opens them; an address needs a token. Returns 0; or a negative errno, the refusal, and nothing is open. -EINVAL: what
 * was asked for is wrong.
 */
int ways_open(struct ways *ways, const struct option_texts *wheres, const char *token_file, struct refusal *refusal);

/* Closes those that are left, and removes the files of the Unix sockets. */
void ways_close(struct ways *ways);

#endif
