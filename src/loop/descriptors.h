/* SPDX-License-Identifier: MIT */
/*
 * The one account of the descriptors that strangers hold. A stranger is a connection that has not shown yet that it
 * belongs here: one whose request has not come, a question that waits for its answer, a handshake that is not through.
 * A registered node is none, nor are nodes that talk.
 *
 * Strangers may hold a part of all descriptors only, and no descriptor that somebody else needs: whoever has been here
 * longest makes room. That counts from the connect, whatever trickled in since.
 */
#ifndef LOOP_DESCRIPTORS_H
#define LOOP_DESCRIPTORS_H

#include <stdbool.h>
#include <stddef.h>

struct counters;
struct descriptors;
struct loop;

/* Strangers may be one for so many descriptors of the process. */
#define DESCRIPTORS_SHARE 2

/* How often it is said that descriptors have run out. */
#define DESCRIPTORS_WARNING_MS 60000

/* Embedded in whatever holds a descriptor for one; all zero: on no account. */
struct stranger {
    struct descriptors *account;
    void (*evict)(void *owner); /* closes it, and takes it off the account */
    void *owner;
    struct stranger *prev, *next; /* account->strangers, the one that came first first */
};

/* `limit`: how many descriptors the process may have. The loop is for its clock. */
struct descriptors *descriptors_new(struct loop *loop, struct counters *counters, size_t limit);
void descriptors_free(struct descriptors *descriptors); /* no stranger may be left; NULL is fine */

/* What else may be closed when no stranger is left: `fn` closes one, or returns false. */
void descriptors_set_spare(struct descriptors *descriptors, bool (*fn)(void *data), void *data);

/* Somebody has connected. May evict others. */
void stranger_enter(struct stranger *stranger, struct descriptors *descriptors, void (*evict)(void *owner),
                    void *owner);
/* `to` stands on the account for `from`, which is off it: somebody else owns the connection now. */
void stranger_hand_over(struct stranger *from, struct stranger *to, void (*evict)(void *owner), void *owner);
/* It is known now, or gone. Fine when it is on no account. */
void stranger_leave(struct stranger *stranger);

/* Does this errno say that descriptors, or memory for sockets, have run out? */
bool descriptors_ran_out(int error);

/*
 * Descriptors have run out: is one free now? Evicts a stranger other than `except` (may be NULL), or closes what else
 * may be. When it returns false there is nothing left to close, and a line has said what has to be raised: not more
 * often than once in DESCRIPTORS_WARNING_MS.
 */
bool descriptors_make_room(struct descriptors *descriptors, const struct stranger *except, const char *what);

/* Somebody stops accepting for a while, as they have run out. */
void descriptors_note_pause(struct descriptors *descriptors);

#endif
