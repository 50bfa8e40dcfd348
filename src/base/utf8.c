/* SPDX-License-Identifier: MIT */
#include "base/utf8.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
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

/* What a terminal would act on, not show: control characters (C1 too), separators of lines, turns of direction. */
static bool acts(const uint8_t *at, size_t len)
{
    if (len == 1)
        return at[0] < ' ' || at[0] == 0x7F;
    if (len == 2)
        return at[0] == 0xC2 && at[1] < 0xA0;
    if (len != 3 || at[0] != 0xE2)
        return false;
    return (at[1] == 0x80 && at[2] >= 0xA8 && at[2] <= 0xAE) || (at[1] == 0x81 && at[2] >= 0xA6 && at[2] <= 0xA9);
}

void utf8_make_line(char *text)
{
    while (*text) {
        size_t len = character((const uint8_t *)text, strnlen(text, 4)), step = len ? len : 1;

        if (len == 0 || acts((const uint8_t *)text, len))
            memset(text, '?', step);
        text += step;
    }
}

void utf8_escape(const char *text, char *to, size_t size)
{
    size_t at = 0;

    to[0] = 0;
    while (*text) {
        size_t len = character((const uint8_t *)text, strnlen(text, 4)), step = len ? len : 1;
        bool shown = len > 0 && !acts((const uint8_t *)text, len);
        size_t needs = shown ? step : step * strlen("\\xff");

        if (at + needs >= size)
            break;
        if (shown)
            memcpy(to + at, text, step);
        for (size_t i = 0; i < step && !shown; i++)
            snprintf(to + at + 4 * i, size - at - 4 * i, "\\x%02x", (unsigned)(uint8_t)text[i]);
        at += needs;
        to[at] = 0;
        text += step;
    }
}
