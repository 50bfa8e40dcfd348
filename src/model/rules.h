/* SPDX-License-Identifier: MIT */
/*
 * The rule book: which ordered pairs of nodes suffer what. "From A to B" is the data that A sends to B, whoever
 * dialled.
 *
 * Rules are kept in the order in which they came, and for each ordered pair the newest one that names it decides. A fix
 * between some islands is therefore a rule like a cut, which says "nothing is wrong here"; rules that a newer one
 * hides wholly are dropped, so that cutting and fixing the same nodes for ever does not fill the book.
 *
 * The book is a pure function from two names to a profile: it knows no connections. Whoever does is told through
 * `changed` and asks again.
 */
#ifndef MODEL_RULES_H
#define MODEL_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/islands.h"

#define RULES_MAX 1000

enum fault {
    FAULT_NONE,      /* heals the pairs it names */
    FAULT_PARTITION, /* mode hold: nothing is read from the sender, nothing is lost */
};

struct rule {
    uint32_t id;
    enum fault fault;
    struct islands islands;   /* owned */
    bool one_way;             /* only from the first island to the others */
    struct rule *prev, *next; /* the book, oldest first */
};

/* What a lane has to do now. */
struct profile {
    bool hold;
};

struct rules;

/* `changed` is called after every change of the book; NULL is fine. */
struct rules *rules_new(void (*changed)(void *data), void *data);
void rules_free(struct rules *rules);

/*
 * Both take over the islands, checked by islands_check(), when they return 0, and leave them alone when they return
 * -ENOSPC (the book is full). Without islands (NULL), rules_fix() empties the book. *ret is
 * the new rule, valid until the next change.
 */
int rules_cut(struct rules *rules, struct islands *islands, bool one_way, const struct rule **ret);
int rules_fix(struct rules *rules, struct islands *islands);

/* Names are full ones; a short one is a node whose host is not known. */
struct profile rules_profile(const struct rules *rules, const char *from, const char *to);

const struct rule *rules_first(const struct rules *rules); /* oldest; go on with ->next */

const char *fault_name(enum fault fault);

#endif
