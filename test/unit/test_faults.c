/* SPDX-License-Identifier: MIT */
#include "refusal_line.h"
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "model/faults.h"
#include "wire/handshake.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static struct fault named(const char *kind)
{
    struct fault fault;
    struct refusal refusal;

    assert_int_equal(fault_named(kind, &fault, &refusal), 0);
    assert_string_equal(fault_row(fault.kind)->name, kind);
    return fault;
}

static void set(struct fault *fault, const char *param, const char *text)
{
    struct refusal refusal;

    if (fault_set(fault, param, text, &refusal) < 0)
        fail_msg("%s", line_of(&refusal));
}

static const struct param_row *param_of(const struct fault *fault, const char *name)
{
    const struct fault_row *row = fault_row(fault->kind);

    for (size_t i = 0; i < row->params_count; i++)
        if (strcmp(row->params[i].name, name) == 0)
            return &row->params[i];
    fail_msg("%s has no %s", row->name, name);
    return NULL;
}

/* ---- the table ---- */

static void check_param(const struct fault *fault, const struct param_row *row)
{
    char text[512];
    struct refusal refusal;
    struct fault read = *fault;
    uint64_t value = fault->value[row->param];

    assert_true(row->name && row->name[0] && row->help && row->help[0] && !strchr(row->help, '\n'));
    assert_true(row->param < PARAMS_COUNT && row->min <= row->max);
    assert_true((row->type == PARAM_CHOICE || row->type == PARAM_FLAGS) == (row->words != NULL));
    for (size_t i = 0; row->words && row->words[i].name; i++) {
        assert_true(row->words[i].help[0]);
        assert_true(row->type == PARAM_FLAGS || row->words[i].value == i);
    }
    param_print_allowed(row, text, sizeof(text));
    assert_true(text[0] && strlen(text) < sizeof(text) - 1);
    if (!row->fallback)
        return;
    assert_true(value >= row->min && value <= row->max);
    fault_print(fault, row, text, sizeof(text));
    read.value[row->param] = ~value;
    assert_int_equal(fault_set(&read, row->name, text, &refusal), 0);
    assert_true(read.value[row->param] == value);
}

static void the_table_is_sane(void **state)
{
    (void)state;

    for (size_t i = 0; i < FAULTS_COUNT; i++) {
        const struct fault_row *row = fault_row((enum fault_kind)i);
        struct fault fault = named(row->name);
        unsigned seen = 0;

        assert_int_equal(fault.kind, i);
        assert_int_equal(fault.given, 0);
        assert_true(row->fold[0] && row->help[0] && (row->params_count == 0) == (row->params == NULL));
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(row->name, fault_row((enum fault_kind)k)->name);
        for (size_t k = 0; k < row->params_count; k++) {
            check_param(&fault, &row->params[k]);
            assert_false(seen & 1U << row->params[k].param);
            seen |= 1U << row->params[k].param;
            for (size_t l = 0; l < k; l++)
                assert_string_not_equal(row->params[k].name, row->params[l].name);
        }
    }
}

static void modes_have_names(void **state)
{
    struct fault fault = named("partition");
    const struct param_row *row = param_of(&fault, "mode");
    (void)state;

    assert_string_equal(partition_name(PARTITION_NONE), "none");
    for (enum partition mode = PARTITION_HOLD; mode <= PARTITION_REFUSE; mode++) {
        fault = named("partition");
        set(&fault, "mode", partition_name(mode));
        assert_int_equal(fault.value[PARAM_mode] + PARTITION_HOLD, mode);
    }
    assert_null(row->words[PARTITION_REFUSE].name);
}

/* ---- values ---- */

