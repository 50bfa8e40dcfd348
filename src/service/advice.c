/* SPDX-License-Identifier: MIT */
#include "service/advice.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/suggest.h"
#include "base/utf8.h"
#include "model/pattern.h"
#include "model/rules.h"
#include "request/rules_request.h"
#include "service/service.h"

#define NOTE_BYTES_MAX 2048

/* Whose name is like a stranger's is looked for among so many nodes at most, and for the first few strangers. */
#define LIKE_NODES_MAX 1000
#define LIKE_STRANGERS_MAX 10

/* Looking at all triples of nodes, and for all pairs at all rules; beyond it nothing is said about how they are split.
 */
#define SPLIT_NODES_MAX 64
#define SPLIT_RULES_MAX 100

/* OTP's own default for net_ticktime is 60 s: a node notices after 45 to 75 s of silence. */
#define NOTICED_AFTER_US 45000000

/* ---- notes ---- */

static bool is_full(const struct rules_answer *answer)
{
    return answer->notes_count > ANSWER_NOTES_MAX;
}

void advice_note(struct rules_answer *answer, const char *format, ...)
{
    char line[NOTE_BYTES_MAX];
    va_list args;

    if (is_full(answer))
        return;
    va_start(args, format);
    vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    utf8_make_line(line);
    for (size_t i = 0; i < answer->notes_count; i++)
        if (strcmp(answer->notes[i], line) == 0) /* several rules, one slip */
            return;
    if (answer->notes_count == ANSWER_NOTES_MAX)
        snprintf(line, sizeof(line), "there are more notes than these %d", ANSWER_NOTES_MAX);
    answer->notes = mem_resize(answer->notes, (answer->notes_count + 1) * sizeof(*answer->notes));
    answer->notes[answer->notes_count++] = mem_string(line, strlen(line));
}

/* Does a node that is there bear that name? Everybody is known, also where nobody is. */
static enum known is_known(const char *pattern, const struct cluster *cluster)
{
    return strcmp(pattern, "*") == 0 ? KNOWN_yes : cluster_knows(cluster, pattern, NODE_SEEN);
}

bool advice_is_known(const char *pattern, const struct cluster *cluster)
{
    return is_known(pattern, cluster) != KNOWN_no;
}

/* As the rule would name it: with its host where the stranger has one. */
struct known_name {
    char text[PATTERN_BYTES_MAX + 1];
};

/* A node that is there, and that may be meant instead: it is in none of these. */
static bool is_meant(const char *stranger, const struct cluster_node *node, const struct islands *islands,
                     struct known_name *ret)
{
    size_t len = strchr(stranger, '@') ? strlen(node->name) : strcspn(node->name, "@");

    if (node->standing == NODE_REMEMBERED || len >= sizeof(ret->text))
        return false;
    memcpy(ret->text, node->name, len);
    ret->text[len] = 0;
    return suggest_is_slip(stranger, ret->text) && islands_find(islands, node->name) < 0;
}

/* What else to say of a name that nobody has; or "". `cluster` NULL: nobody looks for the node that was meant. */
static void explain_stranger(const char *pattern, const struct islands *islands, const struct cluster *cluster,
                             char to[NOTE_BYTES_MAX])
{
    const char *slip = pattern_slip(pattern);
    struct known_name meant;

    to[0] = 0;
    if (slip) {
        snprintf(to, NOTE_BYTES_MAX, "; %s", slip);
        return;
    }
    if (!cluster || cluster->nodes_count > LIKE_NODES_MAX)
        return;
    for (size_t i = 0; i < cluster->nodes_count; i++)
        if (is_meant(pattern, &cluster->nodes[i], islands, &meant)) {
            snprintf(to, NOTE_BYTES_MAX, "; did you mean %s?", meant.text);
            return;
        }
}

#define PERHAPS "the host of '%.*s' is not known yet: whether it is '%s' shows when it connects"

/* A name that nobody has is fine (the node may come later), but often a slip. */
void advice_strangers(const struct islands *islands, const char *meaning, const struct cluster *cluster,
                      struct rules_answer *answer)
{
    for (size_t i = 0; i < islands->count; i++)
        for (size_t k = 0; k < islands->at[i].count && !is_full(answer); k++) {
            const char *pattern = islands->at[i].patterns[k];
            enum known known = is_known(pattern, cluster);
            char more[NOTE_BYTES_MAX];

            if (known == KNOWN_perhaps)
                advice_note(answer, PERHAPS, (int)strcspn(pattern, "@"), pattern, pattern);
            if (known != KNOWN_no)
                continue;
            explain_stranger(pattern, islands, answer->notes_count < LIKE_STRANGERS_MAX ? cluster : NULL, more);
            advice_note(answer, "no node named '%s' is registered%s%s", pattern, meaning, more);
        }
}

