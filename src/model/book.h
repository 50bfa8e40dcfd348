/* SPDX-License-Identifier: MIT */
/*
 * The inside of the rule book, for the files that know it: rules.c, how rules come, are fixed and go; lasting.c, what
 * ends by itself; asking.c, what the book says about names, and who is left out of it; seats.c, which rules name whom;
 * noting.c, what rules have done.
 */
#ifndef MODEL_BOOK_H
#define MODEL_BOOK_H

#include "model/rules.h"
#include "model/seats.h"

struct rules {
    struct rule *book; /* oldest first */
    size_t count;
    uint32_t last_id;
    uint64_t version;
    struct lease *leases;
    size_t leases_count;
    struct island observers;
    struct seats seats;
    uint32_t coming; /* the first of those that are being added: nothing that has passed is theirs; 0: there are none */
    void (*changed)(void *data);
    void *data;
    void (*ended)(void *data, const struct rule *rule);
    void *ended_data;
    void (*note)(void *data, bool all);
    void *note_data;
    bool noted; /* right now: see rules_note_before_fix() */
};

/* The book has changed. */
void book_tell(const struct rules *rules);

/* Drops every rule of which `goes` says so; returns whether there was one. */
bool book_drop_those(struct rules *rules, bool (*goes)(const struct rule *rule, const void *data), const void *data);

/*
 * The rules in which two nodes both are, oldest first: found by their seats, or by their names.
 *
 *     struct meetings meetings = meetings_of(rules, &a, &b);
 *
 *     while ((met = meetings_next(&meetings)))
 *         if (meetings_is_about(&meetings, true, dialled)) ...    what a sends to b
 */
struct meeting {
    struct rule *rule;
    struct node_place a, b;
    const signed char *a_healed, *b_healed; /* see struct seated; NULL: to be found by the names */
};

struct meetings {
    struct party a, b; /* both have seats, or neither has */
    size_t i, j;       /* in those */
    struct rule *rule; /* else the next one */
    struct meeting met;
};

struct meetings meetings_of(const struct rules *rules, const struct party *a, const struct party *b);
void meetings_skip(struct meetings *meetings, uint32_t id); /* all up to this number */
const struct meeting *meetings_next(struct meetings *meetings);

/* Is the rule in which they have met about what the one sends to the other, who dialled or not, and was that not fixed?
 */
bool meetings_is_about(const struct meetings *meetings, bool from_a, bool dialled);

/* As rules_note(), of those alone for whom something changes: the seats know who they are. */
void book_note_changed(const struct rules *rules);

void book_drop_lease(struct rules *rules, struct lease *lease);

#endif
