/* SPDX-License-Identifier: MIT */
/*
 * fault kinds: the table of faults for people, and as GET /v1/kinds has it.
 */
#ifndef CLI_KINDS_H
#define CLI_KINDS_H

/* All kinds, or the one of that name. */
void kinds_print(const char *only);
void kinds_print_json(const char *only);

#endif
