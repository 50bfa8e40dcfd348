/* SPDX-License-Identifier: MIT */
/*
 * Heap memory that is there or ends the program.
 *
 * Everything a peer can make us allocate has a limit elsewhere, so running out of memory here means that the
 * machine is out of memory: there is nobody left to report to, and nothing sensible to undo.
 */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include <stddef.h>

/* size zeroed bytes; the caller frees them with free(). Never returns NULL. */
void *mem_new(size_t size);

/* Like realloc(), but never returns NULL. */
void *mem_resize(void *block, size_t size);

/*
 * What is free goes back to the system, as far as the C library lets us: by itself it keeps what lies below something
 * that is still in use. Takes 1 ms for each MiB: for when nobody waits.
 */
void mem_give_back(void);

/* A copy of len bytes with a NUL behind them; the caller frees it with free(). */
char *mem_string(const void *bytes, size_t len);

#endif
