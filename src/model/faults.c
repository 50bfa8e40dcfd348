/* SPDX-License-Identifier: MIT */
#include "model/faults.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/duration.h"
#include "base/rate.h"
#include "base/refusal.h"
#include "base/size.h"
#include "base/suggest.h"
#include "wire/handshake.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#define DELAY 0, FAULT_DELAY_MAX_US, NULL
#define BYTES(least) least, SIZE_MAX_BYTES, NULL
#define WORDS(words) 0, COUNT_OF(words) - 2, words

/* ---- the table ---- */

static const struct param_word modes[] = {
    {"hold", PARTITION_HOLD - 1,
     "nothing gets through, nobody is told, nothing is lost: nodes find out by their own net_ticktime, as in a real "
     "split; what was held goes on at the fix"},
    {"sever", PARTITION_SEVER - 1,
     "connections are closed at once, so that nodes notice now; new ones are held, as in a real split, until the fix"},
    {"drop", PARTITION_DROP - 1, "as hold, but it is thrown away, so that senders never block; reset at the fix"},
    {"close", PARTITION_CLOSE - 1, "connections are closed at once, and new ones as well"},
    {"reset", PARTITION_RESET - 1, "as close, with a reset (RST), as if a machine had crashed"},
    {"refuse", PARTITION_REFUSE - 1, "new connections are closed at once; those that exist go on"},
    {NULL, 0, NULL}};

static const struct param_word distributions[] = {
    {"uniform", DISTRIBUTION_UNIFORM, "each as likely as any other, up to the jitter"},
    {"normal", DISTRIBUTION_NORMAL, "the bell curve; the jitter is its standard deviation"},
    {"pareto", DISTRIBUTION_PARETO, "mostly near the delay, with a long tail"},
    {NULL, 0, NULL}};

static const struct param_word actions[] = {{"hold", STAGE_HOLD, "it waits, with all that follows, for the fix"},
                                            {"close", STAGE_CLOSE, "the connection is closed"},
                                            {NULL, 0, NULL}};

static const struct param_word stages[] = {
#define X(name, help) {#name, STAGE_##name, help},
    HANDSHAKE_STAGES(X)
#undef X
        {NULL, 0, NULL}};

static const struct param_word flags[] = {
#define X(name, bit, needed_from, help) {#name, UINT64_C(1) << (bit), help},
    HANDSHAKE_FLAGS_OPTIONAL(X)
#undef X
        {NULL, 0, NULL}};

/* For each of those the release of OTP from which on nodes refuse whoever cannot do it, or 0. */
static const unsigned flags_needed_from[] = {
#define X(name, bit, needed_from, help) needed_from,
    HANDSHAKE_FLAGS_OPTIONAL(X)
#undef X
};

