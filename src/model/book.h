/* SPDX-License-Identifier: MIT */
/*
 * The inside of the rule book, for the files that know it: rules.c, how rules come, are fixed and go; lasting.c, what
 * ends by itself; asking.c, what the book says about names, and who is left out of it; noting.c, what rules have done.
 */
#ifndef MODEL_BOOK_H
#define MODEL_BOOK_H

#include "model/rules.h"

struct rules {
    struct rule *book; /* oldest first */
    size_t count;
    uint32_t last_id;
    uint64_t version;
    struct lease *leases;
    size_t leases_count;
    struct island observers;
    void (*changed)(void *data);
    void *data;
    void (*ended)(void *data, const struct rule *rule);
    void *ended_data;
    void (*note)(void *data);
    void *note_data;
};

/* The book has changed. */
void book_tell(const struct rules *rules);

/* Drops every rule of which `goes` says so; returns whether there was one. */
bool book_drop_those(struct rules *rules, bool (*goes)(const struct rule *rule, const void *data), const void *data);

/* Has a fix taken this pair out? */
bool book_is_healed(const struct rule *rule, const char *from, const char *to);

void book_drop_lease(struct rules *rules, struct lease *lease);

#endif
