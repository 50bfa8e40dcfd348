/* SPDX-License-Identifier: MIT */
/*
 * EPMD sessions: one connection each. Most serve one request and close; a registered node's stays open for as long as
 * the node lives, and is its registration.
 */
#ifndef EPMD_SESSION_H
#define EPMD_SESSION_H

struct address;
struct mapper;
struct sessions;
struct stranger;
struct watch;

/*
 * Refused registrations keep their connections, as with the stock daemon (a node may not expect a close), but not for
 * ever: a node that is refused comes again every 2 s with a new connection and forgets the old one.
 */
#define SESSIONS_REFUSED_MAX 256
#define SESSIONS_REFUSED_MS 60000

/* More than any fault delays an answer (FAULT_DELAY_MAX_US). */
#define SESSIONS_SLOW_MS (2 * 3600 * 1000)

/* All NAMES and DUMP replies that wait for slow readers, together; beyond it such requests are refused. */
#define SESSIONS_REPLY_BYTES_MAX (64 * 1024 * 1024)

/* `kill` is called when one asked the daemon to end. */
struct sessions *sessions_new(struct mapper *mapper, void (*kill)(void *data), void *data);
void sessions_free(struct sessions *sessions); /* ends all of them, registrations as well */

/* Takes over a connected socket, its watch, and its place among the strangers. */
void session_open(struct sessions *sessions, int fd, struct watch *watch, const struct address *peer,
                  struct stranger *stranger);

#endif
