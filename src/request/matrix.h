/* SPDX-License-Identifier: MIT */
/*
 * How far groups of nodes are from each other, line by line; rules between each two of them:
 *
 *     # comments
 *     eu = node1,node2
 *     us = node3,'us-*'      quotes are not needed, and taken away as a shell would
 *     eu us 45ms             one way; as much the other way
 *     eu eu 1ms jitter=1ms   further parameters of the fault may follow
 */
#ifndef REQUEST_MATRIX_H
#define REQUEST_MATRIX_H

#include "request/rules_request.h"

#define MATRIX_GROUPS_MAX 100
#define MATRIX_LINE_BYTES_MAX 4094

struct matrix;

/*
 * For a fault of that kind; `options` say what all rules have in common, but not between whom, and outlive the matrix.
 * Returns 0, or -EINVAL when they do not go with a matrix.
 */
int matrix_new(const char *kind, const struct rule_words *options, struct matrix **ret, struct refusal *refusal);
void matrix_free(struct matrix *matrix); /* NULL is fine */

/* Returns 0 or -EINVAL. */
int matrix_add_line(struct matrix *matrix, const char *line, struct refusal *refusal);

/* All its rules, to be ended with rules_request_done(). Returns 0, or -EINVAL: there are none. */
int matrix_finish(struct matrix *matrix, struct rules_request *ret, struct refusal *refusal);

#endif
