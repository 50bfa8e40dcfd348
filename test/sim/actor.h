/* SPDX-License-Identifier: MIT */
/*
 * Scripted Erlang nodes: what a node does at its sockets, as the protocol says and OTP does it. Written for the
 * simulator alone; it shares no line with the code that it tests.
 *
 *     actor    a node: its registration, its listening socket, its lines
 *     dial     an attempt of one actor to connect with another, and what became of it; the oracle's view as well
 *     line     an actor's end of one connection: its handshake, then frames and ticks
 */
#ifndef SIM_ACTOR_H
#define SIM_ACTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "bytes_queue.h"
#include "tcp.h"

#define ACTORS_MAX 8
#define ACTOR_SETUP_US (7 * SECOND_US) /* net_setuptime */
#define ACTOR_AGAIN_US (2 * SECOND_US) /* a registration that has failed */
#define FRAME_HEAD_BYTES 30

/* How a node begins its handshakes: with N; with the old n, but it understands N; or it knows nothing else than n. */
enum generation { GENERATION_new, GENERATION_between, GENERATION_old };

enum side { DIALER, ACCEPTOR };

/* What one end of a connection sends to the other. */
struct way {
    uint64_t bytes_sent, bytes_came;   /* that the kernel has taken, that the other has read; all of them */
    uint64_t frames_sent, frames_came; /* whole ones; put into the line, or read */
    uint64_t ticks_sent, ticks_came;
    uint64_t moved_us;   /* when something came last */
    uint64_t lags_us;    /* since when something has been under way; 0: nothing is */
    bool ended;          /* whoever sends has closed ... */
    bool reset;          /* ... and so that what was sent may be lost */
    bool end_came;       /* the other has read the end, or that it is broken */
    struct way_rules {   /* the oracle's: what rules there were since the beginning */
        bool named;      /* one was about it */
        bool ticks;      /* that changes ticks */
        bool froze;      /* that makes some */
        bool flags;      /* that changes flags */
        bool may_refuse; /* one, or a fix, with full names: it may not be known yet whether it is about these */
        bool may_end;    /* that may end the connection, or lose what was sent */
    } rules;
    struct way_shape {                     /* the oracle's, too */
        uint64_t frozen_us;                /* since when a freeze is about it; 0: none is */
        uint64_t ticks_most;               /* a mute is: no more ticks than these come; UINT64_MAX: none is */
        uint64_t least_us, least_since_us; /* what is sent behind the second comes so much later, or more */
    } shape;
    uint64_t free_us; /* the oracle's: since when no rule is about it; 0: one is */
    uint64_t cut_us;  /* since when nothing of it may pass; 0: it may */
    bool cut_seen;    /* the daemon's socket to the other was there then, or has come since; and by then it had ... */
    uint64_t cut_written; /* ... written so much ... */
    bool cut_end;         /* ... and told the end */
};

struct dial {
    unsigned number, tag; /* tag: a part of it, in the name message */
    struct actor *from, *to;
    uint64_t began_us;
    struct line *ends[2];    /* NULL: not there yet, or no more */
    bool begun[2];           /* that end was there */
    struct sock *daemon[2];  /* the daemon's sockets behind them, held; NULL: not there yet */
    struct way ways[2];      /* what ends[i] sends */
    bool up[2];              /* handshake done, as this end sees it */
    uint64_t up_us, over_us; /* both were up; the first of them has left */
    uint64_t flags[2];       /* as each end has sent them */
    struct sock *asking;     /* the port mapper, before there is a line */
    struct bytes_queue answer;
    struct happening setup;   /* time is over, for the dialer */
    struct dial *prev, *next; /* dials_living(), oldest first */
};

struct line {
    struct actor *actor;
    struct dial *dial; /* NULL: its dialer has not said yet who it is */
    enum side side;
    struct sock *sock;
    enum line_state {
        LINE_connecting, /* dialer */
        LINE_name,       /* acceptor: hears who it is */
        LINE_status,     /* dialer: hears "ok" ... */
        LINE_alive,      /* acceptor: hears whether its "alive" was wrong */
        LINE_challenge,  /* dialer */
        LINE_complement, /* acceptor: of an old name */
        LINE_reply,      /* acceptor */
        LINE_ack,        /* dialer */
        LINE_up
    } state;
    bool sends_old;             /* dialer: has begun with n; acceptor: the other can do nothing else ... */
    bool completes;             /* ... or sends what n has no room for */
    struct bytes_queue in, out; /* of the handshake; what the kernel has not taken */
    uint8_t head[4 + FRAME_HEAD_BYTES];
    size_t head_have, frame_left, frame_at; /* of the frame that comes; frame_left counts what is behind the head */
    uint64_t sent_count, came_count, sent_seen, came_seen, silent; /* for ticks */
    uint64_t frames_wanted;                                        /* still to be sent */
    bool stopped;                                                  /* does not read */
    struct happening setup;
    struct line *prev, *next; /* actor->lines */
};

struct actor {
    unsigned index;
    char name[32], full_name[64];
    enum generation generation;
    bool hidden;
    uint32_t ip; /* where it listens */
    uint16_t port;
    uint64_t ticktime_us;
    bool running, frozen;
    struct sock *listener, *epmd;
    struct bytes_queue epmd_in;
    bool registered;
    uint64_t registered_us, left_us; /* when it was told so; when it went, or nothing held it any more */
    uint64_t started_us, thawed_us;  /* the last time */
    uint32_t creation;
    struct happening again, tick;
    struct line *lines;
};

extern struct actor actors[ACTORS_MAX];
extern size_t actors_count;

void actors_begin(size_t count, uint64_t ticktime_us, bool some_hide);
void actors_end(void); /* all have left */

void actor_start(struct actor *actor);
void actor_leave(struct actor *actor, bool crash);
void actor_freeze(struct actor *actor, bool frozen);          /* as by SIGSTOP */
struct actor *actor_named(const char *full_name, size_t len); /* or NULL */

/* Sends some frames; connects first, if it must. */
void actor_send(struct actor *actor, struct actor *to, unsigned frames);
void actor_disconnect(struct actor *actor, struct actor *from, bool reset);
struct line *actor_line(const struct actor *actor, const struct actor *to); /* that is up, or NULL */

/* ---- dial.c ---- */

void dial_begin(struct actor *from, struct actor *to);
struct dial *dial_pending(const struct actor *from, const struct actor *to); /* that is not up at the dialer, or NULL */
void dial_give_up(struct dial *dial);
struct dial *dial_with_tag(const struct actor *from, const struct actor *to, unsigned tag);
void dial_end_came(struct dial *dial, enum side side); /* an end is no more */
struct dial *dials_living(void);
void dials_reap(void); /* those that are over, for the daemon too */
void dials_end(void);

/* ---- line.c, line_shaking.c ---- */

struct line *line_new(struct actor *actor, struct sock *sock, enum side side);
void line_close(struct line *line, bool reset);
void line_ready(void *line); /* something came, or may be sent */
void line_put(struct line *line, const void *data, size_t len);
bool line_flush(struct line *line); /* false: it is broken */
void line_tick(struct line *line);
bool line_hear(struct line *line); /* handshake messages that are there; false: the line is gone */
void line_begin(struct line *line);
void line_enter_up(struct line *line);

#endif
