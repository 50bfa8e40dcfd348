/* SPDX-License-Identifier: MIT */
/*
 * The handshake as OTP's dist_util.erl does it, in both roles, with the messages of today and those before OTP 23;
 * simultaneous connects and "alive" too. Digests are made up: only that they come through is looked at.
 */
#include "actor.h"

#include <stdlib.h>
#include <string.h>

#include "bytes_queue.h"
#include "oracle.h"
#include "stranger.h"

#define FLAGS_HIGH UINT64_C(0x0d)
#define FLAGS_LOW UINT64_C(0x03df7fbd)
#define FLAG_PUBLISHED UINT64_C(1)
#define FLAG_HANDSHAKE_23 (UINT64_C(1) << 24)
#define TAG_SHIFT 26 /* bits that OTP keeps for later */

static struct actor *other_of(const struct line *line)
{
    return line->side == DIALER ? line->dial->to : line->dial->from;
}

/* ---- what is said ---- */

static void say(struct line *line, const uint8_t *body, size_t len)
{
    uint8_t length[2];

    put_number(length, 2, len);
    line_put(line, length, 2);
    line_put(line, body, len);
}

static uint64_t flags_of(const struct line *line)
{
    const struct actor *actor = line->actor;
    uint64_t flags = FLAGS_HIGH << 32 | FLAGS_LOW | (uint64_t)line->dial->tag << TAG_SHIFT;

    if (actor->generation == GENERATION_old)
        flags &= 0xffffffffU & ~FLAG_HANDSHAKE_23;
    return actor->hidden ? flags & ~FLAG_PUBLISHED : flags;
}

static void say_word(struct line *line, const char *word)
{
    uint8_t body[32] = {'s'};

    memcpy(body + 1, word, strlen(word));
    say(line, body, 1 + strlen(word));
}

/* The first message, or the acceptor's with its challenge: 'N' flags [challenge] creation length name, or
 * 'n' version flags [challenge] name. */
static void say_name(struct line *line, bool old, bool challenge)
{
    uint8_t body[128] = {old ? 'n' : 'N'};
    const char *name = line->actor->full_name;
    uint64_t flags = line->dial->flags[line->side] = flags_of(line);
    size_t at = 1;

    if (old) {
        put_number(body + 1, 2, 5);
        put_number(body + 3, 4, flags);
        at = 7;
    } else {
        put_number(body + 1, 8, flags);
        at = 9;
    }
    if (challenge) {
        put_number(body + at, 4, line->dial->number * 77);
        at += 4;
    }
    if (!old) {
        put_number(body + at, 4, line->actor->creation);
        put_number(body + at + 4, 2, strlen(name));
        at += 6;
    }
    memcpy(body + at, name, strlen(name));
    say(line, body, at + strlen(name));
}

void line_begin(struct line *line)
{
    /* Who is registered as version 6 is told N, unless the dialer still begins with n. */
    bool old = line->actor->generation != GENERATION_new || line->dial->to->generation == GENERATION_old;

    line->dial->daemon[DIALER] = line->sock->peer;
    sock_hold(line->sock->peer);
    line->state = LINE_status;
    line->sends_old = old;
    say_name(line, old, false);
}

static void say_challenge(struct line *line)
{
    bool old = line->actor->generation == GENERATION_old || line->sends_old;

    say_name(line, old, true);
    /* An old name with the flag of the new handshake is completed later. */
    line->state = !old && line->completes ? LINE_complement : LINE_reply;
}

static void say_reply(struct line *line)
{
    uint8_t body[21] = {'r'};

    put_number(body + 1, 4, line->dial->number * 99);
    say(line, body, sizeof(body));
    line->state = LINE_ack;
}

void line_enter_up(struct line *line)
{
    struct actor *other = other_of(line);
    struct line *before = actor_line(line->actor, other);

    line->state = LINE_up;
    happen_not(&line->setup);
    line->dial->up[line->side] = true;
    if (line->side == DIALER)
        happen_not(&line->dial->setup);
    line->came_seen = line->came_count;
    trace("%s is connected with %s over #%u", line->actor->name, other->name, line->dial->number);
    oracle_up(line->dial, line->side);
    if (before) /* it was taken for lost by the other */
        line_close(before, false);
}

/* ---- what is heard ---- */

/* Returns false when the line is gone. */
static bool close_it(struct line *line, const char *why)
{
    trace("%s: #%u: %s", line->actor->name, line->dial ? line->dial->number : 0, why);
    line_close(line, false);
    return false;
}

static void hear_flags(struct line *line, uint64_t flags, bool old)
{
    enum side from = line->side == DIALER ? ACCEPTOR : DIALER;
    uint64_t sent = line->dial->flags[from];

    oracle_flags_came(line->dial, from, old ? sent & 0xffffffffU : sent, flags);
}

