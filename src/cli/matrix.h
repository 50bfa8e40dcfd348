/* SPDX-License-Identifier: MIT */
/*
 * A matrix (request/matrix.h) in a file.
 */
#ifndef CLI_MATRIX_H
#define CLI_MATRIX_H

#include "request/rules_request.h"

struct command;

/*
 * Reads the rules that the file says, for that kind of fault. Returns COMMAND_GO and *ret, to be ended with
 * rules_request_done(); or has refused, with the number of the line.
 */
int matrix_from_file(const struct command *self, const char *path, const char *kind, const struct rule_words *options,
                     struct rules_request *ret);

#endif
