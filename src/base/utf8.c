/* SPDX-License-Identifier: MIT */
#include "base/utf8.h"

#include <stdint.h>
#include <string.h>

/* The length of the character at `at`, or 0 when it is none. */
static size_t character(const uint8_t *at, size_t left)
{
    uint8_t first = at[0];
    uint8_t low = 0x80, high = 0xBF; /* what the second byte may be */
    size_t len;

    if (first < 0x80)
        return 1;
    if (first < 0xC2 || first > 0xF4)
        return 0;
    len = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    if (left < len)
        return 0;

    if (first == 0xE0)
        low = 0xA0; /* shorter would do */
    else if (first == 0xED)
        high = 0x9F; /* surrogates */
    else if (first == 0xF0)
        low = 0x90; /* shorter would do */
    else if (first == 0xF4)
        high = 0x8F; /* above U+10FFFF */

    if (at[1] < low || at[1] > high)
        return 0;
    for (size_t i = 2; i < len; i++)
        if (at[i] < 0x80 || at[i] > 0xBF)
            return 0;
    return len;
}

ssize_t utf8_length(const void *data, size_t len)
{
    const uint8_t *at = data;
    ssize_t count = 0;

    while (len > 0) {
        size_t step = character(at, len);

        if (step == 0)
            return -1;
        at += step;
        len -= step;
        count++;
    }
    return count;
}

void utf8_make_line(char *text)
{
    while (*text) {
        size_t len = character((const uint8_t *)text, strnlen(text, 4));

        if (len == 0 || (unsigned char)*text < ' ' || *text == 0x7F)
            *text = '?';
        text += len ? len : 1;
    }
}
