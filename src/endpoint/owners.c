/* SPDX-License-Identifier: MIT */
#include "endpoint/owners.h"

#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "base/bytes.h"
#include "base/memory.h"
#include "endpoint/arguments.h"
#include "endpoint/process.h"
#include "endpoint/saying.h"
#include "model/rules.h"
#include "request/terms.h"
#include "service/service.h"
#include "wire/distribution.h"

struct owner_of_rules {
    struct text reference; /* under which it is monitored */
    json_t *ids;
    struct owner_of_rules *prev, *next; /* owners->all */
};

static void forget(struct owners *owners, struct owner_of_rules *owner)
{
    DL_DELETE(owners->all, owner);
    text_done(&owner->reference);
    json_decref(owner->ids);
    free(owner);
}

static void end(struct owners *owners, struct owner_of_rules *owner)
{
    uint32_t numbers[RULES_MAX];

    rules_remove_those(owners->service->rules, numbers, argument_numbers(owner->ids, numbers));
    forget(owners, owner);
}

static bool has_rules(const struct owners *owners, const struct owner_of_rules *owner)
{
    const json_t *id;
    size_t i;

    json_array_foreach(owner->ids, i, id)
        if (rules_find(owners->service->rules, (uint32_t)json_integer_value(id)))
            return true;
    return false;
}

/* Those whose rules have gone. That they end will be told, and concern nobody. */
static void forget_the_idle(struct owners *owners)
{
    struct owner_of_rules *owner, *next;

    DL_FOREACH_SAFE(owners->all, owner, next)
        if (!has_rules(owners, owner))
            forget(owners, owner);
}

/* words:16 node creation:32 and the words, of which the first makes it one of its own */
static void add_reference(struct text *to, const struct process_home *home, uint32_t number)
{
    uint8_t bytes[4 + 12], *end;

    end = bytes_put_u16(bytes_put_u8(bytes, TERM_NEWER_REFERENCE), 3);
    text_add(to, bytes, (size_t)(end - bytes));
    terms_add_atom(to, home->node);
    end = bytes_put_u32(bytes_put_u32(bytes, home->creation), number & 0x3FFFF); /* as much as all releases take */
    end = bytes_put_u32(bytes_put_u32(end, number >> 18), 0);
    text_add(to, bytes, (size_t)(end - bytes));
}

void owners_add(struct owners *owners, struct process_home *home, const struct term *pid, const json_t *ids,
                struct text *to)
{
    struct owner_of_rules *owner = mem_new(sizeof(*owner));
    uint32_t number = ++home->last_id;
    size_t frame;

    forget_the_idle(owners);
    owner->ids = json_incref((json_t *)ids);
    add_reference(&owner->reference, home, number);
    DL_APPEND(owners->all, owner);
    frame = saying_frame(to);
    saying_tuple(to, 4);
    saying_integer(to, DISTRIBUTION_MONITOR_P);
    process_add_pid(to, home, number);
    saying_term(to, pid);
    text_add(to, owner->reference.data, owner->reference.len);
    saying_end(to, frame);
}

void owners_end(struct owners *owners, const struct term *reference)
{
    struct owner_of_rules *owner, *next;

    DL_FOREACH_SAFE(owners->all, owner, next)
        if (owner->reference.len == reference->len &&
            memcmp(owner->reference.data, reference->bytes, reference->len) == 0)
            end(owners, owner);
}

void owners_done(struct owners *owners)
{
    while (owners->all)
        end(owners, owners->all);
}