int advice_refuse_strangers(const struct islands *islands, const struct cluster *cluster, struct refusal *refusal)
{
    for (size_t i = 0; i < islands->count; i++)
        for (size_t k = 0; k < islands->at[i].count; k++) {
            const char *pattern = islands->at[i].patterns[k];
            enum known known = is_known(pattern, cluster);
            char more[NOTE_BYTES_MAX];

            if (known == KNOWN_perhaps)
                return refuse(refusal, "strict", PERHAPS, (int)strcspn(pattern, "@"), pattern, pattern);
            if (known != KNOWN_no)
                continue;
            explain_stranger(pattern, islands, cluster, more);
            return refuse(refusal, "strict", "no node named '%.200s' is registered%.400s", pattern, more);
        }
    return 0;
}

/* A connection that is no plain handshake has a dialer that no rule can mean. */
static void note_raw_links(const struct islands *islands, const struct cluster *cluster, struct rules_answer *answer)
{
    for (size_t i = 0; i < cluster->links_count; i++) {
        const struct cluster_link *link = &cluster->links[i];

        if (link->state == LINK_RAW && islands_find(islands, link->acceptor) >= 0)
            advice_note(answer,
                        "cable #%" PRIu64
                        " to %s is raw (TLS?): nobody knows who dialled it, so the rule does not apply "
                        "to it",
                        link->cable, link->acceptor);
    }
}

/* A rule that names an observer outright is about it, and it may not have been meant. */
static void note_observers(const struct islands *islands, const struct cluster *cluster, struct rules_answer *answer)
{
    for (size_t i = 0; i < cluster->nodes_count && cluster->nodes[i].standing != NODE_REMEMBERED; i++)
        if (cluster->nodes[i].observes && islands_naming(islands, cluster->nodes[i].name) >= 0)
            advice_note(answer, "%s is an observer; as the rule names it outright, it is about it all the same",
                        cluster->nodes[i].name);
}

static void note_if_linked(const struct island *nodes, const struct cluster_link *link, const char *observer,
                           const char *other, struct rules_answer *answer)
{
    if (link->state == LINK_UP && island_holds(nodes, observer))
        advice_note(answer,
                    "%s and %s are connected already: they take each other for hidden nodes from the next time on",
                    observer, other);
}

void advice_observers(const struct island *nodes, const struct cluster *cluster, struct rules_answer *answer)
{
    for (size_t i = 0; i < cluster->links_count; i++) {
        const struct cluster_link *link = &cluster->links[i];

        note_if_linked(nodes, link, link->dialer, link->acceptor, answer);
        note_if_linked(nodes, link, link->acceptor, link->dialer, answer);
    }
}

/* The node as rules see it. */
static struct party party_of(const char *name, const struct cluster *cluster)
{
    struct party party = PARTY(name);

    for (size_t i = 0; i < cluster->nodes_count && cluster->nodes[i].standing != NODE_REMEMBERED; i++)
        if (strcmp(cluster->nodes[i].name, name) == 0)
            party.observes = cluster->nodes[i].observes;
    return party;
}

/* What is about handshakes alone comes too late for those who talk already. */
static void note_late(const struct rule_asked *rule, const struct cluster *cluster, struct rules_answer *answer)
{
    const struct cluster_link *first = NULL;
    size_t count = 0;

    if (rule->fault.kind != FAULT_downgrade && rule->fault.kind != FAULT_handshake)
        return;
    for (size_t i = 0; i < cluster->links_count; i++) {
        const struct cluster_link *link = &cluster->links[i];

        if (link->state != LINK_UP)
            continue;

        const struct party dialer = party_of(link->dialer, cluster), acceptor = party_of(link->acceptor, cluster);

        if (!selector_matches(&rule->selector, &dialer, &acceptor, true) &&
            !selector_matches(&rule->selector, &acceptor, &dialer, false))
            continue;
        first = first ? first : link;
        count++;
    }
    if (count == 1)
        advice_note(answer, "%s and %s are connected already: it touches them when they connect anew", first->dialer,
                    first->acceptor);
    else if (count > 1)
        advice_note(
            answer, "%s and %s are connected already, and so %s %zu other %s: it touches them when they connect anew",
            first->dialer, first->acceptor, count == 2 ? "is" : "are", count - 1, count == 2 ? "pair" : "pairs");
}

/* Nobody is connected with itself. But nodes of that name may be on several hosts. */
static void note_itself(const struct selector *selector, struct rules_answer *answer)
{
    const struct island *one = &selector->islands.at[0], *other = &selector->islands.at[1];
    const char *name = one->patterns[0];

    if (!selector->overlap || one->count > 1 || other->count > 1 || strcmp(name, other->patterns[0]) != 0 ||
        !pattern_is_plain(name))
        return;
    advice_note(answer, "%s stands on both sides, and no node is connected with itself%s", name,
                strchr(name, '@') ? "" : ": the rule is about nodes of that name on different hosts");
}

static void note_caveat(const struct fault *fault, struct rules_answer *answer)
{
    char caveat[FAULT_CAVEAT_BYTES];

    fault_caveat(fault, caveat, sizeof(caveat));
    if (caveat[0])
        advice_note(answer, "%s", caveat);
}

void advice_notes(const struct service *service, const struct rules_request *request, const struct cluster *cluster,
                  struct rules_answer *answer)
{
    bool between_nodes = false;

