/* SPDX-License-Identifier: MIT */
/*
 * All callers (endpoint/caller.h): how many there may be, and what they share.
 */
#ifndef ENDPOINT_CALLERS_H
#define ENDPOINT_CALLERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "control/turns.h"
#include "endpoint/cookie.h"
#include "endpoint/process.h"
#include "loop/expiry.h"

/* Whoever has not shaken hands makes room for those who come; when all have, the next one is refused. */
#define CALLERS_MAX 500

#define CALLERS_HANDSHAKE_MS 7000 /* as real nodes (net_setuptime) */

/*
 * A node takes us for lost when it hears nothing for its net_ticktime; from a hidden node that answers nothing it asks
 * by ticks. So every frame is answered, by a tick if by nothing else; and when nothing was said for this long, we tick
 * (as a node of the default net_ticktime).
 */
#define CALLERS_TICK_MS 15000

#define CALLERS_DEAF_MS 60000 /* a caller that takes nothing of what it is told for so long is disconnected */

struct address;
struct alarm;
struct api;
struct caller;
struct descriptors;
struct loop;
struct waits;

struct callers {
    const struct api *api;
    struct loop *loop;
    struct descriptors *descriptors;
    struct waits *waits;
    struct process_home home;
    char *name;
    struct cookie cookie;
    struct expiry greeting, deaf, silent;
    struct alarm *again;
    struct turns turns; /* for long answers */
    struct caller *all;
    size_t count;
    bool full; /* and that has been said */
};

/* `name`: ours, in full; it and all others are copied or outlive this. */
struct callers *callers_new(const struct api *api, struct descriptors *descriptors, const char *name, uint32_t creation,
                            const struct cookie *cookie);
void callers_free(struct callers *callers); /* they are disconnected; NULL is fine */

/* Takes over a connected socket. */
void callers_admit(struct callers *callers, int fd, const struct address *peer);

#endif
