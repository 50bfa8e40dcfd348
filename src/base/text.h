/* SPDX-License-Identifier: MIT */
/*
 * Bytes that grow at their end: replies and lists are put together in one, to be sent with one write.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stddef.h>

/* What people see of a page: a terminal is 80 wide, and some begin a new line behind the last column. */
#define TEXT_COLUMNS 79

struct text {
    char *data; /* len bytes; not a C string */
    size_t len;
    size_t room;
};

void text_add(struct text *text, const void *data, size_t len);
void text_addf(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* "3 cables", "1 cable": `one` is the word for one. */
void text_add_count(struct text *text, long long count, const char *one);

/* A name that a stranger chose, for people: see utf8_escape(). */
void text_add_escaped(struct text *text, const char *name);

/* A word and its help, which begins at that column and goes on there, in lines of TEXT_COLUMNS. */
void text_add_row(struct text *text, int column, const char *word, const char *help);

/* Frees the bytes; the text is empty then, and may be used again. */
void text_done(struct text *text);

#endif
