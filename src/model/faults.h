/* SPDX-License-Identifier: MIT */
/*
 * The faults: one row a kind, with its parameters. The parser, `fault kinds`, JSON and the documents derive from it,
 * and model/profile.c says how faults of one kind add up.
 *
 * Two sorts, never mixed: faults between nodes (of what one node sends to another), and faults of a name (of what the
 * port mapper says about it).
 */
#ifndef MODEL_FAULTS_H
#define MODEL_FAULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct refusal;

#define FAULTS_TABLE(X)                                                                                                \
    X(partition, true, "the newest that names a pair decides, before all others", "no way from one node to the other") \
    X(latency, true, "delays add up, each with its own jitter", "everything arrives later, in order")                  \
    X(bandwidth, true, "the smallest rate counts", "no more than so many bits a second")                               \
    X(slow_close, true, "delays add up", "the end of a connection is heard of later")                                  \
    X(limit_data, true, "the smallest number counts", "the connection closes after so many bytes")                     \
    X(slicer, true, "the newest counts", "the stream comes in small pieces")                                           \
    X(freeze, true, "the shortest interval counts",                                                                    \
      "the node is up and does not answer: what it sends is held, the other is kept waiting by ticks of ours")         \
    X(mute, true, "-", "frames pass, ticks do not: an idle connection is lost")                                        \
    X(handshake, true, "all stages count; close before hold", "connecting stops at one of the handshake's messages")   \
    X(downgrade, true, "all flags count", "the nodes agree on fewer distribution flags than they have")                \
    X(hide, false, "-", "port queries say that there is no such node")                                                 \
    X(slow, false, "delays add up", "port queries are answered late")                                                  \
    X(silent, false, "before hide and slow", "port queries get no answer")                                             \
    X(unlisted, false, "-", "the node is missing in NAMES")

enum fault_kind {
#define X(name, between_nodes, fold, help) FAULT_##name,
    FAULTS_TABLE(X)
#undef X
        FAULTS_COUNT
};

enum param {
    PARAM_mode,           /* enum partition, less one */
    PARAM_delay,          /* us */
    PARAM_jitter,         /* us */
    PARAM_distribution,   /* enum distribution */
    PARAM_correlation,    /* in PARAM_FRACTION-ths */
    PARAM_rate,           /* bits a second */
    PARAM_bytes,          /* */
    PARAM_average_size,   /* bytes */
    PARAM_size_variation, /* bytes */
    PARAM_every,          /* us */
    PARAM_stage,          /* enum handshake_stage */
    PARAM_action,         /* enum stage_action */
    PARAM_clear,          /* a set of distribution flags */
    PARAMS_COUNT
};

enum partition {
    PARTITION_NONE,
    PARTITION_HOLD,
    PARTITION_SEVER,
    PARTITION_DROP,
    PARTITION_CLOSE,
    PARTITION_RESET,
    PARTITION_REFUSE
};
enum distribution { DISTRIBUTION_UNIFORM, DISTRIBUTION_NORMAL, DISTRIBUTION_PARETO };
enum stage_action { STAGE_HOLD, STAGE_CLOSE };

/* The longest delay that may be asked for. */
#define FAULT_DELAY_MAX_US UINT64_C(3600000000)
#define PARAM_FRACTION 1000000
#define FAULT_CAVEAT_BYTES 256

enum param_type { PARAM_DURATION, PARAM_RATE, PARAM_SIZE, PARAM_PART, PARAM_CHOICE, PARAM_FLAGS };

/* One of the words that a parameter takes. */
struct param_word {
    const char *name; /* NULL: no more */
    uint64_t value;   /* PARAM_CHOICE: its place among them; PARAM_FLAGS: its bit */
    const char *help;
};

struct param_row {
    const char *name; /* first field, for suggest() */
    enum param param;
    enum param_type type;
    const char *fallback; /* NULL: must be given */
    uint64_t min, max;
    const struct param_word *words; /* PARAM_CHOICE and PARAM_FLAGS, else NULL */
    const char *help;
};

struct fault_row {
    const char *name; /* first field, for suggest() */
    bool between_nodes;
    const char *fold; /* how several of them add up */
    const char *help;
    const struct param_row *params;
    size_t params_count;
};

struct fault {
    enum fault_kind kind;
    uint64_t value[PARAMS_COUNT];
    unsigned given; /* a bit a parameter that was set by fault_set() */
};

const struct fault_row *fault_row(enum fault_kind kind);

/*
 * A fault of the kind of that name, with all defaults. These three return 0, or -EINVAL and a refusal whose field is
 * "fault" or the parameter; *ret and *fault are untouched then.
 */
int fault_named(const char *kind, struct fault *ret, struct refusal *refusal);
int fault_set(struct fault *fault, const char *param, const char *text, struct refusal *refusal);
/* Is everything there that must be? Ask when all parameters are set. */
int fault_check(const struct fault *fault, struct refusal *refusal);

/* The parameter's value as fault_set() reads it. */
void fault_print(const struct fault *fault, const struct param_row *row, char *to, size_t size);

/* What surprises people about it, in one line without an end; empty: nothing. FAULT_CAVEAT_BYTES are enough. */
void fault_caveat(const struct fault *fault, char *to, size_t size);

/* What may be given for it, for people: "a duration up to 1h", "hold, drop or close". */
void param_print_allowed(const struct param_row *row, char *to, size_t size);

/* The word for a mode, as in "mode=hold". */
const char *partition_name(enum partition partition);

#endif
