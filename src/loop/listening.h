/* SPDX-License-Identifier: MIT */
/*
 * Where somebody on this machine listens: asked of the kernel (sock_diag(7)), which needs no privilege. It tells of the
 * network namespace that we are in.
 */
#ifndef LOOP_LISTENING_H
#define LOOP_LISTENING_H

#include <stddef.h>
#include <stdint.h>

#include "loop/site.h"

struct listening;

struct listening *listening_new(void);
void listening_free(struct listening *listening);

/*
 * The sites of all sockets that listen at that TCP port, at most `most`. Returns how many there are, or a negative
 * errno: some sandboxes refuse the question.
 */
int listening_at(struct listening *listening, uint16_t port, struct site *ret, size_t most);

#endif
