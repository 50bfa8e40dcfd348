/* SPDX-License-Identifier: MIT */
/*
 * A look at the cluster: which nodes there are, and which of them are connected. The one view that status, waits,
 * advice and topologies go by, so that they cannot disagree.
 *
 * A value without a life of its own: whoever looks fills it, calls cluster_finish() and asks. Names are not copied: it
 * is good for as long as nothing changes.
 */
#ifndef MODEL_CLUSTER_H
#define MODEL_CLUSTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cluster_link;
struct events;

enum node_standing {
    NODE_REGISTERED,
    NODE_SEEN,       /* not registered here, and one of the links is its: it only dials, or is of another host */
    NODE_REMEMBERED, /* it was registered, or has dialled lately; now it may be gone */
};

struct cluster_node {
    const char *name; /* the full one; the short one as long as its host is not known */
    enum node_standing standing;
    bool observes; /* it looks at the cluster, or steers it, and is no member */

    /* Found by cluster_finish(): */
    bool linked;                    /* it talks with somebody */
    const struct cluster_link *raw; /* a raw link to it, whose dialer may be anybody; or NULL */
};

enum link_state {
    LINK_CONNECTING, /* a handshake goes on, or is held */
    LINK_UP,
    LINK_PARTED, /* the nodes have talked, and one of them has given the connection up */
    LINK_RAW,    /* no handshake that can be read (TLS): who dialled is not known */
};

struct cluster_link {
    uint64_t cable;
    enum link_state state;
    const char *dialer;              /* NULL: not known */
    const char *acceptor;            /* as cluster_node.name */
    bool dialer_left, acceptor_left; /* it has given the connection up */
    bool secret;                     /* and a fault keeps that from the other: it takes them for connected still */
    bool cut;                        /* by a partition that nodes notice, in either direction; raw ones: perhaps */

    /* Found by cluster_finish(): where its ends are in cluster.nodes, or CLUSTER_NOBODY; nobody while it is connecting.
     */
    uint32_t dialer_at, acceptor_at;
};

#define CLUSTER_NOBODY UINT32_MAX

struct cluster {
    bool relayed;                /* else connections go around us, and nothing is known of links */
    bool cut;                    /* there is a partition between nodes that are there, and they can notice it */
    bool refuses;                /* there is one that only refuses new connections */
    const struct events *events; /* what happened lately */
    uint64_t activity;           /* a number that changes when a frame passes, or anything else happens */

    struct cluster_node *nodes; /* by standing: registered, seen, remembered; then by name */
    size_t nodes_count, registered_count, seen_count;
    struct cluster_link *links; /* oldest first */
    size_t links_count;
    uint64_t *pairs; /* a table of the places in `nodes` of two that talk, see cluster_connects() */
    size_t pairs_room, pairs_count;
};

/* In any order, remembered ones as often as you like; the seen ones are found by cluster_finish(). */
void cluster_add_node(struct cluster *cluster, const struct cluster_node *node);
void cluster_add_link(struct cluster *cluster, const struct cluster_link *link);
void cluster_finish(struct cluster *cluster);
void cluster_done(struct cluster *cluster);

enum known { KNOWN_yes, KNOWN_perhaps, KNOWN_no };

/* Is there a node that the pattern means? Perhaps: one whose host is not known yet. Who stands farther off than that
 * does not count. */
enum known cluster_knows(const struct cluster *cluster, const char *pattern, enum node_standing farthest);

/* Do these two of its nodes talk? */
bool cluster_connects(const struct cluster *cluster, const struct cluster_node *a, const struct cluster_node *b);

#endif