    for (size_t i = 0; i < request->count; i++) {
        const struct rule_asked *rule = &request->at[i];
        bool pairs = fault_row(rule->fault.kind)->between_nodes;

        advice_strangers(&rule->selector.islands, " yet; the rule waits for it", cluster, answer);
        note_late(rule, cluster, answer);
        note_observers(&rule->selector.islands, cluster, answer);
        note_caveat(&rule->fault, answer);
        if (pairs) {
            note_itself(&rule->selector, answer);
            note_raw_links(&rule->selector.islands, cluster, answer);
        }
        between_nodes |= pairs;
    }
    if (between_nodes && !service->relayed)
        advice_note(answer, "the daemon does not relay (--no-relay): only faults of names take effect");
}

/* ---- advice ---- */

static bool talk(const struct rules *rules, const char *a, const char *b)
{
    const struct party one = PARTY(a), other = PARTY(b);

    return rules_profile(rules, one, other, true).partition == PARTITION_NONE &&
           rules_profile(rules, other, one, true).partition == PARTITION_NONE;
}

/* Does a partition name it, by more than a "*"? */
static bool is_cut_by_name(const struct rules *rules, const char *name)
{
    for (const struct rule *rule = rules_first(rules); rule; rule = rule->next)
        if (rule->fault.kind == FAULT_partition && islands_find(&rule->selector.islands, name) >= 0)
            return true;
    return false;
}

/*
 * Who is split: members of the cluster that are connected or cut. A test runner that only looks on is none of them.
 * Before anybody has connected there is no telling.
 */
static size_t split_nodes(const struct rules *rules, const struct cluster *cluster, const char **to)
{
    size_t count = 0;

    for (size_t i = 0; i < cluster->nodes_count; i++) {
        const struct cluster_node *node = &cluster->nodes[i];

        if (node->standing != NODE_REGISTERED || node->observes)
            continue;
        if (cluster->pairs_count > 0 && !node->linked && !is_cut_by_name(rules, node->name))
            continue;
        if (count == SPLIT_NODES_MAX)
            return 0;
        to[count++] = node->name;
    }
    return count;
}

/* Are there three nodes of which the outer two do not talk, and both talk to the one between? */
static bool overlaps(const struct rules *rules, const struct cluster *cluster)
{
    const char *names[SPLIT_NODES_MAX];
    bool talks[SPLIT_NODES_MAX][SPLIT_NODES_MAX];
    size_t count = rules_count(rules) > SPLIT_RULES_MAX ? 0 : split_nodes(rules, cluster, names);

    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < count; j++)
            talks[i][j] = i == j || talk(rules, names[i], names[j]);
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < count; j++)
            for (size_t k = 0; k < count; k++)
                if (talks[i][j] && talks[j][k] && !talks[i][k])
                    return true;
    return false;
}

static size_t count_members(const struct cluster *cluster)
{
    size_t count = 0;

    for (size_t i = 0; i < cluster->nodes_count; i++)
        count += cluster->nodes[i].standing == NODE_REGISTERED && !cluster->nodes[i].observes;
    return count;
}

enum advice { OVERLAP, CLOSES, SHORT, IDLE, ADVICE_COUNT };

static const char *const texts[ADVICE_COUNT] = {
    [OVERLAP] =
        "this cut does not make clean islands: from OTP 25 on `global` disconnects more nodes than you cut, so that "
        "no partitions overlap (-kernel prevent_overlapping_partitions false turns that off)",
    [CLOSES] =
        "nodes notice a closed connection at once, and from OTP 25 on `global` may then isolate a third node within "
        "milliseconds (-kernel prevent_overlapping_partitions false turns that off)",
    [SHORT] = "a hold shorter than the nodes' net_ticktime (60 s unless they say otherwise) can end before anybody has "
              "noticed it; see epmdpxy wait noticed",
    [IDLE] = "idle nodes do not reconnect by themselves after a fix: somebody has to send or ping",
};

void advice_once(struct service *service, const struct rules_request *request, const struct cluster *cluster,
                 struct rules_answer *answer)
{
    const struct fault *fault = &request->at[0].fault;
    enum partition mode = PARTITION_HOLD + (enum partition)fault->value[PARAM_mode];
    uint64_t for_us = request->at[0].lifetime.for_us;

    if (fault->kind != FAULT_partition)
        return;

    const bool fits[ADVICE_COUNT] = {
        [OVERLAP] = !(service->advised & 1U << OVERLAP) && overlaps(service->rules, cluster),
        [CLOSES] = (mode == PARTITION_CLOSE || mode == PARTITION_RESET) && count_members(cluster) > 2,
        [SHORT] = mode == PARTITION_HOLD && for_us > 0 && for_us < NOTICED_AFTER_US,
        [IDLE] = mode != PARTITION_REFUSE,
    };

    for (enum advice i = 0; i < ADVICE_COUNT; i++)
        if (fits[i] && !(service->advised & 1U << i)) {
            service->advised |= 1U << i;
            answer->advice = texts[i];
            return;
        }
}