static const struct param_row partition_params[] = {
    {"mode", PARAM_mode, PARAM_CHOICE, "hold", WORDS(modes), "how it looks to the nodes"},
};
static const struct param_row latency_params[] = {
    {"delay", PARAM_delay, PARAM_DURATION, NULL, DELAY, "how much later everything arrives"},
    {"jitter", PARAM_jitter, PARAM_DURATION, "0us", DELAY,
     "how far the delay varies: the bound of uniform, the standard deviation of the others"},
    {"distribution", PARAM_distribution, PARAM_CHOICE, "uniform", WORDS(distributions), "how the delay varies"},
    {"correlation", PARAM_correlation, PARAM_PART, "0", 0, PARAM_FRACTION, NULL,
     "how much each delay depends on the one before"},
};
static const struct param_row bandwidth_params[] = {
    {"rate", PARAM_rate, PARAM_RATE, NULL, 1, RATE_MAX_BITS, NULL, "what may leave in a second, per lane"},
};
static const struct param_row slow_close_params[] = {
    {"delay", PARAM_delay, PARAM_DURATION, NULL, DELAY, "how long the end of the stream is kept back"},
};
static const struct param_row limit_data_params[] = {
    {"bytes", PARAM_bytes, PARAM_SIZE, NULL, BYTES(0), "what still passes, from the rule's beginning on"},
};
static const struct param_row slicer_params[] = {
    {"average_size", PARAM_average_size, PARAM_SIZE, NULL, BYTES(1), "the size of a piece"},
    {"size_variation", PARAM_size_variation, PARAM_SIZE, "0", BYTES(0),
     "how much smaller or larger a piece may be; less than the average"},
    {"delay", PARAM_delay, PARAM_DURATION, "0us", DELAY, "the pause between two pieces"},
};
static const struct param_row freeze_params[] = {
    {"every", PARAM_every, PARAM_DURATION, "250ms", 1000, FAULT_DELAY_MAX_US, NULL,
     "how often we tick instead; at most a sixteenth of the nodes' net_ticktime"},
};
static const struct param_row handshake_params[] = {
    {"stage", PARAM_stage, PARAM_CHOICE, NULL, WORDS(stages), "the message that does not get through"},
    {"action", PARAM_action, PARAM_CHOICE, "hold", WORDS(actions), "what happens instead"},
};
static const struct param_row downgrade_params[] = {
    {"clear", PARAM_clear, PARAM_FLAGS, NULL, 1, UINT64_MAX, flags,
     "what both nodes are told that the other cannot do"},
};
static const struct param_row slow_params[] = {
    {"delay", PARAM_delay, PARAM_DURATION, NULL, DELAY, "how long the answer takes"},
};

/* Faults without parameters. */
#define mute_params NULL
#define hide_params NULL
#define silent_params NULL
#define unlisted_params NULL

