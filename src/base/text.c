/* SPDX-License-Identifier: MIT */
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/utf8.h"

static void make_room(struct text *text, size_t len)
{
    if (text->room - text->len >= len)
        return;
    text->room = (text->len + len) * 2;
    text->data = mem_resize(text->data, text->room);
}

void text_add(struct text *text, const void *data, size_t len)
{
    if (len == 0)
        return;
    make_room(text, len);
    memcpy(text->data + text->len, data, len);
    text->len += len;
}

void text_addf(struct text *text, const char *format, ...)
{
    va_list args;
    int len;

    va_start(args, format);
    len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (len <= 0)
        return;

    make_room(text, (size_t)len + 1); /* vsnprintf always writes a NUL */
    va_start(args, format);
    vsnprintf(text->data + text->len, (size_t)len + 1, format, args);
    va_end(args);
    text->len += (size_t)len;
}

void text_add_count(struct text *text, long long count, const char *one)
{
    text_addf(text, "%lld %s%s", count, one, count == 1 ? "" : "s");
}

void text_add_escaped(struct text *text, const char *name)
{
    size_t size = 4 * strlen(name) + 1; /* "\x1b" for each byte */

    make_room(text, size);
    utf8_escape(name, text->data + text->len, size);
    text->len += strlen(text->data + text->len);
}

void text_add_row(struct text *text, int column, const char *word, const char *help)
{
    int at = column;

    text_addf(text, "%-*s", column, word);
    if ((int)strlen(word) >= column)
        text_addf(text, "\n%*s", column, "");
    while (*help) {
        int len = (int)strcspn(help, " ");

        if (at > column && at + 1 + len > TEXT_COLUMNS) {
            text_addf(text, "\n%*s", column, "");
            at = column;
        }
        text_addf(text, "%s%.*s", at > column ? " " : "", len, help);
        at += (at > column) + len;
        help += len;
        help += strspn(help, " ");
    }
    text_addf(text, "\n");
}

void text_done(struct text *text)
{
    free(text->data);
    *text = (struct text){0};
}
