/* SPDX-License-Identifier: MIT */
/*
 * What people should know about the rules that they have just made: notes about slips (names that nobody has, ...),
 * every time, and advice about what surprises everybody the first time, once in a daemon's life.
 */
#ifndef SERVICE_ADVICE_H
#define SERVICE_ADVICE_H

#include <stdbool.h>

#include "model/cluster.h"

struct island;
struct islands;
struct refusal;
struct rules_answer;
struct rules_request;
struct service;

/* One more line for people, as far as there is room (ANSWER_NOTES_MAX). */
void advice_note(struct rules_answer *answer, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Does a node that is there bear that name, or may it, its host not being known yet? */
bool advice_is_known(const char *pattern, const struct cluster *cluster);

/* Notes of names that nobody has, each with what that means: "; the rule waits for it". */
void advice_strangers(const struct islands *islands, const char *meaning, const struct cluster *cluster,
                      struct rules_answer *answer);

/* The same as a refusal: 0, or -EINVAL at the first of them. */
int advice_refuse_strangers(const struct islands *islands, const struct cluster *cluster, struct refusal *refusal);

/* The same about nodes that become observers. */
void advice_observers(const struct island *nodes, const struct cluster *cluster, struct rules_answer *answer);

/* Adds notes to the answer; the rules are not in the book yet. */
void advice_notes(const struct service *service, const struct rules_request *request, const struct cluster *cluster,
                  struct rules_answer *answer);

/* Sets the answer's advice; the rules are in force by now, `cluster` is how it was before: of it only which nodes are
 * registered and talked is asked. */
void advice_once(struct service *service, const struct rules_request *request, const struct cluster *cluster,
                 struct rules_answer *answer);

#endif
