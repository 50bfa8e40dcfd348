/* SPDX-License-Identifier: MIT */
/*
 * flap: cut and fix, again and again.
 *
 *     |<-------- period -------->|
 *     | whole | cut      | whole |...        a seeded share of each period, from a quarter to three quarters
 *
 * Every cut has its time to live, so that nothing stays cut when this program is killed.
 */
#include <limits.h>
#include <signal.h>
#include <stddef.h>
#include <time.h>

#include "base/duration.h"
#include "base/random.h"
#include "cli/client.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/target.h"
#include "request/answers.h"
#include "request/cut.h"
#include "request/words.h"

struct flap_fields {
    struct cut_words words;
    struct asking asking;
    uint64_t period_us, for_us;
};

#define FIELD(name) offsetof(struct flap_fields, name)

static const struct option_row rows[] = {
    {"period", "TIME", "from one cut to the next (10s)", OPTION_DURATION, FIELD(period_us), 1000, 0, NULL},
    {"for", "TIME", "stop after that time (at Ctrl-C)", OPTION_DURATION, FIELD(for_us), 1, 0, NULL},
};

struct flap {
    struct target target;
    const struct command *self;
    const struct flap_fields *options;
    struct cut_request cut; /* the next one */
    int seed;
    struct random random;
    sigset_t stops;
    uint64_t began_us;
    bool told_seed;
    json_t *rules; /* that the last cut made */
};

static uint64_t now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* Sleeps until then, but no longer than all of it may take. Returns false when it is over: by a signal, or in time. */
static bool sleep_until(struct flap *flap, uint64_t until_us)
{
    uint64_t for_us = flap->options->for_us, end_us = for_us ? flap->began_us + for_us : UINT64_MAX;
    uint64_t now = now_us(), wake_us = until_us < end_us ? until_us : end_us;
    uint64_t left_us = wake_us > now ? wake_us - now : 0;
    struct timespec left = {.tv_sec = (time_t)(left_us / 1000000), .tv_nsec = (long)(left_us % 1000000) * 1000};

    return sigtimedwait(&flap->stops, NULL, &left) < 0 && end_us > now_us();
}

static void print_cut(struct flap *flap, const json_t *answer)
{
    struct text lines = {0};
    const json_t *rule;
    char time[32];
    size_t i;

    if (!flap->told_seed)
        text_addf(&lines, "seed: %d\n", flap->seed);
    flap->told_seed = true;
    duration_print(flap->cut.lifetime.for_us, time, sizeof(time));
    json_array_foreach(flap->rules, i, rule) {
        text_addf(&lines, "cut for %s: ", time);
        rule_add_whom(&lines, rule);
        text_addf(&lines, "\n");
    }
    remarks_add_lines(&lines, answer);
    command_print(&lines);
}

static int cut_once(struct flap *flap, uint64_t for_us)
{
    struct client_request request = {.target = &flap->target, .path = "/v1/cut"};
    json_t *answer;
    int status;

    flap->cut.lifetime.for_us = for_us;
    if (flap->cut.seeded)
        flap->cut.seed = random_below(&flap->random, INT_MAX);
    request.body = cut_request_to_document(&flap->cut);
    status = client_ask(flap->self, &request, &answer);
    if (status != STATUS_OK)
        return status;
    json_decref(flap->rules);
    flap->rules = json_incref(json_object_get(answer, "rules"));
    if (flap->options->asking.json) {
        json_dumpf(answer, stdout, JSON_COMPACT);
        printf("\n");
    } else {
        print_cut(flap, answer);
    }
    fflush(stdout);
    json_decref(answer);
    return STATUS_OK;
}

/* What is left of the last cut goes; that it has ended by itself is fine. Returns the exit status. */
static int fix_rest(const struct flap *flap)
{
    json_t *answer, *rule;
    char path[64];
    int status;
    size_t i;

    json_array_foreach(flap->rules, i, rule) {
        struct client_request request = {
            .target = &flap->target, .method = "DELETE", .path = path, .may_be_gone = true};

        snprintf(path, sizeof(path), "/v1/rules/%lld", (long long)json_integer_value(json_object_get(rule, "id")));
        status = client_ask(flap->self, &request, &answer);
        if (status != STATUS_OK)
            return status;
        json_decref(answer);
    }
    return STATUS_OK;
}

static int flap_on(struct flap *flap)
{
    uint64_t period_us = flap->options->period_us, next_us = flap->began_us;
    int status;

    do {
        uint64_t cut_us = period_us / 4 + random_below(&flap->random, period_us / 2 + 1);

        status = fix_rest(flap); /* on a busy machine it may not have ended */
        if (status == STATUS_OK)
            status = cut_once(flap, cut_us);
        next_us += period_us;
    } while (status == STATUS_OK && sleep_until(flap, next_us));
    return status == STATUS_OK ? fix_rest(flap) : status;
}

static int run(const struct command *self, int argc, char **argv)
{
    struct flap_fields options = {.words = CUT_WORDS_NONE, .asking = ASKING_NEW, .period_us = 10000000};
    struct flap flap = {.self = self, .options = &options, .began_us = now_us()};
    struct refusal refusal;
    int status = command_begin(self, &options, argc, argv, 0, COMMAND_ANY_WORDS);

    if (status != COMMAND_GO)
        return status;
    flap.seed = options.words.seed >= 0 ? options.words.seed : (int)(flap.began_us % 65536);
    options.words.seed = -1; /* it is of flapping, not of a cut */
    if (cut_request_from_words(&options.words, (const char *const *)argv, &flap.cut, &refusal) < 0)
        return command_refused(self, &refusal);
    if (target_find(self, &options.asking, &flap.target) < 0) {
        cut_request_done(&flap.cut);
        return STATUS_BAD_INPUT;
    }
    random_seed(&flap.random, (uint64_t)flap.seed);
    flap.cut.seeded = flap.cut.by_topology && topology_uses_chance(flap.cut.topology);
    sigemptyset(&flap.stops);
    sigaddset(&flap.stops, SIGINT);
    sigaddset(&flap.stops, SIGTERM);
    sigprocmask(SIG_BLOCK, &flap.stops, NULL);
    status = flap_on(&flap);
    json_decref(flap.rules);
    cut_request_done(&flap.cut);
    return status;
}

const struct command flap_command = {
    .name = "flap",
    .synopsis = "flap [OPTION...] ISLAND ISLAND... | flap [OPTION...] --TOPOLOGY",
    .summary = "cut and fix again and again",
    .details = "In each period the network is cut for a random share of it, from a quarter to\n"
               "three quarters; where a topology leaves something to chance, each cut is\n"
               "another one. The same --seed gives the same cuts and the same times. Nothing\n"
               "stays cut when it ends, however it ends.\n",
    .words = words_add_islands,
    .options = {OPTION_ROWS(rows), .shared = {{&cut_options, FIELD(words)}, {&asking_options, FIELD(asking)}}},
    .run = run,
};
