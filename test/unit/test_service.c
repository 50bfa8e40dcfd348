/* SPDX-License-Identifier: MIT */
/* What is done, whoever asks: here nobody but the test. */
#include "house.h"
#include "refusal_line.h"
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cable/cable.h"
#include "model/cluster.h"
#include "model/events.h"
#include "request/cut.h"
#include "request/wait.h"
#include "service/look.h"
#include "service/waits.h"

struct told {
    struct loop *loop;
    int times;
    int status;
    uint64_t event;
};

static void on_over(void *data, const struct refusal *refusal, uint64_t event)
{
    struct told *told = data;

    told->times++;
    told->status = refusal ? refusal->status : 0;
    told->event = event;
    loop_stop(told->loop);
}

static struct wait_request request_of(const char *condition, const char *timeout)
{
    struct wait_request request;
    struct refusal refusal;

    assert_int_equal(wait_request_from_texts(condition, timeout, NULL, &request, &refusal), 0);
    return request;
}

/* It is looked at when something happens, and whoever waits is told once. */
static void a_wait_ends_when_it_holds(void **state)
{
    struct house house;
    struct refusal refusal;
    struct told told = {0};
    struct wait_request request = request_of("up 2", "10s");
    struct waits *waits;
    struct wait *wait;
    uint64_t event;
    (void)state;

    house_init(&house);
    told.loop = house.service.loop;
    waits = waits_new(&house.service);
    house_register(&house, "a");
    assert_int_equal(wait_begin(waits, &request, on_over, &told, &wait, &event, &refusal), -EAGAIN);
    assert_int_equal(told.times, 0);
    house_register(&house, "b");
    loop_run(told.loop);
    assert_int_equal(told.times, 1);
    assert_int_equal(told.status, 0);
    waits_free(waits);
    house_done(&house);
}

static void a_wait_ends_in_time(void **state)
{
    struct house house;
    struct refusal refusal;
    struct told told = {0};
    struct wait_request request = request_of("up 2", "20ms"), left = request_of("up 2", "1h");
    struct waits *waits;
    struct wait *wait, *left_wait;
    uint64_t event;
    (void)state;

    house_init(&house);
    told.loop = house.service.loop;
    waits = waits_new(&house.service);
    assert_int_equal(wait_begin(waits, &left, on_over, &told, &left_wait, &event, &refusal), -EAGAIN);
    assert_int_equal(wait_begin(waits, &request, on_over, &told, &wait, &event, &refusal), -EAGAIN);
    wait_cancel(left_wait); /* it is not called any more */
    loop_run(told.loop);
    assert_int_equal(told.times, 1);
    assert_int_equal(told.status, -ETIMEDOUT);
    waits_free(waits);
    house_done(&house);
}

/* More may happen than is remembered before anybody looks. */
static void an_event_is_heard_of_when_it_happens(void **state)
{
    struct house house;
    struct refusal refusal;
    struct told told = {0};
    struct wait_request request = request_of("event cable_down a b", "10s");
    struct waits *waits;
    struct wait *wait;
    uint64_t event;
    (void)state;

    house_init(&house);
    told.loop = house.service.loop;
    waits = waits_new(&house.service);
    events_add(house.service.events, &(struct event){.kind = EVENT_cable_down, .from = "a@h", .to = "b@h"});
    assert_int_equal(wait_begin(waits, &request, on_over, &told, &wait, &event, &refusal), -EAGAIN);
    events_add(house.service.events, &(struct event){.kind = EVENT_cable_down, .from = "b@h", .to = "a@h"});
    for (int i = 0; i < EVENTS_MAX; i++)
        events_add(house.service.events, &(struct event){.kind = EVENT_cable_down, .from = "c@h", .to = "a@h"});
    loop_run(told.loop);
    assert_int_equal(told.times, 1);
    assert_int_equal(told.status, 0);
    assert_int_equal(told.event, 2);
    waits_free(waits);
    house_done(&house);
}

/* A look at so many nodes takes long: who comes right behind shares the next one, also who only wants a look. */
static void a_look_that_takes_long_is_shared(void **state)
{
    struct house house;
    struct refusal refusal;
    struct told told = {0}, late = {0};
    struct wait_request first = request_of("up 1", "0s"), again = request_of("up 1", "0s"), never;
    struct waits *waits;
    struct wait *wait;
    uint64_t event;
    (void)state;

    house_init(&house);
    told.loop = late.loop = house.service.loop;
    waits = waits_new(&house.service);
    for (int i = 0; i < 20000; i++) {
        char name[20];

        snprintf(name, sizeof(name), "node%d", i);
        house_register(&house, name);
    }
    assert_int_equal(wait_begin(waits, &first, on_over, &told, &wait, &event, &refusal), 0);
    assert_int_equal(wait_begin(waits, &again, on_over, &told, &wait, &event, &refusal), -EAGAIN);
    for (int i = 1; i <= WAITS_LOOKS_MAX; i++) {
        never = request_of("up 99999", "0s");
        assert_int_equal(wait_begin(waits, &never, on_over, &late, &wait, &event, &refusal),
                         i < WAITS_LOOKS_MAX ? -EAGAIN : -EBUSY);
    }
    while (told.times + late.times < WAITS_LOOKS_MAX)
        loop_run(told.loop); /* until one of them is told */
    assert_int_equal(told.times, 1);
    assert_int_equal(told.status, 0);
    assert_int_equal(late.times, WAITS_LOOKS_MAX - 1);
    assert_int_equal(late.status, -ETIMEDOUT);
    waits_free(waits);
    house_done(&house);
}