static void what_is_printed_reads_back(void **state)
{
    static const struct {
        const char *kind, *param, *text;
        uint64_t value;
        const char *printed; /* NULL: as it was given */
    } good[] = {
        {"latency", "delay", "0us", 0, NULL},
        {"latency", "delay", "1us", 1, NULL},
        {"latency", "delay", "1h", FAULT_DELAY_MAX_US, NULL},
        {"latency", "delay", "60m", FAULT_DELAY_MAX_US, "1h"},
        {"latency", "delay", "3599999999us", FAULT_DELAY_MAX_US - 1, NULL},
        {"latency", "delay", "1.5ms", 1500, "1500us"},
        {"latency", "jitter", "90s", 90000000, NULL},
        {"latency", "distribution", "uniform", DISTRIBUTION_UNIFORM, NULL},
        {"latency", "distribution", "pareto", DISTRIBUTION_PARETO, NULL},
        {"latency", "correlation", "0", 0, NULL},
        {"latency", "correlation", "1", PARAM_FRACTION, NULL},
        {"latency", "correlation", "1.000", PARAM_FRACTION, "1"},
        {"latency", "correlation", "0.000001", 1, NULL},
        {"latency", "correlation", "0.00001", 10, NULL},
        {"latency", "correlation", "0.999999", PARAM_FRACTION - 1, NULL},
        {"latency", "correlation", "0.250", 250000, "0.25"},
        {"bandwidth", "rate", "1bit", 1, NULL},
        {"bandwidth", "rate", "64kbit", 64000, NULL},
        {"bandwidth", "rate", "100gbit", UINT64_C(100000000000), NULL},
        {"bandwidth", "rate", "1.5mbit", 1500000, NULL},
        {"limit_data", "bytes", "0", 0, "0B"},
        {"limit_data", "bytes", "1B", 1, NULL},
        {"limit_data", "bytes", "1024GiB", UINT64_C(1) << 40, NULL},
        {"limit_data", "bytes", "1099511627775", (UINT64_C(1) << 40) - 1, "1099511627775B"},
        {"slicer", "average_size", "1", 1, "1B"},
        {"freeze", "every", "1ms", 1000, NULL},
        {"freeze", "every", "1h", FAULT_DELAY_MAX_US, NULL},
        {"handshake", "stage", "name", STAGE_name, NULL},
        {"handshake", "stage", "ack", STAGE_ack, NULL},
        {"handshake", "action", "close", STAGE_CLOSE, NULL},
        {"downgrade", "clear", "published", 1, NULL},
        {"downgrade", "clear", "alias", UINT64_C(1) << 35, NULL},
        {"downgrade", "clear", "spawn,fragments,spawn", UINT64_C(1) << 32 | 1 << 23, "fragments,spawn"},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(good); i++) {
        struct fault fault = named(good[i].kind), again = fault;
        const struct param_row *row = param_of(&fault, good[i].param);
        char text[512];

        set(&fault, good[i].param, good[i].text);
        assert_true(fault.value[row->param] == good[i].value);
        assert_int_equal(fault.given, 1U << row->param);
        fault_print(&fault, row, text, sizeof(text));
        assert_string_equal(text, good[i].printed ? good[i].printed : good[i].text);
        set(&again, good[i].param, text);
        assert_true(again.value[row->param] == good[i].value);
    }
}

static void every_fraction_reads_back(void **state)
{
    struct fault fault = named("latency"), again;
    const struct param_row *row = param_of(&fault, "correlation");
    char text[32];
    (void)state;

    for (uint64_t value = 0; value <= PARAM_FRACTION; value += value < 2000 || value > PARAM_FRACTION - 2000 ? 1 : 97) {
        fault.value[PARAM_correlation] = value;
        fault_print(&fault, row, text, sizeof(text));
        again = named("latency");
        set(&again, "correlation", text);
        assert_true(again.value[PARAM_correlation] == value);
    }
}

static void all_flags_together(void **state)
{
    struct fault fault = named("downgrade"), again = fault;
    const struct param_row *row = param_of(&fault, "clear");
    char text[512], allowed[512];
    (void)state;

    fault.value[PARAM_clear] = UINT64_MAX; /* the unknown ones have no name */
    fault_print(&fault, row, text, sizeof(text));
    set(&again, "clear", text);
    fault_print(&again, row, allowed, sizeof(allowed));
    assert_string_equal(text, allowed);
    param_print_allowed(row, allowed, sizeof(allowed));
    for (char *flag = strtok(text, ","); flag; flag = strtok(NULL, ","))
        assert_non_null(strstr(allowed, flag));
}

/* ---- refusals ---- */

/* One line, which has all these words in it. */
static void check_error(const char *error, const char *const *words)
{
    assert_true(error[0] && strlen(error) < 1000);
    for (const char *c = error; *c; c++)
        assert_true((unsigned char)*c >= ' ' && *c != 0x7F);
    for (size_t i = 0; i < 3 && words[i]; i++)
        if (!strstr(error, words[i]))
            fail_msg("'%s' does not say '%s'", error, words[i]);
}

static void unknown_kinds(void **state)
{
    static const struct {
        const char *kind, *words[3];
    } bad[] = {
        {"latencyy", {"'latencyy'", "did you mean latency?"}},
        {"bandwith", {"did you mean bandwidth?"}},
        {"Hide", {"did you mean hide?"}},
        {"", {"no kind ''", "partition, latency", "silent, unlisted"}},
        {"earthquake", {"'earthquake'", "partition, latency, bandwidth, slow_close, limit_data", "unlisted"}},
        {"a\nb", {"a?b"}},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct fault fault, before;
        struct refusal refusal;

        memset(&fault, 0x5A, sizeof(fault));
        before = fault;
        assert_int_equal(fault_named(bad[i].kind, &fault, &refusal), -EINVAL);
        check_error(line_of(&refusal), bad[i].words);
        assert_memory_equal(&fault, &before, sizeof(fault));
    }
}

