/* SPDX-License-Identifier: MIT */
/*
 * Seats: for each name that is asked about often, the rules that name it and where it is in them. That is found once,
 * when the name or the rule comes, and not once a connection: a book of 1000 rules is asked by thousands of those each
 * time that it changes. What two nodes suffer stands in the rules in which both sit:
 *
 *     a's seat:  #1 in island 0    #4 in island 2    #7 in island 0
 *     b's seat:                    #4 in island 0                      #9 in island 1      of #4 alone
 *
 * A seat also knows when that has changed for the last time, so that whoever has asked since need not ask again.
 *
 * The book keeps them up to date. They are as many as there are names of connections that are there.
 */
#ifndef MODEL_SEATS_H
#define MODEL_SEATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uthash.h>

#include "model/selector.h"

struct rule;
struct rules;

/* A rule that names it. */
struct seated {
    struct rule *rule;
    uint32_t id; /* the rule's */
    struct node_place place;
    signed char *healed; /* in each of its fixes the island, or -1; owned; NULL: it has none */
};

struct seat {
    char *name;
    bool observes;             /* it is taken for an observer, whether or not it was declared one ... */
    bool declared;             /* ... which is that */
    size_t users;              /* how many have taken it and not left it */
    uint64_t changed;          /* the version of the book in which a rule came, went or changed that names it ... */
    uint64_t declared_changed; /* ... and in which it was declared, or was no longer */
    struct seated *rules;      /* oldest first */
    size_t count, room;
    UT_hash_handle hh;
};

/* Those of a book. */
struct seats {
    struct seat *by_name[2]; /* of those that observe, and those that do not */
};

/* To be left when it is taken. */
struct seat *rules_take_seat(struct rules *rules, const char *name, bool observes);
void rules_leave_seat(struct rules *rules, struct seat *seat); /* NULL is fine */

/* May something between these two be otherwise than it was in that version of the book? */
bool seats_differ(const struct seat *a, const struct seat *b, uint64_t version);

/* ---- for the book ---- */

/* Has come; has got other fixes; those that are marked go. The version of the book is that of the change already. */
void seats_add(struct rules *rules, struct rule *rule);
void seats_heal(struct rules *rules, const struct rule *rule);
void seats_drop_marked(struct rules *rules);

/* Something about those that are marked, or about this one, changes. */
void seats_touch_marked(struct rules *rules);
void seats_touch(struct rules *rules, const struct rule *rule);

/* Others are observers. */
void seats_declare(struct rules *rules);

#endif
