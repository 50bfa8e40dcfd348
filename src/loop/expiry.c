/* SPDX-License-Identifier: MIT */
#include "loop/expiry.h"

#include <assert.h>

#include <utlist.h>

#include "loop/loop.h"

static void on_alarm(void *data)
{
    struct expiry *expiry = data;
    uint64_t now_ms = loop_now_ms(expiry->loop);

    while (expiry->first && expiry->first->deadline_ms <= now_ms) {
        struct expiring *item = expiry->first;

        expiry_remove(item);
        expiry->expired(item->owner);
    }
    if (expiry->first)
        alarm_set(expiry->alarm, expiry->first->deadline_ms - now_ms);
}

void expiry_init(struct expiry *expiry, struct loop *loop, uint64_t patience_ms, void (*expired)(void *owner))
{
    *expiry = (struct expiry){.loop = loop, .patience_ms = patience_ms, .expired = expired};
    expiry->alarm = alarm_new(loop, on_alarm, expiry);
}

void expiry_done(struct expiry *expiry)
{
    assert(!expiry->first);
    alarm_free(expiry->alarm);
    expiry->alarm = NULL;
}

void expiry_add(struct expiry *expiry, struct expiring *item, void *owner)
{
    expiry_remove(item);
    /* The alarm is left alone when others are before: it looks at the head when it rings. */
    if (!expiry->first)
        alarm_set(expiry->alarm, expiry->patience_ms);
    item->list = expiry;
    item->owner = owner;
    item->deadline_ms = loop_now_ms(expiry->loop) + expiry->patience_ms;
    DL_APPEND(expiry->first, item);
    expiry->count++;
}

void expiry_remove(struct expiring *item)
{
    if (!item->list)
        return;
    DL_DELETE(item->list->first, item);
    item->list->count--;
    item->list = NULL;
}

void *expiry_oldest(const struct expiry *expiry)
{
    return expiry->first ? expiry->first->owner : NULL;
}
