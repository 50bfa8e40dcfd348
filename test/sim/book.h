/* SPDX-License-Identifier: MIT */
/*
 * The simulator's own rule book: what was asked for, as sets of actors. Written after doc/FAULTS.md; nothing of it asks
 * the daemon's.
 */
#ifndef SIM_BOOK_H
#define SIM_BOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "actor.h"

#define BOOK_MAX 64
#define BOOK_SETS_MAX 4

enum book_kind {
    BOOK_partition,
    BOOK_latency,
    BOOK_bandwidth,
    BOOK_slow_close,
    BOOK_limit_data,
    BOOK_slicer,
    BOOK_freeze,
    BOOK_mute,
    BOOK_handshake,
    BOOK_downgrade,
    BOOK_hide,
    BOOK_slow,
    BOOK_silent,
    BOOK_unlisted
};

enum book_mode { MODE_none, MODE_hold, MODE_sever, MODE_drop, MODE_close, MODE_reset, MODE_refuse };

/* Actors by their index, a bit each. */
struct book_rule {
    uint32_t id;
    enum book_kind kind;
    enum book_mode mode;
    unsigned sets[BOOK_SETS_MAX], plain[BOOK_SETS_MAX]; /* plain: those that are named outright, by no pattern */
    size_t count;
    bool one_way, overlap, hosts;
    enum { BY_anybody, BY_from, BY_to } dialled_by;
    uint64_t since_us, ends_us; /* 0: it stays */
    unsigned lease;             /* 0: none */
    uint64_t least_us;          /* latency: nothing comes sooner */
    bool healed[ACTORS_MAX][ACTORS_MAX];
};

/*
 * Observers are named outright, or not at all: hidden actors, and those that were declared (a bit each).
 */
void book_declare(unsigned actors_declared);
unsigned book_declared(void);
bool book_observes(const struct actor *actor);

void book_clear(void);
void book_add(const struct book_rule *rule);
void book_remove(uint32_t id);
void book_fix(const unsigned *sets, size_t count, bool hosts); /* 0: all partitions go */
size_t book_count(void);
struct book_rule *book_at(size_t index); /* oldest first */

/* Is it about what `from` sends to `to`? Healed pairs are not. */
bool book_rule_names(const struct book_rule *rule, const struct actor *from, const struct actor *to, bool from_dialled);
bool book_rule_names_actor(const struct book_rule *rule, const struct actor *actor);

enum book_mode book_mode(const struct actor *from, const struct actor *to, bool from_dialled);
bool book_names(const struct actor *from, const struct actor *to, bool from_dialled); /* any rule */
bool book_has(enum book_kind kind, const struct actor *from, const struct actor *to, bool from_dialled);
/* Nothing comes sooner than so much later. */
uint64_t book_least_us(const struct actor *from, const struct actor *to, bool from_dialled);
bool book_has_name(enum book_kind kind, const struct actor *actor);

/* Are all pairs of the rule, but those that are healed, those of newer partitions? */
bool book_is_covered(uint32_t id);

/* Does one name a host? It is about nobody whose host is not known yet. */
bool book_knows_hosts(void);

/* Has a cut that severs begun since then? Mates hear nothing of each other for a moment. */
bool book_settles(uint64_t since_us);

/* Is any partition in force that names the two, in any direction and whoever dialled? */
bool book_cuts(const struct actor *a, const struct actor *b);

#endif