static const struct fault_row rows[] = {
#define X(name, between_nodes, fold, help) \
    {#name, between_nodes, fold, help, name##_params, sizeof(name##_params) / sizeof(struct param_row)},
    FAULTS_TABLE(X)
#undef X
};

const struct fault_row *fault_row(enum fault_kind kind)
{
    return &rows[kind];
}

const char *partition_name(enum partition partition)
{
    return partition == PARTITION_NONE ? "none" : modes[partition - PARTITION_HOLD].name;
}

/* ---- values ---- */

static void add(char *to, size_t size, const char *between, const char *word)
{
    size_t len = strlen(to);

    snprintf(to + len, size - len, "%s%s", len ? between : "", word);
}

static const struct param_word *word_named(const struct param_word *words, const char *name, size_t len)
{
    while (words->name && (strlen(words->name) != len || memcmp(words->name, name, len) != 0))
        words++;
    return words->name ? words : NULL;
}

static int set_of_flags(const struct param_word *words, const char *text, uint64_t *ret)
{
    uint64_t set = 0;

    for (;;) {
        size_t len = strcspn(text, ",");
        const struct param_word *word = word_named(words, text, len);

        if (!word)
            return -EINVAL;
        set |= word->value;
        if (!text[len])
            break;
        text += len + 1;
    }
    *ret = set;
    return 0;
}

static int choice_of(const struct param_word *words, const char *text, uint64_t *ret)
{
    const struct param_word *word = word_named(words, text, strlen(text));

    if (!word)
        return -EINVAL;
    *ret = word->value;
    return 0;
}

/* "0", "1", "0.25": a decimal fraction, to six places. */
static int part_of_one(const char *text, uint64_t *ret)
{
    uint64_t value = 0, scale = PARAM_FRACTION;

    if (text[0] != '0' && text[0] != '1')
        return -EINVAL;
    value = (uint64_t)(text[0] - '0') * PARAM_FRACTION;
    if (text[1] == '.' && text[2])
        for (text += 2; isdigit((unsigned char)*text) && scale > 1; text++) {
            scale /= 10;
            value += (uint64_t)(*text - '0') * scale;
        }
    else
        text++;
    if (*text || value > PARAM_FRACTION)
        return -EINVAL;
    *ret = value;
    return 0;
}

static void part_print(uint64_t value, char *to, size_t size)
{
    char digits[32];
    int len =
        snprintf(digits, sizeof(digits), "%" PRIu64 ".%06" PRIu64, value / PARAM_FRACTION, value % PARAM_FRACTION);

    while (digits[len - 1] == '0')
        len--;
    if (digits[len - 1] == '.')
        len--;
    snprintf(to, size, "%.*s", len, digits);
}

static int value_parse(const struct param_row *row, const char *text, uint64_t *ret)
{
    uint64_t value = 0;
    int status = -EINVAL;

    switch (row->type) {
    case PARAM_DURATION:
        status = duration_parse(text, &value);
        break;
    case PARAM_RATE:
        status = rate_parse(text, &value);
        break;
    case PARAM_SIZE:
        status = size_parse(text, &value);
        break;
    case PARAM_PART:
        status = part_of_one(text, &value);
        break;
    case PARAM_CHOICE:
        status = choice_of(row->words, text, &value);
        break;
    case PARAM_FLAGS:
        status = set_of_flags(row->words, text, &value);
        break;
    }
    if (status < 0 || value < row->min || value > row->max)
        return -EINVAL;
    *ret = value;
    return 0;
}

static void add_range(const struct param_row *row, void (*print)(uint64_t value, char *to, size_t size), char *to,
                      size_t size)
{
    char bound[32];

    if (row->min > 0) {
        print(row->min, bound, sizeof(bound));
        add(to, size, ", from ", bound);
    }
    print(row->max, bound, sizeof(bound));
    add(to, size, row->min > 0 ? " to " : ", up to ", bound);
}

void param_print_allowed(const struct param_row *row, char *to, size_t size)
{
    to[0] = 0;
    switch (row->type) {
    case PARAM_DURATION:
        snprintf(to, size, DURATION_HINT);
        add_range(row, duration_print_exact, to, size);
        return;
    case PARAM_RATE:
        snprintf(to, size, RATE_HINT);
        add_range(row, rate_print, to, size);
        return;
    case PARAM_SIZE:
        snprintf(to, size, SIZE_HINT);
        add_range(row, size_print, to, size);
        return;
    case PARAM_PART:
        snprintf(to, size, "a fraction from 0 to 1, such as 0.25");
        return;
    case PARAM_CHOICE:
        for (const struct param_word *word = row->words; word->name; word++)
            add(to, size, word[1].name ? ", " : " or ", word->name);
        return;
    case PARAM_FLAGS:
        snprintf(to, size, "one or more, with commas, of ");
        for (const struct param_word *word = row->words; word->name; word++)
            add(to, size, word == row->words ? "" : ", ", word->name);
        return;
    }
}

void fault_print(const struct fault *fault, const struct param_row *row, char *to, size_t size)
{
    uint64_t value = fault->value[row->param];

    to[0] = 0;
    switch (row->type) {
    case PARAM_DURATION:
        duration_print_exact(value, to, size);
        return;
    case PARAM_RATE:
        rate_print(value, to, size);
        return;
    case PARAM_SIZE:
        size_print(value, to, size);
        return;
    case PARAM_PART:
        part_print(value, to, size);
        return;
    case PARAM_CHOICE:
        snprintf(to, size, "%s", row->words[value].name);
        return;
    case PARAM_FLAGS:
        for (const struct param_word *word = row->words; word->name; word++)
            if (value & word->value)
                add(to, size, ",", word->name);
        return;
    }
}

/* ---- faults ---- */

int fault_named(const char *kind, struct fault *ret, struct refusal *refusal)
{
    const char *meant;
    size_t i = 0;

    while (i < FAULTS_COUNT && strcmp(rows[i].name, kind) != 0)
        i++;
    if (i == FAULTS_COUNT) {
        meant = suggest(kind, rows, FAULTS_COUNT, sizeof(rows[0]));
        if (meant)
            return refuse(refusal, "fault", "no kind '%.100s'; did you mean %s?", kind, meant);
        refuse(refusal, "fault", "no kind '%.100s'; there are", kind);
        for (i = 0; i < FAULTS_COUNT; i++)
            refusal_add(refusal, "%s %s", i == 0 ? "" : ",", rows[i].name);
        return -EINVAL;
    }
    *ret = (struct fault){.kind = (enum fault_kind)i};
    for (size_t k = 0; k < rows[i].params_count; k++) {
        const struct param_row *row = &rows[i].params[k];

        if (row->fallback && value_parse(row, row->fallback, &ret->value[row->param]) < 0)
            abort(); /* the table is wrong */
    }
    return 0;
}

static int refuse_param(const struct fault_row *fault, const char *param, struct refusal *refusal)
{
    const char *meant = suggest(param, fault->params, fault->params_count, sizeof(fault->params[0]));

    if (fault->params_count == 0)
        return refuse(refusal, param, "%s has no parameters", fault->name);
    if (meant)
        return refuse(refusal, param, "%s has no such parameter; did you mean %s?", fault->name, meant);
    refuse(refusal, param, "%s has no such parameter; it has", fault->name);
    for (size_t i = 0; i < fault->params_count; i++)
        refusal_add(refusal, "%s %s", i == 0 ? "" : ",", fault->params[i].name);
    return -EINVAL;
}

int fault_set(struct fault *fault, const char *param, const char *text, struct refusal *refusal)
{
    const struct fault_row *kind = &rows[fault->kind];
    char allowed[512];

    for (size_t i = 0; i < kind->params_count; i++) {
        const struct param_row *row = &kind->params[i];

        if (strcmp(row->name, param) != 0)
            continue;
        if (fault->given & 1U << row->param)
            return refuse(refusal, param, "given twice");
        if (value_parse(row, text, &fault->value[row->param]) < 0) {
            param_print_allowed(row, allowed, sizeof(allowed));
            return refuse(refusal, param, "'%.100s' is not what %s takes: %s", text, kind->name, allowed);
        }
        fault->given |= 1U << row->param;
        return 0;
    }
    return refuse_param(kind, param, refusal);
}

int fault_check(const struct fault *fault, struct refusal *refusal)
{
    const struct fault_row *kind = &rows[fault->kind];
    char allowed[512];

    for (size_t i = 0; i < kind->params_count; i++) {
        const struct param_row *row = &kind->params[i];

        if (row->fallback || fault->given & 1U << row->param)
            continue;
        param_print_allowed(row, allowed, sizeof(allowed));
        return refuse(refusal, row->name, "%s needs it: %s", kind->name, allowed);
    }
    if (fault->kind == FAULT_slicer && fault->value[PARAM_size_variation] >= fault->value[PARAM_average_size])
        return refuse(refusal, "size_variation", "must be less than average_size");
    return 0;
}

/* A sixteenth of OTP's own net_ticktime, 60 s: a node ticks four times within it, and so should we, with time to spare.
 */
#define FREEZE_EVERY_MAX_US 3750000

void fault_caveat(const struct fault *fault, char *to, size_t size)
{
    char text[128];

    to[0] = 0;
    if (fault->kind == FAULT_freeze && fault->value[PARAM_every] > FREEZE_EVERY_MAX_US)
        snprintf(to, size,
                 "ticks that far apart are silence to nodes whose net_ticktime is less than sixteen times as "
                 "long: they lose the connection");
    if (fault->kind != FAULT_downgrade)
        return;
    for (size_t i = 0; flags[i].name; i++) {
        if (!(fault->value[PARAM_clear] & flags[i].value) || flags_needed_from[i] == 0)
            continue;
        snprintf(text, sizeof(text), "nodes of OTP %u and later refuse every connection without %s",
                 flags_needed_from[i], flags[i].name);
        add(to, size, "; ", text);
    }
}
