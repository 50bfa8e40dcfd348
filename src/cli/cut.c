/* SPDX-License-Identifier: MIT */
/*
 * cut and fix: the same islands, the other way round.
 */
#include <stddef.h>
#include <string.h>

#include "cli/client.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "request/answers.h"
#include "request/cut.h"
#include "request/fix.h"
#include "request/words.h"

struct cut_fields {
    struct cut_words words;
    struct asking asking;
    uint64_t for_us;
};

struct fix_fields {
    struct fix_words words;
    struct asking asking;
};

static const struct option_row cut_rows[] = {
    {"for", "TIME", "fix it by itself after that time", OPTION_DURATION, offsetof(struct cut_fields, for_us), 1, 0,
     NULL},
};

static void add_cut(struct text *to, const json_t *answer)
{
    const json_t *rule, *seed = json_object_get(answer, "seed");
    long long held = json_integer_value(json_object_get(answer, "held_cables"));
    size_t i, count = json_array_size(json_object_get(answer, "rules"));

    json_array_foreach(json_object_get(answer, "rules"), i, rule) {
        const char *mode = json_string_value(json_object_get(json_object_get(rule, "params"), "mode"));
        bool holds = !mode || strcmp(mode, "hold") == 0;

        text_addf(to, "cut%s%s%s: ", holds ? "" : " (", holds ? "" : mode, holds ? "" : ")");
        rule_add_whom(to, rule);
        if (holds && i + 1 == count) {
            text_addf(to, " (");
            text_add_count(to, held, "cable");
            text_addf(to, " held)");
        }
        text_addf(to, "\n");
    }
    if (seed)
        text_addf(to, "seed: %lld\n", json_integer_value(seed));
    remarks_add_lines(to, answer);
}

static void add_fix(struct text *to, const json_t *answer)
{
    size_t cuts = 0, others = 0, i;
    long long held = json_integer_value(json_object_get(answer, "held_cables"));
    const json_t *rule;

    json_array_foreach(json_object_get(answer, "rules"), i, rule) {
        const char *kind = json_string_value(json_object_get(rule, "fault"));

        *(kind && strcmp(kind, "partition") == 0 ? &cuts : &others) += 1;
    }
    if (cuts == 0)
        text_addf(to, "fixed: nothing is cut any more\n");
    else
        text_addf(to, "fixed; %zu %s left (%lld %s held), see epmdpxy status\n", cuts,
                  cuts == 1 ? "cut is" : "cuts are", held, held == 1 ? "cable" : "cables");
    json_array_foreach(json_object_get(answer, "ended"), i, rule) {
        text_addf(to, "#%lld ", json_integer_value(json_object_get(rule, "id")));
        rule_add_effect(to, rule);
        text_addf(to, "\n");
    }
    remarks_add_lines(to, answer);
    if (others > 0)
        text_addf(to, "note: %zu other %s, see epmdpxy fault list\n", others,
                  others == 1 ? "fault stays" : "faults stay");
}

static int run_cut(const struct command *self, int argc, char **argv)
{
    struct cut_fields options = {.words = CUT_WORDS_NONE, .asking = ASKING_NEW};
    struct client_request request = {.path = "/v1/cut"};
    struct refusal refusal;
    struct cut_request cut;
    int status = command_begin(self, &options, argc, argv, 0, COMMAND_ANY_WORDS);

    if (status != COMMAND_GO)
        return status;
    if (cut_request_from_words(&options.words, (const char *const *)argv, &cut, &refusal) < 0)
        return command_refused(self, &refusal);
    cut.lifetime.for_us = options.for_us;
    request.body = cut_request_to_document(&cut);
    cut_request_done(&cut);
    return client_tell(self, &options.asking, request, add_cut);
}

static int run_fix(const struct command *self, int argc, char **argv)
{
    struct fix_fields options = {.asking = ASKING_NEW};
    struct client_request request = {.path = "/v1/fix"};
    struct refusal refusal;
    struct fix_request fix;
    int status = command_begin(self, &options, argc, argv, 0, COMMAND_ANY_WORDS);

    if (status != COMMAND_GO)
        return status;
    if (fix_request_from_words(&options.words, (const char *const *)argv, &fix, &refusal) < 0)
        return command_refused(self, &refusal);
    request.body = fix_request_to_document(&fix);
    fix_request_done(&fix);
    return client_tell(self, &options.asking, request, add_fix);
}

static void add_cut_words(struct text *to)
{
    words_add_modes(to);
    text_addf(to, "\n");
    words_add_islands(to);
}

const struct command cut_command = {
    .name = "cut",
    .synopsis = "cut [OPTION...] ISLAND ISLAND... | cut [OPTION...] --TOPOLOGY",
    .summary = "split the network: islands no longer hear each other",
    .details = "Cut all that nodes of different islands send to each other, whether they are\n"
               "connected already or not, until a fix. How that looks to the nodes is the mode:\n",
    .words = add_cut_words,
    .options = {OPTION_ROWS(cut_rows), .shared = {{&cut_options, offsetof(struct cut_fields, words)},
                                                  {&asking_options, offsetof(struct cut_fields, asking)}}},
    .run = run_cut,
};

const struct command fix_command = {
    .name = "fix",
    .synopsis = "fix [OPTION...] [ISLAND ISLAND...]",
    .summary = "heal the network, all of it or between some islands",
    .details = "Without islands everything that was cut is healed; with islands only the pairs\n"
               "between them. What was held goes on, in order. Idle nodes do not reconnect by\n"
               "themselves: somebody must send or ping. Other faults than cuts stay: see\n"
               "epmdpxy fault.\n",
    .words = words_add_islands,
    .options = {.shared = {{&fix_options, offsetof(struct fix_fields, words)},
                           {&asking_options, offsetof(struct fix_fields, asking)}}},
    .run = run_fix,
};
