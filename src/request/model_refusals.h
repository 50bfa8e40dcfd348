/* SPDX-License-Identifier: MIT */
/*
 * What model/ refuses as a line of text, as a refusal: until it refuses so itself.
 */
#ifndef REQUEST_MODEL_REFUSALS_H
#define REQUEST_MODEL_REFUSALS_H

#include <string.h>

#include "base/refusal.h"
#include "model/conditions.h"
#include "model/faults.h"
#include "model/selector.h"

/* "field: text", where the field is one word. */
static inline int refuse_line(struct refusal *ret, const char *line)
{
    size_t len = strcspn(line, ": ");
    char field[REFUSAL_FIELD_BYTES];

    if (line[len] != ':' || len >= sizeof(field))
        return refuse(ret, NULL, "%s", line);
    memcpy(field, line, len);
    field[len] = 0;
    return refuse(ret, field, "%s", line + len + 2);
}

#define MODEL_REFUSES(ret, call)                           \
    ({                                                     \
        char line_[REFUSAL_LINE_BYTES];                    \
        const size_t size_ = sizeof(line_);                \
        int status_ = call;                                \
        status_ < 0 ? refuse_line((ret), line_) : status_; \
    })

#define fault_named(kind, fault, refusal) MODEL_REFUSES(refusal, (fault_named)(kind, fault, line_, size_))
#define fault_set(fault, param, text, refusal) MODEL_REFUSES(refusal, (fault_set)(fault, param, text, line_, size_))
#define fault_check(fault, refusal) MODEL_REFUSES(refusal, (fault_check)(fault, line_, size_))
#define selector_check(selector, fault, refusal) MODEL_REFUSES(refusal, (selector_check)(selector, fault, line_, size_))
#define islands_check(islands, refusal) MODEL_REFUSES(refusal, (islands_check)(islands, line_, size_))
#define island_check_names(island, field, refusal) \
    MODEL_REFUSES(refusal, (island_check_names)(island, field, line_, size_))
#define condition_parse(text, condition, refusal) \
    MODEL_REFUSES(refusal, (condition_parse)(text, condition, line_, size_))

#endif
