/* SPDX-License-Identifier: MIT */
#include "refusal_line.h"
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "model/cluster.h"
#include "model/conditions.h"
#include "model/events.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define NODES 60

static struct cluster cluster_of(const struct cluster_node *nodes, size_t nodes_count, const struct cluster_link *links,
                                 size_t links_count)
{
    struct cluster cluster = {.relayed = true};

    for (size_t i = 0; i < nodes_count; i++)
        cluster_add_node(&cluster, &nodes[i]);
    for (size_t i = 0; i < links_count; i++) {
        cluster_add_link(&cluster, &links[i]);
        cluster.cut |= links[i].cut;
    }
    cluster_finish(&cluster);
    return cluster;
}

/* The status when it does not hold and may come to hold is -EAGAIN; *ret_text, if any, says why. */
static int status_of(const char *text, const struct cluster *cluster, const char **ret_text)
{
    static struct refusal refusal;
    struct condition condition;
    int status;

    assert_int_equal(condition_parse(text, &condition, &refusal), 0);
    refusal.text[0] = 0;
    status = condition_look(&condition, cluster, 0, &refusal);
    condition_done(&condition);
    assert_true(status == 0 || status == refusal.status);
    *ret_text = status == 0 ? "" : line_of(&refusal);
    return status;
}

static void check(const struct cluster *cluster, const char *text, int status, const char *says)
{
    const char *said;
    int found = status_of(text, cluster, &said);

    if (found != status || strcmp(said, says) != 0)
        fail_msg("%s: %d '%s'", text, found, said);
}

static void test_of_pairs(void **state)
{
    static const struct cluster_node nodes[] = {
        {.name = "c@h"}, {.name = "b@h"}, {.name = "a@h"}, {.name = "gone@h", .standing = NODE_REMEMBERED}};
    static const struct cluster_link links[] = {
        {.state = LINK_UP, .dialer = "b@h", .acceptor = "a@h"},
        {.state = LINK_UP, .dialer = "c@h", .acceptor = "b@h", .cut = true},
        {.state = LINK_CONNECTING, .acceptor = "a"},
    };
    struct cluster cluster = cluster_of(nodes, COUNT(nodes), links, COUNT(links));

    (void)state;
    check(&cluster, "up 3", 0, "");
    check(&cluster, "up 4", -EAGAIN, "3 of 4 nodes are registered");
    check(&cluster, "mesh", -EAGAIN, "a@h and c@h are not connected");
    check(&cluster, "mesh a,b", 0, "");
    check(&cluster, "mesh a", 0, ""); /* a mesh of one */
    check(&cluster, "mesh d", -EAGAIN, "no node named 'd' is registered");
    check(&cluster, "connected a b", 0, "");
    check(&cluster, "connected b a,c", 0, "");
    check(&cluster, "connected a b,c", -EAGAIN, "a@h and c@h are not connected");
    check(&cluster, "connected a a", -EINVAL, "condition: a node is not connected with itself");
    check(&cluster, "connected a d", -EAGAIN, "no node named 'd' is registered");
    check(&cluster, "connected a gone", -EAGAIN, "no node named 'gone' is registered");
    check(&cluster, "disconnected a c", 0, "");
    check(&cluster, "disconnected a,b c", -EAGAIN, "b@h and c@h are still connected");
    check(&cluster, "disconnected a gone", 0, "");
    check(&cluster, "disconnected a gnoe", -ENOENT, "no node named 'gnoe' is or was here");
    check(&cluster, "disconnected a@elsewhere b", -ENOENT, "no node named 'a@elsewhere' is or was here");
    check(&cluster, "noticed", -EAGAIN, "c@h and b@h are cut, and have not noticed yet");
    cluster_done(&cluster);
}

static void test_a_link_that_one_has_given_up_connects_nobody(void **state)
{
    static const struct cluster_node nodes[] = {{.name = "a@h"}, {.name = "b@h"}};
    static const struct cluster_link links[] = {
        {.state = LINK_PARTED, .dialer = "b@h", .acceptor = "a@h", .acceptor_left = true, .cut = true}};
    struct cluster cluster = cluster_of(nodes, 2, links, 1);

    (void)state;
    check(&cluster, "mesh", -EAGAIN, "a@h and b@h are not connected");
    check(&cluster, "connected a b", -EAGAIN, "a@h and b@h are not connected");
    check(&cluster, "disconnected a b", 0, "");
    check(&cluster, "noticed", -EAGAIN, "a@h has given up its connection with b@h, which has not noticed yet");
    cluster.links[0].secret = true;
    check(&cluster, "disconnected a b", -EAGAIN, "a@h has given the connection up, and a fault keeps that from b@h");
    cluster_done(&cluster);
}

