/* SPDX-License-Identifier: MIT */
/* The text that Prometheus reads; whether it does read it is tried with the real program (test/cli/test_metrics.py). */
#include "house.h"
#include "unit.h"
#include "whole.h"

#include <stdio.h>
#include <stdlib.h>

#include "control/metrics.h"
#include "model/traffic.h"

static struct house house;

/* A C string; the caller's. */
static char *metrics(void)
{
    return whole(metrics_pieces(&house.api));
}

/* Nodes have connected, so much was sent, and they have parted. */
static void send(const char *from, const char *to, uint64_t bytes)
{
    struct flow flow = {0};

    traffic_begin(house.cabling.traffic, &flow, from, to);
    traffic_end(house.cabling.traffic, &flow, bytes);
}

/* Is there this line, and no other that begins like it as far as its value? */
static void has_line(const char *text, const char *line)
{
    const char *at = strstr(text, line), *again;
    size_t len = (size_t)(strrchr(line, ' ') - line) + 1;
    char *begins = strndup(line, len);

    if (!at || (at != text && at[-1] != '\n') || at[strlen(line)] != '\n')
        fail_msg("no line '%s' in:\n%s", line, text);
    again = strstr(at + 1, begins);
    free(begins);
    assert_true(!again || again[-1] != '\n');
}

static size_t lines_of(const char *text, const char *begin)
{
    size_t count = 0, len = strlen(begin);

    for (const char *line = text; line; line = (line = strchr(line, '\n')) ? line + 1 : NULL)
        count += strncmp(line, begin, len) == 0;
    return count;
}

static void labels_are_escaped(void **state)
{
    char *text;
    (void)state;

    house.api.version = "1\n2";
    send("a\"b\\c\nd@h", "n\xc3\xb6\x01@h", 5);
    send("no utf-8\xff\\@h", "", 6);
    text = metrics();
    has_line(text, "epmdpxy_build_info{version=\"1\\n2\"} 1");
    has_line(text, "epmdpxy_lane_sent_bytes_total{from=\"a\\\"b\\\\c\\nd@h\",to=\"n\xc3\xb6\x01@h\"} 5");
    has_line(text, "epmdpxy_lane_sent_bytes_total{from=\"no utf-8\\\\xff\\\\@h\",to=\"\"} 6");
    free(text);
}

static void too_many_pairs_are_left_out(void **state)
{
    char name[20], *text;
    (void)state;

    for (int i = 0; i < METRICS_PAIRS_MAX; i++) {
        snprintf(name, sizeof(name), "n%04d", i);
        send(name, "b", 1);
    }
    text = metrics();
    assert_int_equal(lines_of(text, "epmdpxy_lane_sent_bytes_total{"), METRICS_PAIRS_MAX);
    has_line(text, "epmdpxy_pairs_left_out 0");
    free(text);

    send("a", "b", 10);
    send("z", "b", 10);
    text = metrics();
    assert_int_equal(lines_of(text, "epmdpxy_lane_sent_bytes_total{"), METRICS_PAIRS_MAX);
    assert_int_equal(lines_of(text, "epmdpxy_lane_kept_bytes{"), METRICS_PAIRS_MAX);
    has_line(text, "epmdpxy_lane_sent_bytes_total{from=\"a\",to=\"b\"} 10"); /* the first ones by name stay */
    assert_int_equal(lines_of(text, "epmdpxy_lane_sent_bytes_total{from=\"z\""), 0);
    has_line(text, "epmdpxy_pairs_left_out 2");
    has_line(text, "epmdpxy_sent_bytes_total 1020");
    free(text);
}

/* Whoever adds a counter need not think of it. */
static void every_counter_is_there(void **state)
{
    char line[100], *text;
    (void)state;

    for (enum counter i = 0; i < COUNTERS_COUNT; i++)
        house.counters.value[i] = 100 + i;
    house_register(&house, "a");
    text = metrics();
    for (enum counter i = 0; i < COUNTERS_COUNT; i++) {
        snprintf(line, sizeof(line), "epmdpxy_%s_total %d", counter_name(i), (int)(100 + i));
        has_line(text, line);
    }
    has_line(text, "epmdpxy_nodes 1");
    has_line(text, "epmdpxy_events_total 1");
    assert_int_equal(lines_of(text, "# HELP "), lines_of(text, "# TYPE "));
    free(text);
}

RUN(IN_A_HOUSE(labels_are_escaped), IN_A_HOUSE(too_many_pairs_are_left_out), IN_A_HOUSE(every_counter_is_there))
