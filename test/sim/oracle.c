/* SPDX-License-Identifier: MIT */
#include "oracle.h"

#include <stdio.h>
#include <string.h>

#include "book.h"
#include "calls.h"
#include "epmd/gate.h"
#include "house.h"
#include "model/registry.h"
#include "model/rules.h"
#include "oracle_inside.h"
#include "verbs.h"

/* So often is looked at what takes a while to be wrong. */
#define CLOSELY_US (200 * MS_US)

/* The daemon may hear so much later that somebody has left, or that a rule is over. */
#define SLACK_US (2 * SECOND_US)

static struct {
    struct house *house;
    bool calm;
    uint64_t version, looked_us, registrations;
    bool is_named[ACTORS_MAX];     /* a rule is about that name ... */
    uint64_t named_us[ACTORS_MAX]; /* ... or was last then */
    bool is_unlisted[ACTORS_MAX];
    uint64_t unlisted_us[ACTORS_MAX]; /* that has changed */
    struct actor *of_port[65536];     /* whose gate was there last */
} oracle;

void oracle_begin(struct house *house, bool calm)
{
    memset(&oracle, 0, sizeof(oracle));
    oracle.house = house;
    oracle.calm = calm;
    oracle_waits_begin();
}

bool oracle_is_calm(void)
{
    return oracle.calm;
}

uint64_t oracle_names_free_us(const struct actor *actor)
{
    return oracle.is_named[actor->index] ? now_us() : oracle.named_us[actor->index];
}

/* ---- registrations ---- */

void oracle_registered(struct actor *actor)
{
    oracle.registrations++;
    for (size_t i = 0; i < actors_count; i++)
        if (&actors[i] != actor && actors[i].registered && strcmp(actors[i].name, actor->name) == 0)
            wrong("%s is registered twice", actor->name);
}

/* Its former self may still be there. */
void oracle_refused(struct actor *actor)
{
    if (oracle.calm && now_us() - actor->left_us > SLACK_US)
        wrong("%s is refused, and nobody has its name", actor->name);
}

void oracle_lost_registration(struct actor *actor)
{
    if (actor->registered && !actor->epmd->hit)
        wrong("the registration of %s has ended, and not by it", actor->name);
}

void oracle_left(struct actor *actor)
{
    actor->left_us = now_us();
}

/* ---- port queries ---- */

static struct actor *actor_of_name(const char *name)
{
    for (size_t i = 0; i < actors_count; i++)
        if (strcmp(actors[i].name, name) == 0)
            return &actors[i];
    return NULL;
}

static void note_names(void)
{
    for (size_t i = 0; i < actors_count; i++) {
        bool named = book_has_name(BOOK_hide, &actors[i]) || book_has_name(BOOK_silent, &actors[i]) ||
                     book_has_name(BOOK_slow, &actors[i]);

        if (named || oracle.is_named[i])
            oracle.named_us[i] = now_us();
        oracle.is_named[i] = named;
        if (book_has_name(BOOK_unlisted, &actors[i]) != oracle.is_unlisted[i])
            oracle.unlisted_us[i] = now_us();
        oracle.is_unlisted[i] = book_has_name(BOOK_unlisted, &actors[i]);
    }
}

void oracle_found(struct actor *actor, uint16_t port, uint64_t since_us)
{
    if (!actor->registered && !actor->epmd && actor->left_us + SLACK_US < since_us)
        wrong("%s is found, and is not registered", actor->name);
    if (port == 0)
        wrong("%s is told to be at no port", actor->name);
    if (port == actor->port && actor->running)
        wrong("the real port of %s is told", actor->name);
    if (oracle.of_port[port] != actor)
        wrong("%s is told to be at port %u, and the daemon has not said so", actor->name, port);
}

static bool left_lately(const struct actor *actor)
{
    return now_us() - actor->left_us < SLACK_US;
}

/* PORT2_RESP is on its way, perhaps to somebody who will not wait for it. */
void oracle_daemon_says(const struct sock *sock, const uint8_t *data, size_t len)
{
    struct actor *actor;
    char name[32] = "";

    if (sock->port != EPMD_PORT_OF_HOUSE || len < 14 || data[0] != 119 || data[1] != 0 || data[11] >= sizeof(name))
        return;
    memcpy(name, data + 12, data[11]);
    actor = actor_of_name(name);
    if (!actor)
        wrong("the daemon tells of '%s', whom nobody has registered", name);
    oracle.of_port[data[2] << 8 | data[3]] = actor;
}

/* A minute is what a request may take. */
void oracle_client_stays(uint64_t silent_us)
{
    if (oracle.calm && silent_us > 60 * SECOND_US + 5 * SLACK_US)
        wrong("a client has said nothing for %llu s, and is not closed", (unsigned long long)(silent_us / SECOND_US));
}

