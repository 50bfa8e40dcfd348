/* SPDX-License-Identifier: MIT */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stddef.h>
#include <sys/types.h>

/*
 * How many characters len bytes are, or -1 when they are not UTF-8 (RFC 3629: overlong forms, surrogates, anything
 * above U+10FFFF and truncated characters are refused).
 */
ssize_t utf8_length(const void *data, size_t len);

/*
 * For a text that repeats what a stranger sent, before a person reads it on a terminal: what that would act on (control
 * characters, C1 ones too; turns of direction), and bytes that are not UTF-8, become '?'.
 */
void utf8_make_line(char *text);

/* The same without loss, for names: these bytes become "\x1b". Not more than fits; whole characters only. */
void utf8_escape(const char *text, char *to, size_t size);

#endif
