/* SPDX-License-Identifier: MIT */
#include "model/pattern.h"

#include <stdint.h>
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

/* The character at *at, which moves on; *at is not at the end. A byte that is no UTF-8 counts as one. */
static uint32_t take(const char **at)
{
    const unsigned char *byte = (const unsigned char *)*at;
    size_t len = byte[0] < 0xC0 ? 1 : byte[0] < 0xE0 ? 2 : byte[0] < 0xF0 ? 3 : 4;
    uint32_t character = byte[0];

    for (size_t i = 1; i < len; i++) {
        if ((byte[i] & 0xC0) != 0x80) {
            len = 1;
            character = byte[0];
            break;
        }
        character = character << 8 | byte[i]; /* the order of UTF-8's bytes is that of its characters */
    }
    *at += len;
    return character;
}

/* Behind the ']' of the set that begins at `set`, behind its '['; or NULL: the '[' stands for itself. */
static const char *end_of_set(const char *set)
{
    set += *set == '!' || *set == '^';
    set += *set == ']'; /* the first one belongs to the set */
    set += strcspn(set, "]");
    return *set ? set + 1 : NULL;
}

static bool is_in_set(const char *set, const char *end, uint32_t character)
{
    bool inverted = *set == '!' || *set == '^', found = false;

    for (set += inverted; set < end - 1;) {
        uint32_t first = take(&set), last = first;

        if (*set == '-' && set + 1 < end - 1) {
            set++;
            last = take(&set);
        }
        found |= first <= character && character <= last;
    }
    return found != inverted;
}

/* Does what stands at *pattern, no '*', fit the character at *text? Both move on then. */
static bool takes_one(const char **pattern, const char **text)
{
    const char *p = *pattern, *t = *text, *end = *p == '[' ? end_of_set(p + 1) : NULL;
    uint32_t character = take(&t);

    if (end) {
        if (!is_in_set(p + 1, end, character))
            return false;
        p = end;
    } else if (take(&p) != character && **pattern != '?') {
        return false;
    }
    *pattern = p;
    *text = t;
    return true;
}

/*
 * As the shell's patterns for file names, in characters whatever the locale. A '*' first stands for nothing, and for
 * one character more each time that what follows does not fit. Only the last one is tried again: whatever the ones
 * before it could have taken it can take as well. So no pattern takes long.
 */
static bool fits(const char *pattern, const char *text)
{
    const char *behind_star = NULL, *retry = NULL;

    while (*text) {
        if (*pattern == '*') {
            behind_star = ++pattern;
            retry = text;
        } else if (!*pattern || !takes_one(&pattern, &text)) {
            if (!behind_star)
                return false;
            take(&retry);
            text = retry;
            pattern = behind_star;
        }
    }
    return !pattern[strspn(pattern, "*")];
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
        return "a full name that is not NAME@HOST, such as node1@host";
    return NULL;
}

static bool has_backward_range(const char *set, const char *end)
{
    for (set += *set == '!' || *set == '^'; set < end - 1;) {
        uint32_t first = take(&set);

        if (*set == '-' && set + 1 < end - 1) {
            set++;
            if (take(&set) < first)
                return true;
        }
    }
    return false;
}

const char *pattern_slip(const char *pattern)
{
    while ((pattern = strchr(pattern, '['))) {
        const char *end = end_of_set(++pattern);

        if (!end)
            return "its '[' has no ']', and stands for itself";
        if (has_backward_range(pattern, end))
            return "its range in brackets ends before it begins, and stands for nothing";
        pattern = end;
    }
    return NULL;
}

bool pattern_is_plain(const char *name)
{
    return !pattern_fault(name) && !is_glob(name);
}

/* How to take a name or pattern without a host, when the other has one. */
enum hostless { IS_ANY_HOST, IS_UNKNOWN_HOST };

static bool glob_matches(const char *pattern, const char *name, enum hostless name_is)
{
    char short_name[PATTERN_BYTES_MAX + 1], short_pattern[PATTERN_BYTES_MAX + 1];
    bool has_host = strchr(pattern, '@') != NULL, knows_host = strchr(name, '@') != NULL;

    if (has_host && knows_host)
        return fits(pattern, name);
    if (has_host && name_is == IS_UNKNOWN_HOST)
        return false;
    short_part(name, short_name);
    short_part(pattern, short_pattern);
    return fits(short_pattern, short_name);
}

static bool matches(const char *pattern, const char *name, enum hostless name_is)
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
        return glob_matches(pattern, name, name_is);
    if (*n == '@' && !*p)
        return !memchr(pattern, '@', (size_t)(p - pattern));
    return name_is == IS_ANY_HOST && *p == '@' && !*n && !memchr(pattern, '@', (size_t)(p - pattern));
}

bool pattern_matches(const char *pattern, const char *name)
{
    return matches(pattern, name, IS_UNKNOWN_HOST);
}

bool pattern_covers(const char *wide, const char *narrow)
{
    if (strcmp(wide, narrow) == 0 || strcmp(wide, "*") == 0)
        return true;
    return !is_glob(narrow) && pattern_matches(wide, narrow);
}

bool pattern_overlaps(const char *a, const char *b)
{
    if (strcmp(a, b) == 0)
        return true;
    if (!is_glob(a))
        return matches(b, a, IS_ANY_HOST);
    return !is_glob(b) && matches(a, b, IS_ANY_HOST);
}

bool pattern_may_overlap(const char *a, const char *b)
{
    return (is_glob(a) && is_glob(b)) || pattern_overlaps(a, b);
}
