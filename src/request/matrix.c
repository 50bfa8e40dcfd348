/* SPDX-License-Identifier: MIT */
#include "request/matrix.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/utf8.h"
#include "request/params.h"
#include "request/whom.h"

#define WORDS_MAX 16
#define BLANKS " \t\r\n"

struct matrix {
    const struct rule_words *options;
    struct fault fault; /* of all rules, as long as nothing else is said */
    const char *value;  /* the parameter that the third word of a line is */
    struct group {
        char *name;
        struct islands nodes; /* one island */
    } groups[MATRIX_GROUPS_MAX];
    size_t groups_count;
    struct rules_request request;
};

int matrix_new(const char *kind, const struct rule_words *options, struct matrix **ret, struct refusal *refusal)
{
    static const char *const values[][2] = {{"latency", "delay"}, {"bandwidth", "rate"}};
    struct fault fault;
    struct matrix *matrix;

    if (options->from || options->to || options->between[0] || options->nodes)
        return refuse(refusal, "--matrix", "the file says between whom; leave out --from, --to, --between and --node");
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        if (strcmp(values[i][0], kind) != 0)
            continue;
        if (fault_named(kind, &fault, refusal) < 0)
            return -EINVAL;
        matrix = mem_new(sizeof(*matrix));
        matrix->options = options;
        matrix->fault = fault;
        matrix->value = values[i][1];
        *ret = matrix;
        return 0;
    }
    return refuse(refusal, "--matrix", "goes with latency and bandwidth, not with %s", kind);
}

void matrix_free(struct matrix *matrix)
{
    if (!matrix)
        return;
    for (size_t i = 0; i < matrix->groups_count; i++) {
        free(matrix->groups[i].name);
        islands_done(&matrix->groups[i].nodes);
    }
    rules_request_done(&matrix->request);
    free(matrix);
}

/* ---- lines ---- */

static const struct group *group_named(const struct matrix *matrix, const char *name)
{
    for (size_t i = 0; i < matrix->groups_count; i++)
        if (strcmp(matrix->groups[i].name, name) == 0)
            return &matrix->groups[i];
    return NULL;
}

/* Takes the quotes away, in its place. */
static int unquote(char *word, struct refusal *refusal)
{
    char *to = word, quote = 0;

    for (const char *at = word; *at; at++)
        if (!quote && (*at == '\'' || *at == '"'))
            quote = *at;
        else if (quote && *at == quote)
            quote = 0;
        else
            *to++ = *at;
    *to = 0;
    return quote ? refuse(refusal, NULL, "a %c without its end", quote) : 0;
}

static int add_group(struct matrix *matrix, const char *name, char *word, struct refusal *refusal)
{
    struct group *group = &matrix->groups[matrix->groups_count];

    if (group_named(matrix, name))
        return refuse(refusal, NULL, "the group %s is there already", name);
    if (matrix->groups_count == MATRIX_GROUPS_MAX)
        return refuse(refusal, NULL, "more than %d groups", MATRIX_GROUPS_MAX);
    if (utf8_length(name, strlen(name)) < 0)
        return refuse(refusal, NULL, "a group's name that is not UTF-8: '%.100s'", name);
    group->name = mem_string(name, strlen(name));
    matrix->groups_count++;
    if (unquote(word, refusal) < 0 || island_from_word(word, &group->nodes, refusal) < 0)
        return -EINVAL;
    return island_check_names(&group->nodes.at[0], name, refusal);
}

static int set_params(const struct matrix *matrix, char **words, size_t count, struct fault *fault,
                      struct refusal *refusal)
{
    if (fault_set(fault, matrix->value, words[0], refusal) < 0)
        return -EINVAL;
    for (size_t i = 1; i < count; i++)
        if (param_from_word(words[i], fault, refusal) < 0)
            return -EINVAL;
    return fault_check(fault, refusal);
}

/* What two groups send to each other, or one of them to itself. */
static int add_pair(struct matrix *matrix, char **words, size_t count, struct refusal *refusal)
{
    const struct rule_words *options = matrix->options;
    const struct group *groups[] = {group_named(matrix, words[0]), group_named(matrix, words[1])};
    struct rule_asked rule = {.fault = matrix->fault};
    struct whom whom = {.said = 1U << WHOM_between, .dialled_by = options->dialled_by};
    int status;

    for (size_t i = 0; i < 2; i++)
        if (!groups[i])
            return refuse(refusal, NULL, "no group named %s; write %s = NODES before", words[i], words[i]);
    if (set_params(matrix, words + 2, count - 2, &rule.fault, refusal) < 0)
        return -EINVAL;
    if (options->dialled_by)
        whom.said |= 1U << WHOM_dialled_by;
    for (size_t i = 0; i < 2; i++)
        islands_add_copy(&whom.between, &groups[i]->nodes.at[0]);
    status = whom_select(&whom, &rule.fault, whom_words, &rule.selector, refusal);
    whom_done(&whom);
    if (status < 0)
        return status;
    rule.lifetime = lifetime_new(options->for_us, options->lease);
    rule.strict = options->strict;
    rules_request_add(&matrix->request, &rule);
    return 0;
}

/* Returns how many there are, also when only WORDS_MAX of them are in `words`. */
static size_t split(char *line, char **words)
{
    char *rest = NULL;
    size_t count = 0;

    for (char *word = strtok_r(line, BLANKS, &rest); word; word = strtok_r(NULL, BLANKS, &rest), count++)
        if (count < WORDS_MAX)
            words[count] = word;
    return count;
}

static int add_words(struct matrix *matrix, char **words, size_t count, struct refusal *refusal)
{
    if (count > WORDS_MAX)
        return refuse(refusal, NULL, "more than %d words", WORDS_MAX);
    if (count == 3 && strcmp(words[1], "=") == 0)
        return add_group(matrix, words[0], words[2], refusal);
    if (count >= 3 && strcmp(words[1], "=") != 0)
        return add_pair(matrix, words, count, refusal);
    return refuse(refusal, NULL, "'%s ...': write GROUP = NODES, or GROUP GROUP VALUE", words[0]);
}

int matrix_add_line(struct matrix *matrix, const char *line, struct refusal *refusal)
{
    char *words[WORDS_MAX], *copy;
    size_t count;
    int status = 0;

    if (strlen(line) > MATRIX_LINE_BYTES_MAX)
        return refuse(refusal, NULL, "a line of more than %d bytes", MATRIX_LINE_BYTES_MAX);
    copy = mem_string(line, strcspn(line, "#"));
    count = split(copy, words);
    if (count > 0)
        status = add_words(matrix, words, count, refusal);
    free(copy);
    return status;
}

int matrix_finish(struct matrix *matrix, struct rules_request *ret, struct refusal *refusal)
{
    if (matrix->request.count == 0)
        return refuse(refusal, NULL, "no line of the form GROUP GROUP VALUE");
    *ret = matrix->request;
    matrix->request = (struct rules_request){0};
    return 0;
}
