/* SPDX-License-Identifier: MIT */
#include "endpoint/owners.h"

#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "base/bytes.h"
#include "base/memory.h"
#include "endpoint/process.h"
#include "endpoint/saying.h"
#include "model/rules.h"
#include "request/terms.h"
#include "service/service.h"
#include "wire/distribution.h"

struct owner_of_rules {
    struct text reference;              /* under which it is monitored */
    struct lease *lease;                /* that they have */
    struct owner_of_rules *prev, *next; /* owners->all */
};

static void end(struct owners *owners, struct owner_of_rules *owner)
{
    DL_DELETE(owners->all, owner);
    rules_end_owner(owners->service->rules, owner->lease);
    text_done(&owner->reference);
    free(owner);
}

static bool has_rules(const struct owners *owners, const struct lease *lease)
{
    const struct rule *rule = rules_first(owners->service->rules);

    while (rule && rule->lease != lease)
        rule = rule->next;
    return rule;
}

/* Those whose rules have gone. That they end will be told, and concern nobody. */
static void end_the_idle(struct owners *owners)
{
    struct owner_of_rules *owner, *next;

    DL_FOREACH_SAFE(owners->all, owner, next)
        if (!has_rules(owners, owner->lease))
            end(owners, owner);
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

void owners_add(struct owners *owners, struct process_home *home, const struct term *pid, struct lease *lease,
                struct text *to)
{
    struct owner_of_rules *owner;
    uint32_t number;
    size_t frame;

    end_the_idle(owners);
    if (!has_rules(owners, lease)) {
        rules_end_owner(owners->service->rules, lease);
        return;
    }
    owner = mem_new(sizeof(*owner));
    owner->lease = lease;
    number = ++home->last_id;
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
