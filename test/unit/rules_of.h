/* SPDX-License-Identifier: MIT */
/* Rules in a few words. */
#ifndef TEST_RULES_OF_H
#define TEST_RULES_OF_H

#include <stdio.h>
#include <string.h>

#include "islands_of.h"
#include "model/rules.h"
#include "refusal_line.h"

/* "latency delay=1s jitter=1ms" */
static inline struct fault fault_of(const char *text)
{
    struct fault fault;
    char words[200];
    struct refusal refusal;
    char *word, *value;

    snprintf(words, sizeof(words), "%s", text);
    word = strtok(words, " ");
    assert_int_equal(fault_named(word, &fault, &refusal), 0);
    while ((word = strtok(NULL, " "))) {
        value = strchr(word, '=');
        *value++ = 0;
        if (fault_set(&fault, word, value, &refusal) < 0)
            fail_msg("%s", line_of(&refusal));
    }
    assert_int_equal(fault_check(&fault, &refusal), 0);
    return fault;
}

static inline struct rule_request request_of(const char *fault, const char *islands)
{
    return (struct rule_request){
        .fault = fault_of(fault), .selector.islands = islands_of(islands), .ends_us = RULES_NEVER};
}

/* Adds it, which must succeed; returns its number. */
static inline uint32_t add_request(struct rules *rules, struct rule_request *request)
{
    struct refusal refusal;
    uint32_t id = 0;

    if (selector_check(&request->selector, &request->fault, &refusal) < 0)
        fail_msg("%s", line_of(&refusal));
    assert_int_equal(rules_add(rules, request, 1, &id), 0);
    assert_null(request->selector.islands.at); /* taken over */
    return id;
}

#endif
