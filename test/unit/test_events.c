/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <string.h>

#include "model/events.h"

static const char *text_of(const struct event *event)
{
    static char text[EVENT_TEXT_MAX];

    event_print(event, text, sizeof(text));
    return text;
}

static void they_are_told_in_words(void **state)
{
    static const struct {
        struct event event;
        const char *text;
    } told[] = {
        {{.kind = EVENT_node_up, .from = "a"}, "a"},
        {{.kind = EVENT_node_down, .from = "a@h"}, "a@h"},
        {{.kind = EVENT_cable_up, .cable = 3, .from = "a@h", .to = "b@h"}, "#3 a@h dialled b@h"},
        {{.kind = EVENT_cable_down, .cable = 3, .from = "a@h", .to = "b@h", .why = "gone"}, "#3 a@h, b@h: gone"},
        {{.kind = EVENT_cable_deserted, .cable = 3, .from = "a@h", .why = "x"}, "#3 a@h, ?: x"},
        {{.kind = EVENT_cable_gone, .cable = 3, .from = "a@h", .to = "b@h", .why = "x"}, "#3 a@h, b@h: x"},
        {{.kind = EVENT_cable_raw, .cable = 9, .to = "b"}, "#9 to b"},
        {{.kind = EVENT_cable_held, .cable = 4, .to = "b"}, "#4 ? dials b"},
        {{.kind = EVENT_lane_full, .cable = 5, .from = "b", .to = "a", .number = 70}, "#5 b to a: 70 bytes wait"},
        {{.kind = EVENT_lane_flows, .cable = 5, .from = "b", .to = "a"}, "#5 b to a"},
        {{.kind = EVENT_rule_vacuous, .rule = 3}, "rule #3 has changed nothing"},
        {{.kind = EVENT_rules_changed}, "0 in force"},
    };

    (void)state;
    assert_int_equal(sizeof(told) / sizeof(told[0]), EVENTS_COUNT);
    for (size_t i = 0; i < EVENTS_COUNT; i++) {
        assert_string_equal(text_of(&told[i].event), told[i].text);
        assert_true(event_name(told[i].event.kind)[0] && event_help(told[i].event.kind)[0]);
    }
}

static void the_newest_are_remembered(void **state)
{
    struct events *events = events_new();
    char name[] = "n0";

    (void)state;
    assert_null(events_next(events, 0));
    for (size_t i = 0; i < EVENTS_MAX + 10; i++) {
        name[1] = (char)('0' + i % 10);
        events_add(events, &(struct event){.kind = EVENT_node_up, .time_ms = i, .from = name});
    }
    assert_int_equal(events_last(events), EVENTS_MAX + 10);
    assert_int_equal(events_next(events, 0)->id, 11);
    assert_string_equal(events_next(events, 0)->from, "n0");
    assert_int_equal(events_next(events, EVENTS_MAX + 9)->time_ms, EVENTS_MAX + 9);
    assert_null(events_next(events, EVENTS_MAX + 10));
    assert_null(events_next(events, UINT64_MAX));
    events_free(events);
}

struct listener {
    struct subscriber subscriber;
    struct events *events;
    char heard[100];
    size_t most;
};

static void hear(void *data, const struct event *event)
{
    struct listener *listener = data;

    strcat(listener->heard, event->from);
    if (strlen(listener->heard) == listener->most)
        events_unsubscribe(listener->events, &listener->subscriber);
}

static void subscribers_hear_of_each(void **state)
{
    struct events *events = events_new();
    struct listener one = {{.fn = hear, .data = &one}, .events = events, .most = 2};
    struct listener other = {{.fn = hear, .data = &other}, .events = events, .most = 3};
    const char *const names[] = {"a", "b", "c", "d"};

    (void)state;
    events_subscribe(events, &one.subscriber);
    events_subscribe(events, &other.subscriber);
    for (size_t i = 0; i < 4; i++)
        events_add(events, &(struct event){.kind = EVENT_node_up, .from = names[i]});
    assert_string_equal(one.heard, "ab");
    assert_string_equal(other.heard, "abc");
    events_free(events);
}

RUN(T(they_are_told_in_words), T(the_newest_are_remembered), T(subscribers_hear_of_each))