static void refused_and_nothing_changed(void **state)
{
    static const struct {
        const char *kind, *param, *text, *words[3];
    } bad[] = {
        {"latency", "dealy", "1s", {"dealy: ", "did you mean delay?"}},
        {"latency", "zzz", "1s", {"zzz: ", "delay, jitter, distribution, correlation"}},
        {"latency", "", "1s", {"latency has no such parameter"}},
        {"mute", "delay", "1s", {"delay: mute has no parameters"}},
        {"hide", "x", "1s", {"x: hide has no parameters"}},
        {"latency", "delay", "", {"delay: ''", "such as 150ms", "up to 1h"}},
        {"latency", "delay", "5", {"delay: '5'", "latency", "up to 1h"}},
        {"latency", "delay", "5kbit", {"delay: '5kbit'", "us, ms, s, m or h"}},
        {"latency", "delay", "-1s", {"delay: '-1s'"}},
        {"latency", "delay", "61m", {"delay: '61m'", "up to 1h"}},
        {"latency", "delay", "3600000001us", {"delay: ", "up to 1h"}},
        {"latency", "delay", "1s\n2s", {"delay: '1s?2s'"}},
        {"latency", "distribution", "gauss", {"distribution: 'gauss'", "uniform, normal or pareto"}},
        {"latency", "distribution", "", {"distribution: ''"}},
        {"latency", "correlation", "1.000001", {"correlation: ", "from 0 to 1"}},
        {"latency", "correlation", "2", {"from 0 to 1, such as 0.25"}},
        {"latency", "correlation", "-0.5", {"correlation: "}},
        {"latency", "correlation", ".5", {"correlation: "}},
        {"latency", "correlation", "0.", {"correlation: "}},
        {"latency", "correlation", "0.1234567", {"correlation: "}},
        {"latency", "correlation", "50%", {"correlation: "}},
        {"latency", "correlation", "0.5.5", {"correlation: "}},
        {"bandwidth", "rate", "0bit", {"rate: '0bit'", "from 1bit to 100gbit"}},
        {"bandwidth", "rate", "1MB", {"rate: '1MB'", "kbit", "such as 64kbit"}},
        {"bandwidth", "rate", "1ms", {"rate: "}},
        {"bandwidth", "rate", "101gbit", {"rate: ", "to 100gbit"}},
        {"bandwidth", "rate", "-5kbit", {"rate: "}},
        {"limit_data", "bytes", "-1", {"bytes: ", "up to 1024GiB"}},
        {"limit_data", "bytes", "1025GiB", {"bytes: ", "up to 1024GiB"}},
        {"limit_data", "bytes", "1s", {"bytes: "}},
        {"slicer", "average_size", "0", {"average_size: '0'", "from 1B to 1024GiB"}},
        {"freeze", "every", "999us", {"every: '999us'", "from 1ms to 1h"}},
        {"freeze", "every", "0us", {"from 1ms to 1h"}},
        {"handshake", "stage", "hello", {"stage: 'hello'", "name, status, challenge, reply or ack"}},
        {"handshake", "action", "reset", {"action: 'reset'", "hold or close"}},
        {"partition", "mode", "held", {"mode: 'held'", "hold, sever, drop, close, reset or refuse"}},
        {"downgrade", "clear", "", {"clear: ''", "published", "alias"}},
        {"downgrade", "clear", "spawn,", {"clear: 'spawn,'"}},
        {"downgrade", "clear", "spawn, alias", {"clear: "}},
        {"downgrade", "clear", "utf8_atoms", {"clear: 'utf8_atoms'", "one or more, with commas, of published, "}},
        {"slow", "delay", "2h", {"delay: ", "slow", "up to 1h"}},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct fault fault = named(bad[i].kind), before = fault;
        struct refusal refusal;

        if (fault_set(&fault, bad[i].param, bad[i].text, &refusal) != -EINVAL)
            fail_msg("%s %s=%s was taken", bad[i].kind, bad[i].param, bad[i].text);
        check_error(line_of(&refusal), bad[i].words);
        assert_memory_equal(&fault, &before, sizeof(fault));
    }
}

