/* SPDX-License-Identifier: MIT */
/*
 * What a node is told: frames, and the terms in them, put behind each other in a text.
 *
 *     at = saying_frame(to);  a control message;  saying_message(to);  a message;  saying_end(to, at);
 */
#ifndef ENDPOINT_SAYING_H
#define ENDPOINT_SAYING_H

#include <stddef.h>

#include "base/text.h"

struct term;

size_t saying_frame(struct text *to);           /* begins one */
void saying_message(struct text *to);           /* what follows is no longer the control message */
void saying_end(struct text *to, size_t frame); /* its length is known now */
void saying_tick(struct text *to);

/* A tuple or a list of so many terms, which follow; behind those of a list its end. */
void saying_tuple(struct text *to, int arity);
void saying_list(struct text *to, size_t count); /* one at least */
void saying_nil(struct text *to);

void saying_integer(struct text *to, int value);
void saying_term(struct text *to, const struct term *term);

#endif
