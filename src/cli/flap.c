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
#include <stdlib.h>
#include <time.h>

#include "base/duration.h"
#include "base/random.h"
#include "cli/client.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/cutting.h"
#include "cli/rules.h"

struct flap_options {
    struct cutting cutting; /* first, for CUTTING_ROWS */
    uint64_t period_us;
};

static const struct option_row rows[] = {
    {"period", "TIME", "from one cut to the next (10s)", OPTION_DURATION, offsetof(struct flap_options, period_us),
     1000, 0, NULL},
    {"for", "TIME", "stop after that time (at Ctrl-C)", OPTION_DURATION, CUTTING_FIELD(for_us), 1, 0, NULL},
    CUTTING_ROWS,
};

struct flap {
    const struct command *self;
    const struct flap_options *options;
    json_t *body; /* of every cut */
    bool reseeds; /* every cut is another one */
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
    uint64_t for_us = flap->options->cutting.for_us, end_us = for_us ? flap->began_us + for_us : UINT64_MAX;
    uint64_t now = now_us(), wake_us = until_us < end_us ? until_us : end_us;
    uint64_t left_us = wake_us > now ? wake_us - now : 0;
    struct timespec left = {.tv_sec = (time_t)(left_us / 1000000), .tv_nsec = (long)(left_us % 1000000) * 1000};

    return sigtimedwait(&flap->stops, NULL, &left) < 0 && end_us > now_us();
}

static int cut_once(struct flap *flap, uint64_t for_us)
{
    json_t *answer, *rule, *body = json_copy(flap->body);
    char time[32];
    size_t i;
    int status;

    duration_print_exact(for_us, time, sizeof(time));
    json_object_set_new(body, "for", json_string(time));
    if (flap->reseeds)
        json_object_set_new(body, "seed", json_integer((json_int_t)random_below(&flap->random, INT_MAX)));
    status = client_ask(flap->self,
                        &(struct client_request){.port = flap->options->cutting.port, .path = "/v1/cut", .body = body},
                        &answer);
    if (status != STATUS_OK)
        return status;
    json_decref(flap->rules);
    flap->rules = json_incref(json_object_get(answer, "rules"));
    if (flap->options->cutting.json) {
        json_dumpf(answer, stdout, JSON_COMPACT);
        printf("\n");
    } else {
        if (!flap->told_seed)
            printf("seed: %d\n", flap->options->cutting.seed);
        flap->told_seed = true;
        duration_print(for_us, time, sizeof(time));
        json_array_foreach(flap->rules, i, rule) {
            printf("cut for %s: ", time);
            rule_print_nodes(rule);
            printf("\n");
        }
        rules_print_remarks(answer);
    }
    fflush(stdout);
    json_decref(answer);
    return STATUS_OK;
}

/* What is left of the last cut goes; that it has ended by itself is fine. */
static void fix_rest(const struct flap *flap)
{
    json_t *answer, *rule;
    char path[64];
    size_t i;

    json_array_foreach(flap->rules, i, rule) {
        struct client_request request = {
            .port = flap->options->cutting.port, .method = "DELETE", .path = path, .may_be_gone = true};

        snprintf(path, sizeof(path), "/v1/rules/%lld", (long long)json_integer_value(json_object_get(rule, "id")));
        if (client_ask(flap->self, &request, &answer) != STATUS_OK)
            return;
        json_decref(answer);
    }
}

static int flap_on(struct flap *flap)
{
    uint64_t period_us = flap->options->period_us, next_us = flap->began_us;
    int status;

    do {
        uint64_t cut_us = period_us / 4 + random_below(&flap->random, period_us / 2 + 1);

        status = cut_once(flap, cut_us);
        next_us += period_us;
    } while (status == STATUS_OK && sleep_until(flap, next_us));
    if (status == STATUS_OK)
        fix_rest(flap);
    return status;
}

static int run(const struct command *self, int argc, char **argv)
{
    struct flap_options options = {.cutting = CUTTING_NEW, .period_us = 10000000};
    struct flap flap = {.self = self, .options = &options};
    struct cutting cutting;
    int status = command_begin(self, &options, argc, argv, 0, COMMAND_ANY_WORDS);

    if (status != COMMAND_GO)
        return status;
    cutting = options.cutting;
    cutting.for_us = 0; /* that of flapping, not of a cut */
    cutting.seed = -1;  /* chance is ours */
    status = cutting_body(self, &cutting, argv, &flap.body);
    if (status != COMMAND_GO)
        return status;
    if (command_port(self, options.cutting.port, &options.cutting.port) < 0) {
        json_decref(flap.body);
        return STATUS_BAD_INPUT;
    }
    flap.began_us = now_us();
    if (options.cutting.seed < 0)
        options.cutting.seed = (int)(flap.began_us % 65536);
    random_seed(&flap.random, (uint64_t)options.cutting.seed);
    flap.reseeds = cutting.random_halves || cutting.majorities_ring;
    sigemptyset(&flap.stops);
    sigaddset(&flap.stops, SIGINT);
    sigaddset(&flap.stops, SIGTERM);
    sigprocmask(SIG_BLOCK, &flap.stops, NULL);
    status = flap_on(&flap);
    json_decref(flap.rules);
    json_decref(flap.body);
    return status;
}

const struct command flap_command = {
    .name = "flap",
    .synopsis = "flap [OPTION...] ISLAND ISLAND... | flap [OPTION...] --TOPOLOGY",
    .summary = "cut and fix again and again",
    .details =
        "In each period the network is cut for a random share of it, from a quarter to three quarters; with\n"
        "--random-halves and --majorities-ring each cut is another one. The same --seed gives the same cuts and the\n"
        "same times. Nothing stays cut when it ends, however it ends.\n\n" ISLANDS_HELP,
    .options = {OPTION_ROWS(rows)},
    .run = run,
};
