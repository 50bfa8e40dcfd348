/* SPDX-License-Identifier: MIT */
/*
 * Does what is asked: from a verb's value (request/) to an answer or a refusal, whoever asks and whatever way it came.
 * What an answer looks like in JSON, terms or words is not known here.
 *
 *     service.c    the verbs that change the rule book
 *     look.c       a look at the cluster, for everything that asks about it
 *     advice.c     what people should know about what they have just asked for
 *     hints.c      what looks wrong though nobody asked: nodes that never connect
 *     waits.c      whoever waits for a condition
 */
#ifndef SERVICE_SERVICE_H
#define SERVICE_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/random.h"
#include "model/effect.h"

struct cables;
struct cabling;
struct counters;
struct cut_request;
struct deadlines;
struct events;
struct fix_request;
struct lease_request;
struct observe_request;
struct lease;
struct loop;
struct refusal;
struct registry;
struct rules;
struct rules_request;

/* Whoever puts the daemon together owns what is pointed to. */
struct service {
    struct loop *loop;
    struct deadlines *deadlines;
    struct registry *registry;
    struct rules *rules;
    struct cables *cables;
    struct events *events;
    struct counters *counters;
    bool relayed;         /* else the nodes' connections go around us */
    struct random chance; /* of cuts for which nobody gave a seed: a stream of its own */
    unsigned advised;     /* a bit an advice that was given already, see service/advice.h */
};

/* Of the same parts as the cables; `seed`: of its chance. */
struct service service_over(const struct cabling *cabling, bool relayed, uint64_t seed);

/* Behind so many notes stands one more, that there are others: a request may have a slip in each of its names. */
#define ANSWER_NOTES_MAX 100

/* What was done, and what to say about it. */
struct rules_answer {
    uint32_t first;     /* the number of the first new rule; the others follow */
    size_t held_cables; /* by all rules that there are */
    bool seeded;        /* chance had a say ... */
    uint64_t seed;      /* ... with this seed */
    char **notes;       /* lines for people; owned */
    size_t notes_count;
    const char *advice; /* one line more, or NULL */
};

void rules_answer_done(struct rules_answer *answer);

/* What a fix or a removal has ended, and what that had done. */
struct ended_answer {
    struct ended_rule {
        uint32_t id;
        struct effect effect;
        uint64_t given_up_ago_ms; /* that both nodes had given up a connection, the last of them; if effect.given_up */
    } * ended;                    /* owned */
    size_t ended_count;
    struct rules_answer remarks; /* of a fix; the notes alone */
};

void ended_answer_done(struct ended_answer *answer);

/*
 * All of these return 0; or a negative errno and the refusal, and nothing has changed then.
 *
 * *owner is whoever asks, for rules that are to go with it: made when the first of them comes (rules_begin_owner()),
 * and the caller's. `owner` NULL: there is nobody with whom they could go, and the caller has refused such rules.
 */
int service_add_rules(struct service *service, const struct rules_request *request, struct lease **owner,
                      struct rules_answer *ret, struct refusal *refusal);
int service_cut(struct service *service, const struct cut_request *request, struct lease **owner,
                struct rules_answer *ret, struct refusal *refusal);
int service_fix(struct service *service, const struct fix_request *request, struct ended_answer *ret,
                struct refusal *refusal);
int service_remove_rule(struct service *service, uint32_t id, struct ended_answer *ret, struct refusal *refusal);
void service_clear(struct service *service, struct ended_answer *ret);
int service_lease(struct service *service, const struct lease_request *request, struct refusal *refusal);
int service_end_lease(struct service *service, const char *name, struct refusal *refusal);

/* Of the answer the notes alone are filled. */
int service_observe(struct service *service, const struct observe_request *request, struct rules_answer *ret,
                    struct refusal *refusal);
int service_unobserve(struct service *service, const char *pattern, struct refusal *refusal);

/* How many cables something holds now. */
size_t service_held_cables(const struct service *service);

#endif