static void test_nothing_is_noticed_where_nothing_is_cut(void **state)
{
    struct cluster cluster = cluster_of(NULL, 0, NULL, 0);

    (void)state;
    check(&cluster, "noticed", -ENOENT, "there is nothing to notice: nothing is cut between nodes that are here");
    cluster.cut = true;
    check(&cluster, "noticed", 0, "");
    cluster_done(&cluster);
}

static void test_hidden_nodes_are_in_no_mesh(void **state)
{
    static const struct cluster_node nodes[] = {{.name = "a@h"}, {.name = "b@h"}, {.name = "c", .observes = true}};
    static const struct cluster_link links[] = {{.state = LINK_UP, .dialer = "b@h", .acceptor = "a@h"}};
    struct cluster cluster = cluster_of(nodes, COUNT(nodes), links, 1);

    (void)state;
    check(&cluster, "mesh", 0, "");
    check(&cluster, "mesh *", -EAGAIN, "a@h and c are not connected, and 1 other pair is not");
    cluster.nodes[2].observes = false; /* as far as is known */
    check(
        &cluster, "mesh", -EAGAIN,
        "a@h and c are not connected, and 1 other pair is not; c has never connected: if it is a hidden node, name the "
        "others");
    cluster_done(&cluster);
}

static void test_a_node_that_only_dials_is_known_by_its_link(void **state)
{
    static const struct cluster_node nodes[] = {{.name = "a@h"}};
    static const struct cluster_link links[] = {{.state = LINK_UP, .dialer = "x@h", .acceptor = "a@h"}};
    struct cluster cluster = cluster_of(nodes, 1, links, 1);

    (void)state;
    check(&cluster, "up 2", -EAGAIN, "1 of 2 nodes is registered");
    check(&cluster, "connected x a", 0, "");
    check(&cluster, "disconnected x a", -EAGAIN, "x@h and a@h are still connected");
    check(&cluster, "mesh", 0, "");
    check(&cluster, "mesh a,x", 0, "");
    cluster_done(&cluster);
}

static void test_a_host_is_not_guessed(void **state)
{
    static const struct cluster_node nodes[] = {{.name = "a@h"}, {.name = "b"}};
    struct cluster cluster = cluster_of(nodes, 2, NULL, 0);

    (void)state;
    check(&cluster, "connected a b@h", -EAGAIN, "'b@h': the host of b is not known yet");
    check(&cluster, "connected a b", -EAGAIN, "a@h and b are not connected");
    check(&cluster, "disconnected a b@h", 0, ""); /* a connected node's host is known */
    cluster_done(&cluster);
}

static void test_what_cannot_be_known(void **state)
{
    static const struct cluster_node nodes[] = {{.name = "a"}, {.name = "b"}, {.name = "c@h"}, {.name = "d@h"}};
    static const struct cluster_link links[] = {
        {.state = LINK_UP, .dialer = "c@h", .acceptor = "d@h", .cut = true},
        {.cable = 7, .state = LINK_RAW, .acceptor = "b", .cut = true},
    };
    static const char why[] = "this cannot be known: cable #7 to b is raw (TLS?), and nobody knows who dialled it";
    struct cluster cluster = cluster_of(nodes, COUNT(nodes), links, 2);

    (void)state;
    check(&cluster, "connected a b", -EOPNOTSUPP, why);
    check(&cluster, "connected b a", -EOPNOTSUPP, why);
    check(&cluster, "disconnected a b", -EOPNOTSUPP, why);
    check(&cluster, "disconnected a@h b@h", -EOPNOTSUPP, why); /* over TLS a full name is never learnt */
    check(&cluster, "disconnected c a", 0, "");
    check(&cluster, "connected c d", 0, "");
    check(&cluster, "mesh", -EOPNOTSUPP, why);
    check(&cluster, "mesh a,c", -EAGAIN, "a and c@h are not connected");
    check(&cluster, "noticed", -EOPNOTSUPP, why);
    check(&cluster, "quiet", -EOPNOTSUPP, why);
    check(&cluster, "up 4", 0, "");
    cluster.relayed = false;
    check(&cluster, "up 4", 0, "");
    check(&cluster, "disconnected a c", -EOPNOTSUPP,
          "this cannot be known: the daemon does not relay (--no-relay), so it sees no connections");
    cluster_done(&cluster);
}

