/* SPDX-License-Identifier: MIT */
#include "cli/matrix.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "request/matrix.h"

static int refuse_line(const struct command *self, const char *path, size_t number, const struct refusal *refusal)
{
    char why[REFUSAL_LINE_BYTES];

    refusal_print(refusal, why, sizeof(why));
    return command_refuse(self, "%s:%zu: %s", path, number, why);
}

static int add_lines(const struct command *self, const char *path, FILE *file, struct matrix *matrix)
{
    char line[MATRIX_LINE_BYTES_MAX + 2];
    struct refusal refusal;

    for (size_t number = 1; fgets(line, sizeof(line), file); number++) {
        bool whole = strchr(line, '\n') || feof(file);

        if (!whole && strlen(line) < sizeof(line) - 1)
            return command_refuse(self, "%s:%zu: a NUL in '%.100s'", path, number, line);
        if (!whole)
            return command_refuse(self, "%s:%zu: a line of more than %d bytes", path, number, MATRIX_LINE_BYTES_MAX);
        if (matrix_add_line(matrix, line, &refusal) < 0)
            return refuse_line(self, path, number, &refusal);
    }
    return ferror(file) ? command_refuse(self, "--matrix: %s: %s", path, strerror(errno)) : COMMAND_GO;
}

int matrix_from_file(const struct command *self, const char *path, const char *kind, const struct rule_words *options,
                     struct rules_request *ret)
{
    struct refusal refusal;
    struct matrix *matrix;
    FILE *file;
    int status;

    if (matrix_new(kind, options, &matrix, &refusal) < 0)
        return command_refused(self, &refusal);
    file = fopen(path, "r");
    if (!file) {
        matrix_free(matrix);
        return command_refuse(self, "--matrix: %s: %s", path, strerror(errno));
    }
    status = add_lines(self, path, file, matrix);
    fclose(file);
    if (status == COMMAND_GO && matrix_finish(matrix, ret, &refusal) < 0)
        status = command_refuse(self, "--matrix: %s: %s", path, refusal.text);
    matrix_free(matrix);
    return status;
}
