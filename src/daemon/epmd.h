/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_EPMD_H
#define DAEMON_EPMD_H

#include <stdbool.h>

/* The program when it is called epmd: the stock program's options, texts and exit status. argv without its name. */
int epmd_main(int argc, char **argv);

/* Is that one of its options? */
bool epmd_takes(const char *word);

#endif