/* The name of whoever dials tells which of its dials this is. */
static bool hear_name(struct line *line, const uint8_t *body, size_t len)
{
    bool old = body[0] == 'n';
    size_t at = old ? 7 : 15;
    uint64_t flags = old ? get_number(body + 3, 4) : get_number(body + 1, 8);
    struct actor *from = len > at ? actor_named((const char *)body + at, len - at) : NULL;
    struct dial *dial;
    struct dial *mine;

    if (((body[0] != 'n' && body[0] != 'N') || !from) && strangers_have_come())
        return close_it(line, "a stranger, through the gate");
    if ((body[0] != 'n' && body[0] != 'N') || !from)
        wrong("%s hears a name that nobody has sent", line->actor->name);
    dial = dial_with_tag(from, line->actor, (unsigned)(flags >> TAG_SHIFT) & 63);
    if (!dial)
        wrong("%s is connected to by %s, which has not dialled it", line->actor->name, from->name);
    if (dial->begun[ACCEPTOR])
        wrong("#%u comes to %s twice", dial->number, line->actor->name);
    line->dial = dial;
    line->sends_old = old && !(flags & FLAG_HANDSHAKE_23);
    line->completes = old && (flags & FLAG_HANDSHAKE_23);
    dial->ends[ACCEPTOR] = line;
    dial->begun[ACCEPTOR] = true;
    dial->daemon[ACCEPTOR] = line->sock->peer;
    sock_hold(line->sock->peer);
    oracle_accepted(dial, line->sock->peer->out.read);
    hear_flags(line, flags, old);
    mine = dial_pending(line->actor, from);
    if (actor_line(line->actor, from)) {
        say_word(line, "alive");
        line->state = LINE_alive;
        return true;
    }
    if (mine && strcmp(line->actor->full_name, from->full_name) > 0) {
        say_word(line, "nok");
        line_flush(line);
        return close_it(line, "nok: this one dials itself");
    }
    say_word(line, mine ? "ok_simultaneous" : "ok");
    say_challenge(line);
    if (mine && mine->ends[DIALER])
        line_close(mine->ends[DIALER], false);
    else if (mine)
        dial_give_up(mine);
    return true;
}

static bool is_word(const uint8_t *body, size_t len, const char *word)
{
    return body[0] == 's' && len == 1 + strlen(word) && memcmp(body + 1, word, len - 1) == 0;
}

static bool hear_status(struct line *line, const uint8_t *body, size_t len)
{
    line->state = LINE_challenge;
    if (is_word(body, len, "ok") || is_word(body, len, "ok_simultaneous"))
        return true;
    if (is_word(body, len, "alive")) {
        say_word(line, "true");
        return true;
    }
    if (!is_word(body, len, "nok"))
        wrong("%s hears a status that nobody has sent", line->actor->name);
    return close_it(line, "is not wanted");
}

static bool hear_challenge(struct line *line, const uint8_t *body, size_t len)
{
    bool old = body[0] == 'n';
    size_t at = old ? 11 : 19;
    uint64_t flags = old ? get_number(body + 3, 4) : get_number(body + 1, 8);
    uint8_t complement[9] = {'c'};

    if ((body[0] != 'n' && body[0] != 'N') || len < at ||
        actor_named((const char *)body + at, len - at) != line->dial->to)
        wrong("%s has dialled %s, and somebody else answers", line->actor->name, line->dial->to->name);
    hear_flags(line, flags, old);
    if (!old && line->sends_old) {
        put_number(complement + 1, 4, flags_of(line) >> 32);
        put_number(complement + 5, 4, line->actor->creation);
        say(line, complement, sizeof(complement));
    }
    say_reply(line);
    return true;
}

static bool hear_reply(struct line *line, const uint8_t *body, size_t len)
{
    uint8_t ack[17] = {'a'};

    if (body[0] != 'r' || len != 21 || get_number(body + 1, 4) != line->dial->number * 99)
        wrong("%s hears a reply that was not sent", line->actor->name);
    say(line, ack, sizeof(ack));
    line_enter_up(line);
    return true;
}

static bool hear_alive(struct line *line, const uint8_t *body, size_t len)
{
    if (!is_word(body, len, "true"))
        wrong("%s hears neither true nor false", line->actor->name);
    say_challenge(line);
    return true;
}

static bool hear_one(struct line *line, const uint8_t *body, size_t len)
{
    switch (line->state) {
    case LINE_name:
        return hear_name(line, body, len);
    case LINE_status:
        return hear_status(line, body, len);
    case LINE_alive:
        return hear_alive(line, body, len);
    case LINE_challenge:
        return hear_challenge(line, body, len);
    case LINE_complement:
        if (body[0] != 'c' || len != 9)
            wrong("%s hears no complement", line->actor->name);
        line->state = LINE_reply;
        return true;
    case LINE_reply:
        return hear_reply(line, body, len);
    case LINE_ack:
        if (body[0] != 'a' || len != 17)
            wrong("%s hears no ack", line->actor->name);
        line_enter_up(line);
        return true;
    case LINE_connecting:
    case LINE_up:
        break;
    }
    wrong("%s hears something before its time", line->actor->name);
}

bool line_hear(struct line *line)
{
    while (line->state != LINE_up && line->in.len >= 2) {
        const uint8_t *data = queue_data(&line->in);
        size_t len = (size_t)get_number(data, 2);
        uint8_t body[256];

        if ((len == 0 || len > sizeof(body)) && line->state == LINE_name && strangers_have_come())
            return close_it(line, "a stranger, through the gate");
        if (len == 0 || len > sizeof(body))
            wrong("%s hears a message of %zu bytes", line->actor->name, len);
        if (line->in.len < 2 + len)
            break;
        memcpy(body, data + 2, len);
        queue_take(&line->in, 2 + len);
        if (!hear_one(line, body, len))
            return false;
    }
    return true;
}
