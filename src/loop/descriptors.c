/* SPDX-License-Identifier: MIT */
#include "loop/descriptors.h"

#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include <utlist.h>

#include "base/log.h"
#include "base/memory.h"
#include "model/counters.h"
#include "loop/loop.h"

struct descriptors {
    struct loop *loop;
    struct counters *counters;
    size_t limit;
    struct stranger *strangers; /* the one that came first first */
    size_t count;
    bool (*spare)(void *data);
    void *spare_data;
    uint64_t warned_ms; /* 0: never */
};

struct descriptors *descriptors_new(struct loop *loop, struct counters *counters, size_t limit)
{
    struct descriptors *descriptors = mem_new(sizeof(*descriptors));

    descriptors->loop = loop;
    descriptors->counters = counters;
    descriptors->limit = limit;
    return descriptors;
}

void descriptors_free(struct descriptors *descriptors)
{
    assert(!descriptors || !descriptors->strangers);
    free(descriptors);
}

void descriptors_set_spare(struct descriptors *descriptors, bool (*fn)(void *data), void *data)
{
    descriptors->spare = fn;
    descriptors->spare_data = data;
}

/* The one that came first, except for this one. Returns false when there is nobody else. */
static bool evict_one(struct descriptors *descriptors, const struct stranger *except)
{
    struct stranger *first = descriptors->strangers;

    if (first && first == except)
        first = first->next;
    if (!first)
        return false;
    COUNT(descriptors->counters, connections_evicted);
    first->evict(first->owner);
    return true;
}

void stranger_enter(struct stranger *stranger, struct descriptors *descriptors, void (*evict)(void *owner), void *owner)
{
    assert(!stranger->account);
    *stranger = (struct stranger){.account = descriptors, .evict = evict, .owner = owner};
    DL_APPEND(descriptors->strangers, stranger);
    descriptors->count++;
    if (descriptors->count > descriptors->limit / DESCRIPTORS_SHARE)
        evict_one(descriptors, stranger);
}

void stranger_hand_over(struct stranger *from, struct stranger *to, void (*evict)(void *owner), void *owner)
{
    assert(from->account && !to->account);
    *to = (struct stranger){.account = from->account, .evict = evict, .owner = owner};
    DL_REPLACE_ELEM(to->account->strangers, from, to);
    from->account = NULL;
}

void stranger_leave(struct stranger *stranger)
{
    if (!stranger->account)
        return;
    DL_DELETE(stranger->account->strangers, stranger);
    stranger->account->count--;
    stranger->account = NULL;
}

bool descriptors_ran_out(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

bool descriptors_make_room(struct descriptors *descriptors, const struct stranger *except, const char *what)
{
    uint64_t now_ms = loop_now_ms(descriptors->loop);

    if (evict_one(descriptors, except) || (descriptors->spare && descriptors->spare(descriptors->spare_data)))
        return true;
    if (descriptors->warned_ms && now_ms - descriptors->warned_ms < DESCRIPTORS_WARNING_MS)
        return false;
    descriptors->warned_ms = now_ms;
    log_warning("%s has to wait: all %zu descriptors are taken by nodes and their connections; raise `ulimit -n`", what,
                descriptors->limit);
    return false;
}

void descriptors_note_pause(struct descriptors *descriptors)
{
    COUNT(descriptors->counters, accept_pauses);
}
