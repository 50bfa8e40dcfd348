/* SPDX-License-Identifier: MIT */
/*
 * The rule book: which ordered pairs of nodes, or which names, suffer what, and until when. "From A to B" is the data
 * that A sends to B, whoever dialled.
 *
 * Rules are kept in the order in which they came, each with a number. All that name a pair are folded into its profile,
 * so that they may be removed in any order (model/profile.h says how they add up). A fix takes pairs out of the
 * partitions that there are; a partition that is left with none goes. One that a newer one covers wholly goes too, so
 * that cutting the same nodes for ever does not fill the book.
 *
 * The book is a pure function from two names to a profile: it knows no connections and no clock. Whoever does is told
 * through `changed` and asks again; for names that are asked about often it keeps seats (model/seats.h).
 */
#ifndef MODEL_RULES_H
#define MODEL_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/effect.h"
#include "model/faults.h"
#include "model/profile.h"
#include "model/selector.h"
#include "wire/handshake.h"

#define RULES_MAX 1000
#define OBSERVERS_MAX 100
#define RULES_HEALED_MAX 100 /* fixes that took pairs out of one rule */
#define LEASES_MAX 100
#define LEASE_NAME_BYTES_MAX 100

#define RULES_NEVER UINT64_MAX

/*
 * A cut that severs closes many connections, and a node may hear that an island mate has lost one before it hears the
 * end of its own: `global` (OTP 25 and later) then takes the split for an overlapping one, warns and disconnects. So
 * mates hear nothing of each other for that long. Closes are known within a few milliseconds, later on a busy machine.
 */
#define RULES_SETTLING_US 50000

struct lease {
    char *name; /* NULL: it is an owner, see rules_begin_owner() ... */
    char *node; /* ... and this the node of which it is a process; NULL: it is a connection */
    uint64_t ends_us;
    struct lease *prev, *next; /* the book's, in the order of their beginning */
};

struct rule {
    uint32_t id;
    struct fault fault;
    struct selector selector;
    struct islands *healed; /* partitions: pairs between islands that fixes have taken out; owned */
    size_t healed_count;
    uint64_t ends_us;    /* RULES_NEVER, or when it goes */
    uint64_t settles_us; /* 0, or until when the nodes of an island hear nothing of each other */
    struct lease *lease; /* goes with it, or with this owner; NULL: none */
    struct effect effect;
    uint32_t together;        /* the number of the first one that was added with it */
    bool goes_on;             /* one of those, or a partition that had its pairs before, had changed something */
    bool marked;              /* it is about to change, or to go */
    struct rule *prev, *next; /* the book, oldest first */
};

struct rule_request {
    struct fault fault;
    struct selector selector; /* its islands are taken over when the request succeeds */
    uint64_t ends_us;
    uint64_t settles_us;
    const char *lease;   /* the name of one that there is, or NULL ... */
    struct lease *owner; /* ... or this, or NULL */
};

struct rules;

/*
 * `ended`, unless NULL, is called with each rule that goes, before it is freed; but neither with one that leaves others
 * behind that were added with it (a cut by topology, say), nor with partitions that a newer one covers: those go on
 * with what it has begun.
 */
void rules_tell_ends(struct rules *rules, void (*ended)(void *data, const struct rule *rule), void *data);

/* `changed` is called after every change of the book, leases included; NULL is fine. */
struct rules *rules_new(void (*changed)(void *data), void *data);
void rules_free(struct rules *rules);

/*
 * Adds all of them, or none: -ENOSPC when the book is full. The selectors were checked, and the lease is there.
 * *ret_first is the number of the first; the others follow.
 */
int rules_add(struct rules *rules, struct rule_request *requests, size_t count, uint32_t *ret_first);

/*
 * Takes the pairs between the islands, in both directions, out of all partitions; without islands (NULL) all partitions
 * go. Other faults stay. Returns 0, or -ENOSPC when a rule cannot take any more fixes; nothing has changed then.
 */
int rules_fix(struct rules *rules, const struct islands *islands);

const struct rule *rules_find(const struct rules *rules, uint32_t id); /* or NULL */

/* Returns false when there is no such rule. */
bool rules_remove(struct rules *rules, uint32_t id);
/* Those of them that are there, at once. */
void rules_remove_those(struct rules *rules, const uint32_t *ids, size_t count);
void rules_clear(struct rules *rules); /* every rule; leases stay */