static void given_twice(void **state)
{
    static const char *const words[3] = {"delay: given twice"};
    struct fault fault = named("latency"), before;
    struct refusal refusal;
    (void)state;

    set(&fault, "delay", "1s");
    before = fault;
    assert_int_equal(fault_set(&fault, "delay", "2s", &refusal), -EINVAL);
    check_error(line_of(&refusal), words);
    assert_memory_equal(&fault, &before, sizeof(fault));
    set(&fault, "jitter", "1ms");
}

static void missing_ones(void **state)
{
    static const struct {
        const char *kind, *words[3];
    } bad[] = {
        {"latency", {"delay: latency needs it", "up to 1h"}},
        {"bandwidth", {"rate: bandwidth needs it", "such as 64kbit"}},
        {"slow_close", {"delay: slow_close needs it"}},
        {"limit_data", {"bytes: limit_data needs it"}},
        {"slicer", {"average_size: slicer needs it"}},
        {"handshake", {"stage: handshake needs it", "name, status"}},
        {"downgrade", {"clear: downgrade needs it", "spawn"}},
        {"slow", {"delay: slow needs it"}},
    };
    static const char *const complete[] = {"partition", "freeze", "mute", "hide", "silent", "unlisted"};
    struct fault fault;
    struct refusal refusal;
    (void)state;

    assert_int_equal(COUNT_OF(bad) + COUNT_OF(complete), FAULTS_COUNT);
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        fault = named(bad[i].kind);
        assert_int_equal(fault_check(&fault, &refusal), -EINVAL);
        check_error(line_of(&refusal), bad[i].words);
    }
    for (size_t i = 0; i < COUNT_OF(complete); i++) {
        fault = named(complete[i]);
        assert_int_equal(fault_check(&fault, &refusal), 0);
    }
}

static void slices_vary_by_less_than_their_size(void **state)
{
    static const struct {
        const char *size, *variation;
        int status;
    } tried[] = {{"1", NULL, 0}, {"1", "1", -EINVAL}, {"2", "1", 0}, {"1kB", "1KiB", -EINVAL}, {"1KiB", "1kB", 0}};
    static const char *const words[3] = {"size_variation: ", "less than average_size"};
    (void)state;

    for (size_t i = 0; i < COUNT_OF(tried); i++) {
        struct fault fault = named("slicer");
        struct refusal refusal;

        set(&fault, "average_size", tried[i].size);
        if (tried[i].variation)
            set(&fault, "size_variation", tried[i].variation);
        assert_int_equal(fault_check(&fault, &refusal), tried[i].status);
        if (tried[i].status < 0)
            check_error(line_of(&refusal), words);
    }
}

static void long_input_fits(void **state)
{
    struct fault fault = named("downgrade");
    char long_text[5000];
    struct refusal refusal;
    static const char *const words[3] = {"clear: 'xxxx"};
    (void)state;

    memset(long_text, 'x', sizeof(long_text) - 1);
    long_text[sizeof(long_text) - 1] = 0;
    assert_int_equal(fault_set(&fault, "clear", long_text, &refusal), -EINVAL);
    check_error(line_of(&refusal), words);
    assert_non_null(strstr(line_of(&refusal), "alias")); /* to the end */
    assert_int_equal(fault_set(&fault, long_text, "x", &refusal), -EINVAL);
    assert_int_equal(fault_named(long_text, &fault, &refusal), -EINVAL);
    assert_non_null(strstr(line_of(&refusal), "unlisted"));
}

static void only_what_is_needed_has_a_caveat(void **state)
{
    struct fault fault = named("downgrade"), hold = named("partition");
    char text[FAULT_CAVEAT_BYTES];
    (void)state;

    set(&fault, "clear", "spawn,altact_sig,native_records");
    assert_true(fault.value[PARAM_clear] == (UINT64_C(1) << 32 | UINT64_C(1) << 37 | UINT64_C(1) << 38));
    fault_caveat(&fault, text, sizeof(text));
    assert_string_equal(text, "");
    fault = named("downgrade");
    set(&fault, "clear", "spawn,unlink_id");
    fault_caveat(&fault, text, sizeof(text));
    assert_string_equal(text, "nodes of OTP 26 and later refuse every connection without unlink_id");
    fault_caveat(&hold, text, sizeof(text));
    assert_string_equal(text, "");
}

RUN(T(the_table_is_sane), T(modes_have_names), T(what_is_printed_reads_back), T(every_fraction_reads_back),
    T(all_flags_together), T(unknown_kinds), T(refused_and_nothing_changed), T(given_twice), T(missing_ones),
    T(slices_vary_by_less_than_their_size), T(long_input_fits), T(only_what_is_needed_has_a_caveat))