/* Whoever dialled, and in any order. */
static void test_a_large_mesh(void **state)
{
    static char texts[NODES][32];
    struct cluster cluster = {.relayed = true}, most = {.relayed = true};

    (void)state;
    for (size_t i = 0; i < NODES; i++) {
        snprintf(texts[i], sizeof(texts[i]), "node%02zu@h", i);
        cluster_add_node(&cluster, &(struct cluster_node){.name = texts[i]});
        cluster_add_node(&most, &(struct cluster_node){.name = texts[i]});
    }
    for (size_t i = 0; i < NODES; i++)
        for (size_t j = i + 1; j < NODES; j++) {
            struct cluster_link link = {
                .state = LINK_UP, .dialer = texts[(i + j) % 2 ? i : j], .acceptor = texts[(i + j) % 2 ? j : i]};

            cluster_add_link(&cluster, &link);
            if (i < NODES - 3)
                cluster_add_link(&most, &link);
        }
    cluster_finish(&cluster);
    cluster_finish(&most);
    check(&cluster, "mesh", 0, "");
    check(&most, "mesh", -EAGAIN, "node57@h and node58@h are not connected, and 2 other pairs are not");
    cluster_done(&cluster);
    cluster_done(&most);
}

static int quiet_at(struct condition *condition, struct cluster *cluster, uint64_t now_us)
{
    struct refusal refusal;

    return condition_look(condition, cluster, now_us, &refusal);
}

static void test_quiet(void **state)
{
    struct cluster cluster = {.relayed = true};
    struct condition condition;
    struct refusal refusal;

    (void)state;
    cluster_add_link(&cluster, &(struct cluster_link){.state = LINK_CONNECTING, .acceptor = "a"});
    cluster_finish(&cluster);
    assert_int_equal(condition_parse("quiet", &condition, &refusal), 0);
    assert_int_equal(quiet_at(&condition, &cluster, 1), -EAGAIN);
    assert_int_equal(condition_look(&condition, &cluster, 1 + CONDITION_QUIET_US, &refusal), -EAGAIN);
    assert_string_equal(line_of(&refusal), "nodes are connecting");
    cluster.links_count = 0;
    assert_int_equal(quiet_at(&condition, &cluster, 1 + 2 * CONDITION_QUIET_US), 0);
    cluster.activity++;
    assert_int_equal(quiet_at(&condition, &cluster, 2 + 2 * CONDITION_QUIET_US), -EAGAIN);
    assert_int_equal(quiet_at(&condition, &cluster, 1 + 3 * CONDITION_QUIET_US), -EAGAIN);
    assert_int_equal(quiet_at(&condition, &cluster, 2 + 3 * CONDITION_QUIET_US), 0);
    condition_done(&condition);
    cluster_done(&cluster);
}

/* Noticed is not enough: it has to stay so for a while. */
static void test_settled(void **state)
{
    struct cluster cluster = {.relayed = true};
    struct condition condition;
    struct refusal refusal;
    (void)state;

    assert_int_equal(condition_parse("settled", &condition, &refusal), 0);
    assert_int_equal(quiet_at(&condition, &cluster, 1), -ENOENT);
    cluster.cut = true;
    cluster_add_link(&cluster, &(struct cluster_link){.state = LINK_UP, .dialer = "a", .acceptor = "b", .cut = true});
    cluster_finish(&cluster);
    assert_int_equal(quiet_at(&condition, &cluster, 1), -EAGAIN);
    cluster.links_count = 0;
    assert_int_equal(quiet_at(&condition, &cluster, CONDITION_SETTLED_US), -EAGAIN);
    assert_int_equal(quiet_at(&condition, &cluster, 2 * CONDITION_SETTLED_US - 1), -EAGAIN);
    cluster.links_count = 1;
    assert_int_equal(quiet_at(&condition, &cluster, 2 * CONDITION_SETTLED_US), -EAGAIN);
    cluster.links_count = 0;
    assert_int_equal(condition_look(&condition, &cluster, 3 * CONDITION_SETTLED_US, &refusal), -EAGAIN);
    assert_string_equal(line_of(&refusal), "the last connection across the cut has only just ended");
    assert_int_equal(quiet_at(&condition, &cluster, 4 * CONDITION_SETTLED_US - 1), -EAGAIN);
    assert_int_equal(quiet_at(&condition, &cluster, 4 * CONDITION_SETTLED_US), 0);
    condition_done(&condition);
    cluster_done(&cluster);
}

