/* SPDX-License-Identifier: MIT */
/*
 * Which daemon is asked, and by which way: --control or --port; else EPMDPXY_CONTROL, else ERL_EPMD_PORT, else 4369.
 */
#ifndef CLI_TARGET_H
#define CLI_TARGET_H

#include "base/token.h"
#include "base/where.h"

struct asking;
struct command;

struct target {
    struct where where;      /* host "": EPMD's port on this machine, at whichever loopback address */
    char token[TOKEN_BYTES]; /* "": none */
    char name[300];          /* for people: "on port 4369", "at unix:/run/epmdpxy" */
};

/* Returns 0, or -EINVAL and has said in one line what is wrong. */
int target_find(const struct command *self, const struct asking *asking, struct target *ret);

#endif