/* Begins a lease, or goes on with it until then. Returns -ENOSPC when there are too many. */
int rules_renew_lease(struct rules *rules, const char *name, uint64_t ends_us);
/* Ends it, and the rules that depend on it. Returns false when there is none. */
bool rules_end_lease(struct rules *rules, const char *name);
const struct lease *rules_lease(const struct rules *rules, const char *name); /* or NULL */
const struct lease *rules_leases(const struct rules *rules);                  /* go on with ->next */

/*
 * Rules may go with whoever has made them: an owner is a lease that nobody renews and nobody else can name. It is the
 * caller's, to be ended before the book is freed. `node`: it is a process of that one; NULL: a connection.
 */
struct lease *rules_begin_owner(const char *node);
void rules_end_owner(struct rules *rules, struct lease *owner); /* and the rules that are its; NULL is fine */

/*
 * Nodes that are no part of the experiment, by patterns. Rules are about them only when they name them outright, and in
 * handshakes with them neither node is published: so each takes the other for a hidden one, and `global` does not
 * count on it. Registered hidden nodes are observers without being declared; their handshakes stay as they are.
 */
int rules_observe(struct rules *rules, const char *pattern);    /* 0, also when it is there already; or -ENOSPC */
bool rules_unobserve(struct rules *rules, const char *pattern); /* false: it was not there */
const struct island *rules_observers(const struct rules *rules);
bool rules_is_observer(const struct rules *rules, const char *name); /* was it declared one? */

/* What had to end by now ends. */
void rules_expire(struct rules *rules, uint64_t now_us);
uint64_t rules_next_end_us(const struct rules *rules); /* or RULES_NEVER */

/* `dialled`: `from` is the one that dialled. Parties need not observe to be observers: the book knows who was declared.
 */
struct profile rules_profile(const struct rules *rules, struct party from, struct party to, bool dialled);
struct name_profile rules_name_profile(const struct rules *rules, struct party party);

/* What happens to a connection, or to a name, that rules may be about. */
struct touch {
    struct party dialer, acceptor; /* for names: the dialer alone */
    enum touched { TOUCHED_DIAL, TOUCHED_CABLE, TOUCHED_GIVEN_UP, TOUCHED_LOOKUP, TOUCHED_LIST } what;
    uint32_t after;   /* only rules with a greater number: the others have been told ... */
    struct party was; /* ... if they were about the acceptor as it was called then; no name: as it is called now */
    uint64_t now_ms;  /* since 1970 */
};

/* Notes it in the effect of each rule that is about it. Returns the newest rule's number, for the next one's `after`.
 */
uint32_t rules_touch(struct rules *rules, const struct touch *touch);

/* What a fault has done to a connection: it has ended it, or something of its handshake waits, or was changed. */
struct act {
    struct party dialer, acceptor;
    enum done { DONE_closed, DONE_reset, DONE_refused, DONE_held, DONE_changed } what;
    enum fault_kind by;
    enum handshake_stage stage; /* of the message, by a handshake fault */
    uint64_t flags;             /* that were taken out, by a downgrade */
    uint64_t now_ms;            /* since 1970 */
};

/* Notes it in the effect of each rule that has its part in it. */
void rules_note_act(struct rules *rules, const struct act *act);

/* The same of what a lane's faults have done to what one of them has sent to the other. */
struct passing {
    struct party from, to;
    bool dialled; /* by from */
    struct toll toll;
};

void rules_note_toll(struct rules *rules, const struct passing *passing);

/*
 * `note` is called before a rule goes or comes, and by rules_note(): whoever keeps count of what passes then notes what
 * the rules have done up to now. `all`, or only what passes between nodes whose seats differ (seats_differ()) since
 * they were asked about. NULL: nobody does.
 */
void rules_set_note(struct rules *rules, void (*note)(void *data, bool all), void *data);

/* To be called before effects are looked at; the latter when that is right before a fix, which then need not do it. */
void rules_note(const struct rules *rules);
void rules_note_before_fix(struct rules *rules);

const struct rule *rules_first(const struct rules *rules); /* oldest; go on with ->next */
size_t rules_count(const struct rules *rules);

/* A number that is another one whenever a profile may be another one. */
uint64_t rules_version(const struct rules *rules);

#endif
