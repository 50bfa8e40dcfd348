/* SPDX-License-Identifier: MIT */
/*
 * What ends by itself: leases, rules that have a time, cuts that settle.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "base/memory.h"
#include "model/book.h"

const struct lease *rules_leases(const struct rules *rules)
{
    return rules->leases;
}

const struct lease *rules_lease(const struct rules *rules, const char *name)
{
    const struct lease *lease = rules->leases;

    while (lease && strcmp(lease->name, name) != 0)
        lease = lease->next;
    return lease;
}

int rules_renew_lease(struct rules *rules, const char *name, uint64_t ends_us)
{
    struct lease *lease = (struct lease *)rules_lease(rules, name);

    if (!lease) {
        if (rules->leases_count >= LEASES_MAX)
            return -ENOSPC;
        lease = mem_new(sizeof(*lease));
        lease->name = mem_string(name, strlen(name));
        DL_APPEND(rules->leases, lease);
        rules->leases_count++;
    }
    lease->ends_us = ends_us;
    book_tell(rules);
    return 0;
}

static bool has_lease(const struct rule *rule, const void *lease)
{
    return rule->lease == lease;
}

static void end_lease(struct rules *rules, struct lease *lease)
{
    book_drop_those(rules, has_lease, lease);
    book_drop_lease(rules, lease);
}

bool rules_end_lease(struct rules *rules, const char *name)
{
    struct lease *lease = (struct lease *)rules_lease(rules, name);

    if (!lease)
        return false;
    end_lease(rules, lease);
    book_tell(rules);
    return true;
}

struct lease *rules_begin_owner(const char *node)
{
    struct lease *owner = mem_new(sizeof(*owner));

    owner->node = node ? mem_string(node, strlen(node)) : NULL;
    owner->ends_us = RULES_NEVER;
    return owner;
}

void rules_end_owner(struct rules *rules, struct lease *owner)
{
    if (owner && book_drop_those(rules, has_lease, owner))
        book_tell(rules);
    if (owner)
        free(owner->node);
    free(owner);
}

static bool is_over(const struct rule *rule, const void *now_us)
{
    return rule->ends_us <= *(const uint64_t *)now_us;
}

void rules_expire(struct rules *rules, uint64_t now_us)
{
    struct lease *lease, *next;
    bool any = book_drop_those(rules, is_over, &now_us);

    for (struct rule *rule = rules->book; rule; rule = rule->next)
        if (rule->settles_us && rule->settles_us <= now_us) {
            rule->settles_us = 0;
            rules->version++;
            seats_touch(rules, rule);
            any = true;
        }
    DL_FOREACH_SAFE(rules->leases, lease, next)
        if (lease->ends_us <= now_us) {
            end_lease(rules, lease);
            any = true;
        }
    if (any)
        book_tell(rules);
}

uint64_t rules_next_end_us(const struct rules *rules)
{
    uint64_t next_us = RULES_NEVER;

    for (const struct rule *rule = rules->book; rule; rule = rule->next) {
        next_us = rule->ends_us < next_us ? rule->ends_us : next_us;
        next_us = rule->settles_us && rule->settles_us < next_us ? rule->settles_us : next_us;
    }
    for (const struct lease *lease = rules->leases; lease; lease = lease->next)
        next_us = lease->ends_us < next_us ? lease->ends_us : next_us;
    return next_us;
}
