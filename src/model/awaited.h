/* SPDX-License-Identifier: MIT */
/*
 * The condition `event`: one of some kinds, about some nodes, has happened behind a certain number. Part of
 * model/conditions.h, by which it is read and asked.
 *
 * Only the newest events are remembered. Whoever waits hears of each as it happens, so that none is missed meanwhile;
 * but whether one had happened before the oldest that is remembered cannot be known.
 */
#ifndef MODEL_AWAITED_H
#define MODEL_AWAITED_H

struct condition;
struct event;
struct events;
struct refusal;

/* The kinds that the condition's first island names ("*": any) become a set. Returns 0, or -EINVAL. */
int awaited_read_kinds(struct condition *condition, struct refusal *refusal);

/* Is it the one that is waited for? Then it is noted. */
void awaited_hear(struct condition *condition, const struct event *event);

/* As condition_look(), of what is remembered. */
int awaited_look(struct condition *condition, const struct events *events, struct refusal *refusal);

#endif
