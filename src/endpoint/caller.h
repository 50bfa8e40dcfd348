/* SPDX-License-Identifier: MIT */
/*
 * A caller: a node that has connected to ours, or tries to. One connection: its handshake (we accept, and never dial),
 * then frames. What it asks is answered before its next frame is looked at, unless that takes long (endpoint/living.h),
 * and nothing is read from a caller that has not taken its answers yet.
 */
#ifndef ENDPOINT_CALLER_H
#define ENDPOINT_CALLER_H

#include <stdbool.h>

#include "base/text.h"
#include "endpoint/living.h"
#include "endpoint/owners.h"
#include "loop/address.h"
#include "loop/descriptors.h"
#include "loop/expiry.h"

struct callers;
struct greeting;
struct watch;

#define CALLERS_FRAME_BYTES_MAX (1024 * 1024) /* as large as a body of HTTP */
#define CALLERS_BURST 16                      /* frames of one caller in a turn ... */
#define CALLERS_BURST_US 1000                 /* ... and no other when these have taken so long */

struct caller {
    struct callers *callers;
    int fd;
    struct watch *watch;
    char shown[ADDRESS_TEXT_MAX]; /* where it is; who it is stands in `name` */
    char *name;
    struct greeting *greeting; /* NULL: it is through */
    struct stranger stranger;  /* until then */
    struct text in, out;
    size_t taken, sent;    /* of these */
    bool due;              /* it is looked at again in the next turn */
    bool ends;             /* as soon as it has taken what it is told */
    struct expiring limit; /* callers->greeting, and callers->deaf */
    struct expiring silence;
    struct living living;
    struct owners owners;       /* of rules: processes of its node */
    struct caller *prev, *next; /* callers->all */
};

/* Takes over a connected socket. There is room for it. */
void caller_admit(struct callers *callers, int fd, const struct address *peer);

void caller_close(struct caller *caller);

/* What it has sent, and what it is told; may close it. */
void caller_step(struct caller *caller);

/* Its time is over, or it is time to say something (callers->greeting, deaf, silent). */
void caller_greets_late(void *owner);
void caller_is_deaf(void *owner);
void caller_is_silent(void *owner);

#endif