static void happens(struct events *events, enum event_kind kind, const char *from, const char *to)
{
    events_add(events, &(struct event){.kind = kind, .from = from, .to = to});
}

/* The status of a first look, and the number of the event. */
static int awaits(const char *text, struct events *events, uint64_t after, uint64_t *ret_event, struct refusal *refusal)
{
    struct cluster cluster = {.events = events};
    struct condition condition;
    int status;

    assert_int_equal(condition_parse(text, &condition, refusal), 0);
    condition.from_one = true;
    condition.after = after;
    status = condition_look(&condition, &cluster, 0, refusal);
    *ret_event = condition.event;
    condition_done(&condition);
    return status;
}

static void test_events(void **state)
{
    static const struct {
        const char *text;
        uint64_t after, event;
    } cases[] = {
        {"event cable_down a b", 0, 2},
        {"event cable_down a b", 1, 2},
        {"event cable_down b a", 0, 2},
        {"event cable_down a b", 2, 5},
        {"event cable_down a b", 5, 0},
        {"event cable_down a", 2, 3},
        {"event cable_down a@h x,b*", 0, 2},
        {"event cable_down b c", 0, 0},
        {"event * c", 0, 3},
        {"event *", 0, 1},
        {"event node_up,cable_down", 1, 2},
        {"event node_up a b", 0, 0},
        {"event rules_changed", 0, 4},
        {"event rules_changed a", 0, 0},
        {"event node_down", 0, 0},
    };
    struct events *events = events_new();
    struct refusal refusal;
    uint64_t event;
    (void)state;

    happens(events, EVENT_node_up, "a", NULL);
    happens(events, EVENT_cable_down, "b@h", "a@h");
    happens(events, EVENT_cable_down, "a@h", "c@h");
    happens(events, EVENT_rules_changed, NULL, NULL);
    happens(events, EVENT_cable_down, "a@h", "b@h");
    for (size_t i = 0; i < COUNT(cases); i++) {
        int status = awaits(cases[i].text, events, cases[i].after, &event, &refusal);

        if (status != (cases[i].event ? 0 : -EAGAIN) || event != cases[i].event)
            fail_msg("%s after %d: %d, %d", cases[i].text, (int)cases[i].after, status, (int)event);
    }
    assert_int_equal(awaits("event node_down a,n8,n9 n7", events, 5, &event, &refusal), -EAGAIN);
    assert_non_null(strstr(refusal.text, "behind 5; no node named 'a' is or was here; no node named 'n7'"));
    assert_int_equal(awaits("event *", events, 6, &event, &refusal), -EINVAL);

    for (int i = 0; i < EVENTS_MAX - 4; i++) /* now the oldest is the second */
        happens(events, EVENT_node_up, "z", NULL);
    assert_int_equal(awaits("event cable_down a b", events, 0, &event, &refusal), 0);
    assert_int_equal(event, 2); /* one has happened, whatever is forgotten */
    assert_int_equal(awaits("event cable_down x", events, 0, &event, &refusal), -EOPNOTSUPP);
    assert_non_null(strstr(refusal.text, "from 2 on"));
    assert_int_equal(awaits("event cable_down x", events, 1, &event, &refusal), -EAGAIN);
    events_free(events);
}

RUN(T(test_of_pairs), T(test_a_link_that_one_has_given_up_connects_nobody),
    T(test_nothing_is_noticed_where_nothing_is_cut), T(test_hidden_nodes_are_in_no_mesh),
    T(test_a_node_that_only_dials_is_known_by_its_link), T(test_a_host_is_not_guessed), T(test_what_cannot_be_known),
    T(test_a_large_mesh), T(test_quiet), T(test_settled), T(test_events))
