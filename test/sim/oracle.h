/* SPDX-License-Identifier: MIT */
/*
 * What must hold, judged from what the actors have seen and from the sockets; never by asking the code that is tested
 * what it would do. Most of it is called when an actor does or sees something; oracle_look() behind each turn.
 */
#ifndef SIM_ORACLE_H
#define SIM_ORACLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "actor.h"

struct house;

/* Longer than anything takes that nothing stands in the way of: between two signs of life, or to hear of something. */
#define ORACLE_PATIENCE_US (8 * SECOND_US)

/* `calm`: no call fails, and descriptors do not run out; then nothing ends without a reason that the oracle knows. */
void oracle_begin(struct house *house, bool calm);
void oracle_look(void);
void oracle_rules_changed(void); /* the book (book.h) has */

/* A rule has come; `talking`: over how many connections that it is about two were talking just before. */
struct book_rule;
size_t oracle_talking(const struct book_rule *rule);
void oracle_rule_added(const struct house *house, const struct book_rule *rule, size_t talking);

void oracle_end(void);

/* Registrations and port queries; `since_us`: when it was asked. */
void oracle_registered(struct actor *actor);
void oracle_refused(struct actor *actor);
void oracle_lost_registration(struct actor *actor); /* the daemon has ended it */
void oracle_left(struct actor *actor);
void oracle_found(struct actor *actor, uint16_t port, uint64_t since_us);
void oracle_not_found(struct actor *actor, uint64_t since_us);
void oracle_unanswered(struct actor *actor, uint64_t since_us);
void oracle_client_stays(uint64_t silent_us); /* it was not closed, and has said nothing for so long */
void oracle_names_came(const uint8_t *answer, size_t len);

void oracle_daemon_says(const struct sock *sock, const uint8_t *data, size_t len); /* over this socket */

/* A dial, from its beginning to its end. `side`: who does or sees it. */
void oracle_dial_begins(struct dial *dial);
void oracle_setup_over(struct dial *dial);
void oracle_accepted(struct dial *dial, uint64_t bytes);
void oracle_flags_came(struct dial *dial, enum side from, uint64_t sent, uint64_t came);
void oracle_up(struct dial *dial, enum side side);
void oracle_sent(struct dial *dial, enum side side, size_t bytes);
void oracle_came(struct dial *dial, enum side side, size_t bytes);
void oracle_frame_came(struct dial *dial, enum side from, uint64_t sent_us);
void oracle_tick_timeout(struct dial *dial, enum side side);
void oracle_end_closes(struct dial *dial, enum side side);
void oracle_end_came(struct dial *dial, enum side side, bool broken);
void oracle_tick_sent(void);

/* Conditions that somebody waits for. */
struct awaited {
    enum awaited_kind {
        AWAITED_up,
        AWAITED_mesh,
        AWAITED_connected,
        AWAITED_disconnected,
        AWAITED_noticed,
        AWAITED_settled,
        AWAITED_quiet
    } kind;
    unsigned number, sets[2];
};

void oracle_wait_holds(const struct awaited *awaited, const char *text);
void oracle_wait_times_out(const struct awaited *awaited, const char *text);

#endif
