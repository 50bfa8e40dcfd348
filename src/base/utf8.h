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

/* For a text that repeats what a stranger sent: control characters, and bytes that are not UTF-8, become '?'. */
void utf8_make_line(char *text);

#endif
