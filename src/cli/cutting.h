/* SPDX-License-Identifier: MIT */
/*
 * What cut and flap share: how to say along which lines the network splits.
 */
#ifndef CLI_CUTTING_H
#define CLI_CUTTING_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/options.h"

struct command;

struct cutting {
    int port, seed; /* seed -1: not given */
    bool one_way, json;
    bool halves, random_halves, majorities_ring;
    const char *isolate, *bridge, *of;
    const char *mode, *lease;
    uint64_t for_us; /* 0: not given */
};

#define CUTTING_NEW ((struct cutting){.port = -1, .seed = -1})

/* The rows of a table of options whose struct begins with a struct cutting. */
#define CUTTING_FIELD(name) offsetof(struct cutting, name)
#define CUTTING_ROWS                                                                                                     \
    {"one-way", NULL, "only what the first island sends to the others", OPTION_FLAG, CUTTING_FIELD(one_way), 0,          \
     0,         NULL},                                                                                                   \
        {"mode", "MODE", "hold (the default), drop, close, reset or refuse", OPTION_TEXT, CUTTING_FIELD(mode), 0,        \
         0,      NULL},                                                                                                  \
        {"halves", NULL, "the first half of the nodes, by name, and the rest", OPTION_FLAG, CUTTING_FIELD(halves), 0,    \
         0,        NULL},                                                                                                \
        {"random-halves", NULL, "two halves at random", OPTION_FLAG, CUTTING_FIELD(random_halves), 0, 0, NULL},          \
        {"isolate", "NODE", "that node against all others", OPTION_TEXT, CUTTING_FIELD(isolate), 0, 0, NULL},            \
        {"majorities-ring",                                                                                              \
         NULL,                                                                                                           \
         "each node sees a majority, no two the same",                                                                   \
         OPTION_FLAG,                                                                                                    \
         CUTTING_FIELD(majorities_ring),                                                                                 \
         0,                                                                                                              \
         0,                                                                                                              \
         NULL},                                                                                                          \
        {"bridge", "NODE", "two halves, and that node sees both", OPTION_TEXT, CUTTING_FIELD(bridge), 0, 0, NULL},       \
        {"of", "ISLAND", "the nodes that these five split (all registered ones)", OPTION_TEXT, CUTTING_FIELD(of), 0,     \
         0,    NULL},                                                                                                    \
        {"seed",  "N", "chance to be repeated: same seed, same nodes, same cut", OPTION_NUMBER, CUTTING_FIELD(seed), 0,  \
         INT_MAX, NULL},                                                                                                 \
        {"lease", "NAME", "ends with that lease, see epmdpxy lease", OPTION_TEXT, CUTTING_FIELD(lease), 0, 0, NULL},     \
        {"port", "N", "the daemon's port (ERL_EPMD_PORT, or 4369)", OPTION_NUMBER, CUTTING_FIELD(port), 1, 65535, NULL}, \
    {                                                                                                                    \
        "json", NULL, "print the answer as JSON", OPTION_FLAG, CUTTING_FIELD(json), 0, 0, NULL                           \
    }

/*
 * The words as islands. Returns COMMAND_GO and *ret, an array, the caller's; or refuses them. No words: an empty array.
 */
int cutting_islands(const struct command *self, char **words, json_t **ret);

/*
 * The body for POST /v1/cut: from islands in words, or the one topology that the options name. Returns COMMAND_GO and
 * *ret, the caller's; or refuses what does not fit together.
 */
int cutting_body(const struct command *self, const struct cutting *cutting, char **words, json_t **ret);

#endif
