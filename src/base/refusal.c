/* SPDX-License-Identifier: MIT */
#include "base/refusal.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

/* What people typed is repeated to them: it must not become a second line, or end within a character. */
static void put(struct refusal *ret, int status, const char *field, const char *format, va_list args)
{
    char text[REFUSAL_TEXT_BYTES]; /* the arguments may be the refusal's own */

    vsnprintf(text, sizeof(text), format, args);
    utf8_make_line(text);
    ret->status = status;
    snprintf(ret->field, sizeof(ret->field), "%s", field ? field : "");
    utf8_make_line(ret->field);
    memcpy(ret->text, text, sizeof(text));
}

int refuse(struct refusal *ret, const char *field, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    put(ret, -EINVAL, field, format, args);
    va_end(args);
    return ret->status;
}

int refuse_as(struct refusal *ret, int status, const char *field, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    put(ret, status, field, format, args);
    va_end(args);
    return ret->status;
}

void refusal_add(struct refusal *refusal, const char *format, ...)
{
    size_t len = strlen(refusal->text);
    va_list args;

    va_start(args, format);
    vsnprintf(refusal->text + len, sizeof(refusal->text) - len, format, args);
    va_end(args);
    utf8_make_line(refusal->text);
}

int refusal_within(struct refusal *refusal, const char *format, ...)
{
    char inner[REFUSAL_FIELD_BYTES];
    va_list args;
    size_t len;

    memcpy(inner, refusal->field, sizeof(inner));
    va_start(args, format);
    vsnprintf(refusal->field, sizeof(refusal->field), format, args);
    va_end(args);
    len = strlen(refusal->field);
    snprintf(refusal->field + len, sizeof(refusal->field) - len, "%s%s", inner[0] && inner[0] != '[' ? "." : "", inner);
    utf8_make_line(refusal->field);
    return refusal->status;
}

void refusal_print(const struct refusal *refusal, char *to, size_t size)
{
    snprintf(to, size, "%s%s%s", refusal->field, refusal->field[0] ? ": " : "", refusal->text);
    utf8_make_line(to);
}
