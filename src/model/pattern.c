/* SPDX-License-Identifier: MIT */
#include "model/pattern.h"

#include <fnmatch.h>
#include <string.h>

#include "base/utf8.h"

static bool is_special(char c)
{
    return c == '*' || c == '?' || c == '[';
}

static bool is_glob(const char *pattern)
{
    while (*pattern && !is_special(*pattern))
        pattern++;
    return *pattern != 0;
}

static bool fits(const char *pattern, const char *text)
{
    return fnmatch(pattern, text, FNM_NOESCAPE) == 0;
}

/* Copies what stands before the @ (all of it when there is none); names and patterns are bounded. */
static void short_part(const char *name, char to[PATTERN_BYTES_MAX + 1])
{
    size_t len = strcspn(name, "@");

    if (len > PATTERN_BYTES_MAX)
        len = PATTERN_BYTES_MAX;
    memcpy(to, name, len);
    to[len] = 0;
}

const char *pattern_fault(const char *pattern)
{
    const char *at = strchr(pattern, '@');

    if (!*pattern)
        return "an empty name";
    if (strlen(pattern) > PATTERN_BYTES_MAX)
        return "a name that is too long";
    if (utf8_length(pattern, strlen(pattern)) < 0)
        return "a name that is not UTF-8";
    for (const char *c = pattern; *c; c++)
        if ((unsigned char)*c <= ' ' || *c == 0x7F || *c == ',')
            return "a name with a blank, a comma or a control character in it";
    if (at && (at == pattern || !at[1] || strchr(at + 1, '@')))
        return "a full name that is not NAME@HOST";
    return NULL;
}

static bool glob_matches(const char *pattern, const char *name)
{
    char short_name[PATTERN_BYTES_MAX + 1], short_pattern[PATTERN_BYTES_MAX + 1];

    if (strchr(pattern, '@') && strchr(name, '@'))
        return fits(pattern, name);
    short_part(name, short_name);
    short_part(pattern, short_pattern);
    return fits(short_pattern, short_name);
}

bool pattern_matches(const char *pattern, const char *name)
{
    const char *p = pattern, *n = name;

    /* Rules are asked often, and most patterns are plain names, or part from the name before their first glob. */
    while (*p && *p == *n && !is_special(*p)) {
        p++;
        n++;
    }
    if (*p == *n && !*p)
        return true;
    if (is_special(*p))
        return glob_matches(pattern, name);
    /* They differ: all the same when one of them has no host. */
    if ((*p == '@' && !*n) || (*n == '@' && !*p))
        return !memchr(pattern, '@', (size_t)(p - pattern));
    return false;
}

bool pattern_covers(const char *wide, const char *narrow)
{
    if (strcmp(wide, narrow) == 0 || strcmp(wide, "*") == 0)
        return true;
    if (is_glob(narrow))
        return false;
    if (strchr(wide, '@') && !strchr(narrow, '@')) /* one host only, where narrow means any */
        return false;
    return pattern_matches(wide, narrow);
}

bool pattern_overlaps(const char *a, const char *b)
{
    if (strcmp(a, b) == 0)
        return true;
    if (!is_glob(a))
        return pattern_matches(b, a);
    return !is_glob(b) && pattern_matches(a, b);
}

bool pattern_may_overlap(const char *a, const char *b)
{
    return (is_glob(a) && is_glob(b)) || pattern_overlaps(a, b);
}