/* A test that goes on under a false premise is the worst that can happen to it. */
static void what_can_never_hold_is_refused(void **state)
{
    static const char *const conditions[] = {"noticed", "disconnected a nobody"};
    struct house house;
    struct told told = {0};
    struct waits *waits;
    (void)state;

    house_init(&house);
    waits = waits_new(&house.service);
    house_register(&house, "a");
    for (size_t i = 0; i < sizeof(conditions) / sizeof(conditions[0]); i++) {
        struct wait_request request = request_of(conditions[i], "1s");
        struct refusal refusal;
        struct wait *wait;
        uint64_t event;
        int status = wait_begin(waits, &request, on_over, &told, &wait, &event, &refusal);

        if (status >= 0 || status == -EAGAIN)
            fail_msg("%s: %d", conditions[i], status);
    }
    assert_int_equal(told.times, 0);
    waits_free(waits);
    house_done(&house);
}

static struct cut_request in_halves(void)
{
    struct cut_request request = {.by_topology = true, .topology = TOPOLOGY_halves};
    struct refusal refusal;

    assert_int_equal(fault_named("partition", &request.fault, &refusal), 0);
    return request;
}

/* Hidden nodes look at the cluster; a name that no rule can mean is left out, and said to be. */
static void who_is_dealt_into_halves(void **state)
{
    struct house house;
    struct cut_request request = in_halves();
    struct rules_answer answer;
    struct refusal refusal;
    const struct rule *rule;
    (void)state;

    house_init(&house);
    house_register(&house, "a");
    house_register(&house, "b");
    house_register(&house, "c*");
    house_register(&house, "watcher")->told.type = NODE_TYPE_HIDDEN;
    assert_int_equal(service_cut(&house.service, &request, NULL, &answer, &refusal), 0);
    rule = rules_first(house.service.rules);
    assert_int_equal(islands_find(&rule->selector.islands, "a"), 0);
    assert_int_equal(islands_find(&rule->selector.islands, "b"), 1);
    assert_int_equal(islands_find(&rule->selector.islands, "watcher"), -1);
    assert_int_equal(answer.notes_count, 1);
    assert_non_null(strstr(answer.notes[0], "'c*' is left out"));
    rules_answer_done(&answer);
    house_done(&house);
}

/* Each would be compared with all others: a request of a megabyte would keep everybody waiting for a minute. */
static void notes_are_limited(void **state)
{
    struct house house;
    struct islands islands = {0};
    struct cut_request request = {.islands = {0}};
    struct rules_answer answer;
    struct refusal refusal;
    char name[16];
    (void)state;

    house_init(&house);
    islands_add(&islands);
    islands_add_pattern(&islands, "a", 1);
    islands_add(&islands);
    for (int i = 0; i < ANSWER_NOTES_MAX + 50; i++) {
        snprintf(name, sizeof(name), "n%d", i);
        islands_add_pattern(&islands, name, strlen(name));
    }
    request.islands = islands;
    assert_int_equal(fault_named("partition", &request.fault, &refusal), 0);
    assert_int_equal(service_cut(&house.service, &request, NULL, &answer, &refusal), 0);
    assert_int_equal(answer.notes_count, ANSWER_NOTES_MAX + 1);
    assert_non_null(strstr(answer.notes[ANSWER_NOTES_MAX - 1], "'n98'"));
    assert_string_equal(answer.notes[ANSWER_NOTES_MAX], "there are more notes than these 100");
    rules_answer_done(&answer);
    islands_done(&islands);
    house_done(&house);
}

/* Nothing has changed then. */
static void too_few_to_split(void **state)
{
    struct house house;
    struct cut_request request = in_halves();
    struct rules_answer answer;
    struct refusal refusal;
    (void)state;

    house_init(&house);
    house_register(&house, "a");
    assert_int_equal(service_cut(&house.service, &request, NULL, &answer, &refusal), -EINVAL);
    assert_int_equal(rules_count(house.service.rules), 0);
    house_done(&house);
}

/* A connection that comes and goes before anybody knows whose it is makes no event, and is activity all the same. */
static void a_dial_that_comes_and_goes_is_activity(void **state)
{
    struct house house;
    struct cluster before, after;
    struct target target = {.name = (char[]){"b"}};
    int ends[2];
    (void)state;

    house_init(&house);
    look(&house.service, &before);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
    close(ends[1]);
    cable_open(&house.cabling, ends[0], &target);
    assert_null(cables_first(house.cabling.cables));
    look(&house.service, &after);
    assert_int_not_equal(before.activity, after.activity);
    cluster_done(&before);
    cluster_done(&after);
    house_done(&house);
}

RUN(T(a_wait_ends_when_it_holds), T(a_wait_ends_in_time), T(an_event_is_heard_of_when_it_happens),
    T(a_look_that_takes_long_is_shared), T(what_can_never_hold_is_refused), T(who_is_dealt_into_halves),
    T(notes_are_limited), T(too_few_to_split), T(a_dial_that_comes_and_goes_is_activity))
