/* SPDX-License-Identifier: MIT */
#include "request/words.h"

#include <stdio.h>
#include <string.h>

#include "model/conditions.h"
#include "model/counters.h"
#include "model/effect.h"
#include "model/events.h"
#include "model/faults.h"
#include "model/phases.h"

#define MODES_COLUMN 11
#define COLUMN 26

void words_add_islands(struct text *to)
{
    text_addf(to, "An island is a comma-separated list of nodes: node1,node2. A name without @ is\n"
                  "that node on any host; *, ? and [...] work as in file names: 'rabbit*',\n"
                  "'*@host2', 'node[1-3]' (quote them).\n");
}

static void add_row(struct text *to, int column, const char *word, const char *help)
{
    char indented[64];

    snprintf(indented, sizeof(indented), "  %s", word);
    text_add_row(to, column, indented, help);
}

void words_add_modes(struct text *to)
{
    const struct param_row *row = &fault_row(FAULT_partition)->params[0];
    char help[512];

    for (const struct param_word *mode = row->words; mode->name; mode++) {
        bool by_default = strcmp(mode->name, row->fallback) == 0;

        snprintf(help, sizeof(help), "%s%s", mode->help, by_default ? " (the default)" : "");
        add_row(to, MODES_COLUMN, mode->name, help);
    }
}

void words_add_effects(struct text *to)
{
#define X(name, bites, help) add_row(to, COLUMN, #name, help);
    EFFECT_COUNTS(X)
#undef X
}

void words_add_conditions(struct text *to)
{
#define X(name, least, most, words, help) add_row(to, COLUMN, #name words, help);
    CONDITIONS(X)
#undef X
}

void words_add_events(struct text *to)
{
#define X(name, help) add_row(to, COLUMN, #name, help);
    EVENTS_TABLE(X)
#undef X
}

void words_add_phases(struct text *to)
{
#define X(name, help) add_row(to, COLUMN, #name, help);
    CABLE_PHASES(X)
#undef X
}

void words_add_counters(struct text *to)
{
#define X(name, help) add_row(to, COLUMN, #name, help);
    COUNTERS_TABLE(X)
#undef X
}
