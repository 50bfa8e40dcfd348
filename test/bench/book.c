/* SPDX-License-Identifier: MIT */
/*
 * What a change of the rule book costs when it is full of globs: 20 rules of 4,900 each, and 100 cables that ask for
 * both directions anew.
 *
 *     gcc -O2 -Isrc -o /tmp/book test/bench/book.c build/src/libmodel.a build/src/libwire.a build/src/libbase.a -lm
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "model/rules.h"

#define RULES 20
#define GLOBS 4900
#define CABLES 100

static double now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void add_rule(struct rules *rules, int rule)
{
    struct rule_request request = {.fault = {.kind = FAULT_mute}, .ends_us = RULES_NEVER};
    char pattern[32];
    uint32_t first;

    for (int island = 0; island < 2; island++) {
        islands_add(&request.selector.islands);
        for (int i = 0; i < GLOBS / 2; i++) {
            snprintf(pattern, sizeof(pattern), "n%d-%d-%d-*", island, rule, i);
            islands_add_pattern(&request.selector.islands, pattern, strlen(pattern));
        }
    }
    rules_add(rules, &request, 1, &first);
}

int main(void)
{
    struct rules *rules = rules_new(NULL, NULL);
    double begun_ms = now_ms(), added_ms;
    unsigned muted = 0;

    for (int i = 0; i < RULES; i++)
        add_rule(rules, i);
    added_ms = now_ms();
    for (int i = 0; i < CABLES; i++) {
        char a[32], b[32];

        snprintf(a, sizeof(a), "n0-%d-%d-x@host", i % RULES, i);
        snprintf(b, sizeof(b), "n1-%d-%d-y@host", i % RULES, i);
        muted += rules_profile(rules, PARTY(a), PARTY(b), true).mute;
        muted += rules_profile(rules, PARTY(b), PARTY(a), false).mute;
    }
    printf("added in %.1f ms, asked in %.2f ms (%u muted)\n", added_ms - begun_ms, now_ms() - added_ms, muted);
    rules_free(rules);
    return 0;
}
