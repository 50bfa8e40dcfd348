/* SPDX-License-Identifier: MIT */
/*
 * A file that says how far groups of nodes are from each other:
 *
 *     # comments
 *     eu = node1,node2
 *     us = 'us-*'            quotes are not needed, and allowed
 *     eu us 45ms             one way; as much the other way
 *     eu eu 1ms jitter=1ms   further parameters of the fault may follow
 */
#ifndef CLI_MATRIX_H
#define CLI_MATRIX_H

#include <jansson.h>

#define MATRIX_GROUPS_MAX 100
#define MATRIX_LINE_BYTES_MAX 4096

struct command;

/*
 * Turns the body of a request for one rule of that kind into one for the rules that the file says: *body, which has no
 * selector, is replaced. Returns COMMAND_GO, or has refused, with the number of the line; *body is the caller's in any
 * case.
 */
int matrix_read(const struct command *self, const char *path, const char *kind, json_t **body);

#endif
