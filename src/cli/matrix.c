/* SPDX-License-Identifier: MIT */
#include "cli/matrix.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/rules.h"
#include "model/faults.h"

#define WORDS_MAX 16
#define BLANKS " \t\r\n"

struct matrix {
    const struct command *self;
    const char *path;
    const char *value; /* the parameter that the third word of a line is */
    struct fault fault;
    size_t line;
    json_t *groups; /* name -> island */
    json_t *rules;
    const json_t *common; /* what all rules have */
};

#define refuse_line(matrix, format, ...) \
    command_refuse((matrix)->self, "%s:%zu: " format, (matrix)->path, (matrix)->line, __VA_ARGS__)

/* Returns how many there are, also when only WORDS_MAX of them are in `words`. */
static size_t split(char *line, char **words)
{
    size_t count = 0;

    for (char *word = strtok(line, BLANKS); word; word = strtok(NULL, BLANKS), count++)
        if (count < WORDS_MAX)
            words[count] = word;
    return count;
}

static int add_group(struct matrix *matrix, const char *name, char *island)
{
    size_t len = strlen(island);
    char where[256];
    json_t *names;

    if (len > 1 && (island[0] == '\'' || island[0] == '"') && island[len - 1] == island[0]) {
        island[len - 1] = 0;
        island++;
    }
    if (json_object_get(matrix->groups, name))
        return refuse_line(matrix, "the group %s is there already", name);
    if (json_object_size(matrix->groups) >= MATRIX_GROUPS_MAX)
        return refuse_line(matrix, "more than %d groups", MATRIX_GROUPS_MAX);
    snprintf(where, sizeof(where), "%.200s:%zu: ", matrix->path, matrix->line);
    if (island_read(matrix->self, where, island, &names) != COMMAND_GO)
        return STATUS_BAD_INPUT;
    if (json_object_set_new(matrix->groups, name, names) < 0)
        return refuse_line(matrix, "a group's name that is not UTF-8: '%.100s'", name);
    return COMMAND_GO;
}

static int set_param(struct matrix *matrix, struct fault *fault, json_t *params, const char *name, const char *value)
{
    struct refusal refusal;
    char line[REFUSAL_LINE_BYTES];

    if (fault_set(fault, name, value, &refusal) < 0) {
        refusal_print(&refusal, line, sizeof(line));
        return refuse_line(matrix, "%s", line);
    }
    json_object_set_new(params, name, json_string(value));
    return COMMAND_GO;
}

static int add_pair(struct matrix *matrix, char **words, size_t count)
{
    json_t *params = json_object(), *between = json_array(), *rule = json_copy((json_t *)matrix->common);
    struct fault fault = matrix->fault;
    int status = COMMAND_GO;

    json_object_set_new(rule, "params", params);
    json_object_set_new(rule, "between", between);
    json_array_append_new(matrix->rules, rule);
    for (size_t i = 0; i < 2; i++) {
        json_t *group = json_object_get(matrix->groups, words[i]);

        if (!group)
            return refuse_line(matrix, "no group named %s; write %s = NODES before", words[i], words[i]);
        json_array_append(between, group);
    }
    status = set_param(matrix, &fault, params, matrix->value, words[2]);
    for (size_t i = 3; i < count && status == COMMAND_GO; i++) {
        char *equals = strchr(words[i], '=');

        if (!equals)
            return refuse_line(matrix, "'%s': write a parameter as name=value", words[i]);
        *equals = 0;
        status = set_param(matrix, &fault, params, words[i], equals + 1);
    }
    return status;
}

static int read_line(struct matrix *matrix, char *line)
{
    char *words[WORDS_MAX];
    size_t count;

    line[strcspn(line, "#")] = 0;
    count = split(line, words);
    if (count == 0)
        return COMMAND_GO;
    if (count > WORDS_MAX)
        return refuse_line(matrix, "more than %d words", WORDS_MAX);
    if (count == 3 && strcmp(words[1], "=") == 0)
        return add_group(matrix, words[0], words[2]);
    if (count >= 3 && strcmp(words[1], "=") != 0)
        return add_pair(matrix, words, count);
    return refuse_line(matrix, "'%s ...': write GROUP = NODES, or GROUP GROUP VALUE", words[0]);
}

static int read_lines(struct matrix *matrix, FILE *file)
{
    char line[MATRIX_LINE_BYTES_MAX];
    int status = COMMAND_GO;

    while (status == COMMAND_GO && fgets(line, sizeof(line), file)) {
        matrix->line++;
        if (!strchr(line, '\n') && !feof(file))
            return strlen(line) < sizeof(line) - 1
                       ? refuse_line(matrix, "a NUL in '%.100s'", line)
                       : refuse_line(matrix, "a line of more than %d bytes", MATRIX_LINE_BYTES_MAX - 2);
        status = read_line(matrix, line);
    }
    if (status == COMMAND_GO && ferror(file))
        return command_refuse(matrix->self, "--matrix: %s: %s", matrix->path, strerror(errno));
    if (status == COMMAND_GO && json_array_size(matrix->rules) == 0)
        return command_refuse(matrix->self, "--matrix: %s: no line of the form GROUP GROUP VALUE", matrix->path);
    return status;
}

int matrix_read(const struct command *self, const char *path, const char *kind, json_t **body)
{
    struct matrix matrix = {.self = self, .path = path, .common = *body};
    struct refusal refusal;
    FILE *file;
    int status;

    if (strcmp(kind, "latency") == 0)
        matrix.value = "delay";
    else if (strcmp(kind, "bandwidth") == 0)
        matrix.value = "rate";
    else
        return command_refuse(self, "--matrix: goes with latency and bandwidth, not with %s", kind);
    if (json_object_get(*body, "from") || json_object_get(*body, "between") || json_object_get(*body, "nodes"))
        return command_refuse(self,
                              "--matrix: the file says between whom; leave out --from, --to, --between and --node");
    if (json_object_size(json_object_get(*body, "params")) > 0)
        return command_refuse(self, "--matrix: parameters stand in the file, behind the value");
    file = fopen(path, "r");
    if (!file)
        return command_refuse(self, "--matrix: %s: %s", path, strerror(errno));
    fault_named(kind, &matrix.fault, &refusal);
    matrix.groups = json_object();
    matrix.rules = json_array();
    status = read_lines(&matrix, file);
    fclose(file);
    json_decref(matrix.groups);
    if (status == COMMAND_GO) {
        json_t *rules = json_pack("{s:O}", "rules", matrix.rules);

        json_decref(*body);
        *body = rules;
    }
    json_decref(matrix.rules);
    return status;
}
