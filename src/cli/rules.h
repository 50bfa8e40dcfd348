/* SPDX-License-Identifier: MIT */
/*
 * Rules and islands as people write and read them.
 */
#ifndef CLI_RULES_H
#define CLI_RULES_H

#include <jansson.h>

struct command;

#define ISLANDS_HELP                                                                                    \
    "An island is a comma-separated list of nodes: node1,node2. A name without @ is that node on any\n" \
    "host; *, ? and [...] work as in file names: 'rabbit*', '*@host2', 'node[1-3]' (quote them).\n"

/*
 * "a,b" as ["a","b"]. Returns COMMAND_GO and *ret, the caller's; or refuses a word in which a name is empty. `where`
 * begins the error: "--from: ", or "".
 */
int island_read(const struct command *self, const char *where, const char *word, json_t **ret);

/* "a,b | c", "a -> b" or "a,b": whom a rule is about. */
void rule_print_nodes(const json_t *rule);

/* One line: "#1 cut a,b | c", "#2 latency delay=50ms: a <-> b; 9s left". */
void rule_print(const json_t *rule);

/* What the daemon has to say about new rules: "note: ...", "advice: ...". */
void rules_print_remarks(const json_t *answer);

#endif
