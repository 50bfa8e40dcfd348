/* SPDX-License-Identifier: MIT */
/*
 * What is answered, as documents for programs and as lines for people.
 *
 * A rule's document has the fields with which it can be asked for (request/rules_request.h), and "id", "effect",
 * "fixed" and "ends_in_ms". Documents are exact; in lines, every name goes through text_add_escaped(). What a document
 * does not have is left out of its line, so that a daemon of another version is understood.
 */
#ifndef REQUEST_ANSWERS_H
#define REQUEST_ANSWERS_H

#include <jansson.h>
#include <stdint.h>

#include "base/text.h"

struct event;
struct rule;
struct rules;

struct effect;

/* All of them are the caller's. */
json_t *rule_to_document(const struct rule *rule, uint64_t now_us);
json_t *rules_to_document(const struct rules *rules, uint32_t first, uint64_t now_us); /* whose number is >= first */
json_t *effect_to_document(const struct effect *effect);
json_t *leases_to_document(const struct rules *rules, uint64_t now_us);
json_t *event_to_document(const struct event *event);

/* "a,b | c", "a -> b", "a <-> b" or "a,b": whom a rule is about. */
void rule_add_whom(struct text *to, const json_t *rule);

/* One line each, with its end: "#1 cut a,b | c", "#2 latency delay=50ms: a <-> b; 9s left". */
void rule_add_line(struct text *to, const json_t *rule);
void rule_add_effect(struct text *to, const json_t *rule); /* "touched 3 cables and 2 dials", without an end */
void lease_add_line(struct text *to, const json_t *lease);
void event_add_line(struct text *to, const json_t *event); /* with the local time */

/* What there is to say about new rules: "note: ...", "advice: ...", a line each. */
void remarks_add_lines(struct text *to, const json_t *answer);

#endif