/* The list of all names: port:32, then "name NAME at port PORT\n" for each. */
void oracle_names_came(const uint8_t *answer, size_t len)
{
    char text[2048], line[64];

    if (len < 4)
        return; /* it was closed: a fault of a call, or who came first goes first */
    len = len - 4 < sizeof(text) ? len - 4 : sizeof(text) - 1;
    memcpy(text, answer + 4, len);
    text[len] = 0;
    for (size_t i = 0; i < actors_count; i++) {
        const struct actor *actor = &actors[i];
        bool listed;

        snprintf(line, sizeof(line), "name %s at port ", actor->name);
        listed = strstr(text, line);
        if (listed && !actor->registered && !actor->epmd && !left_lately(actor))
            wrong("%s is listed, and has left", actor->name);
        if (listed && actor->registered && book_has_name(BOOK_unlisted, actor) && !book_knows_hosts() &&
            now_us() - oracle.unlisted_us[i] > SLACK_US)
            wrong("%s is listed, and must not be", actor->name);
        if (!listed && actor->registered && now_us() - actor->registered_us > SLACK_US &&
            !book_has_name(BOOK_unlisted, actor) && now_us() - oracle.unlisted_us[i] > SLACK_US)
            wrong("%s is not listed", actor->name);
    }
}

static bool was_there(const struct actor *actor, uint64_t since_us)
{
    return actor->registered && actor->registered_us < since_us && oracle_names_free_us(actor) + SLACK_US < since_us;
}

void oracle_not_found(struct actor *actor, uint64_t since_us)
{
    if (was_there(actor, since_us))
        wrong("%s is registered, and is not found", actor->name);
}

void oracle_unanswered(struct actor *actor, uint64_t since_us)
{
    if (oracle.calm && oracle_names_free_us(actor) + SLACK_US < since_us)
        wrong("the port mapper does not answer where %s is", actor->name);
}

/* ---- the daemon's registry and gates ---- */

static void check_registry(void)
{
    for (const struct node *node = registry_nodes(oracle.house->cabling.registry); node; node = node->next) {
        const struct actor *actor = actor_of_name(node->name);

        if (!actor)
            wrong("the daemon has a registration of '%s', whom nobody has registered", node->name);
        if (!actor->registered && !actor->epmd && !left_lately(actor))
            wrong("%s is registered, and has left", actor->name);
        if (actor->registered && node->told.port != actor->port && !left_lately(actor))
            wrong("%s is registered at port %u, and has told %u", actor->name, node->told.port, actor->port);
    }
    for (size_t i = 0; i < actors_count; i++)
        if (actors[i].registered && actors[i].epmd->peer && !actors[i].epmd->peer->closed &&
            !registry_find(oracle.house->cabling.registry, actors[i].name, strlen(actors[i].name)))
            wrong("%s holds its registration, and the daemon has none", actors[i].name);
}

/* A gate that was not told of yet is young. */
static void check_gates(void)
{
    for (const struct sock *sock = sock_first_bound(); sock; sock = sock->next_bound) {
        const struct actor *actor = oracle.of_port[sock->port];

        if (!sock->daemons || sock->port == EPMD_PORT_OF_HOUSE || now_us() - sock->born_us < SLACK_US)
            continue;
        if (!actor && oracle.calm)
            wrong("the daemon listens at port %u, which it has told nobody", sock->port);
        if (actor && !actor->registered && !actor->epmd && !left_lately(actor))
            wrong("the gate of %s is open, and it has left", actor->name);
    }
}

/* ---- the daemon's rules: what has gone must have had a reason ---- */

static void follow_rules(void)
{
    const struct rules *rules = oracle.house->cabling.rules;

    for (const struct rule *rule = rules_first(rules); rule; rule = rule->next) {
        bool known = false;

        for (size_t i = 0; i < book_count(); i++)
            known |= book_at(i)->id == rule->id;
        if (!known)
            wrong("there is a rule %u in force that was removed, or nobody has asked for", rule->id);
    }
    for (size_t i = book_count(); i-- > 0;) {
        struct book_rule rule = *book_at(i);
        uint64_t ends_us = rule.lease ? verbs_lease_ends_us(rule.lease) : rule.ends_us ? rule.ends_us : UINT64_MAX;
        bool over = ends_us <= now_us();

        if (rules_find(rules, rule.id)) {
            if (over && now_us() - ends_us > SLACK_US)
                wrong("rule %u is in force, and its time is over", rule.id);
            continue;
        }
        if (!over && !(rule.kind == BOOK_partition && book_is_covered(rule.id)))
            wrong("rule %u has gone, and for no reason", rule.id);
        trace("rule %u is over", rule.id);
        book_remove(rule.id);
        oracle_rules_changed();
    }
}

void oracle_rules_changed(void)
{
    note_names();
    oracle_lines_rules_changed();
}

/* ---- behind each turn ---- */

static uint64_t counted(enum counter counter)
{
    return oracle.house->counters.value[counter];
}

static void check_counters(void)
{
    if (counted(COUNTER_connections_accepted) != calls_accepted(EPMD_PORT_OF_HOUSE))
        wrong("%llu connections at the door are counted, and %llu were accepted",
              (unsigned long long)counted(COUNTER_connections_accepted),
              (unsigned long long)calls_accepted(EPMD_PORT_OF_HOUSE));
    if (counted(COUNTER_registrations) < oracle.registrations)
        wrong("fewer registrations are counted than there were");
}

void oracle_look(void)
{
    bool closely = now_us() - oracle.looked_us > CLOSELY_US;

    follow_rules();
    oracle_waits_look();
    oracle_lines_look(closely);
    if (!closely)
        return;
    oracle.looked_us = now_us();
    check_registry();
    check_gates();
    check_counters();
    verbs_look_at_waits(SLACK_US);
    oracle_cables_look(oracle.house);
}

void oracle_end(void)
{
    if (sock_count() > 0)
        wrong("at the end %zu sockets are left", sock_count());
}
