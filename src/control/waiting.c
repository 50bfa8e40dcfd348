/* SPDX-License-Identifier: MIT */
#include "control/waiting.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/memory.h"
#include "control/api.h"
#include "control/connection.h"
#include "control/routes.h"
#include "loop/loop.h"
#include "model/events.h"
#include "request/answers.h"
#include "service/service.h"
#include "service/waits.h"

struct waiting {
    const struct service *service;
    struct wait *wait;   /* NULL: it is over */
    struct watch *watch; /* tells that the client has left */
    bool left;
    struct api_answer answer;
    waiting_fn *fn;
    void *data;
};

/* `id`: of the event that was waited for, or 0. */
static struct api_answer answer_of(const struct waiting *waiting, const struct refusal *refusal, uint64_t id)
{
    const struct event *event = id ? events_next(waiting->service->events, id - 1) : NULL;
    json_t *document;

    if (refusal)
        return (struct api_answer){.status = routes_status_of(refusal), .refusal = *refusal};
    document = json_pack("{s:b}", "holds", 1);
    if (event && event->id == id)
        json_object_set_new(document, "event", event_to_document(event));
    return (struct api_answer){.status = HTTP_OK, .document = document};
}

static void stop(struct waiting *waiting)
{
    watch_free(waiting->watch);
    waiting->watch = NULL;
    waiting->wait = NULL;
}

static void on_over(void *data, const struct refusal *refusal, uint64_t event)
{
    struct waiting *waiting = data;

    waiting->answer = answer_of(waiting, refusal, event);
    stop(waiting);
    waiting->fn(waiting->data);
}

static void on_left(void *data, unsigned ready)
{
    struct waiting *waiting = data;

    (void)ready;
    wait_cancel(waiting->wait);
    waiting->left = true;
    stop(waiting);
    waiting->fn(waiting->data);
}

struct waiting *waiting_begin(struct waits *waits, const struct service *service, struct MHD_Connection *connection,
                              struct wait_request *request, waiting_fn *fn, void *data, struct api_answer *ret)
{
    struct waiting *waiting = mem_new(sizeof(*waiting));
    struct refusal refusal;
    uint64_t event = 0;
    int status = wait_begin(waits, request, on_over, waiting, &waiting->wait, &event, &refusal);

    waiting->service = service;
    waiting->fn = fn;
    waiting->data = data;
    if (status == -EAGAIN) {
        waiting->watch = watch_new(service->loop, connection_fd(connection), on_left, waiting);
        if (waiting->watch && watch_want(waiting->watch, READY_HANGUP) == 0) {
            MHD_suspend_connection(connection);
            return waiting;
        }
        log_warning("a request that waits is refused: its connection cannot be watched");
        status = refuse_as(&refusal, -EBUSY, NULL, "the connection cannot be watched meanwhile; try again");
    }
    *ret = answer_of(waiting, status == 0 ? NULL : &refusal, event);
    waiting_free(waiting);
    return NULL;
}

const struct api_answer *waiting_answer(const struct waiting *waiting)
{
    return waiting->left ? NULL : &waiting->answer;
}

void waiting_free(struct waiting *waiting)
{
    if (!waiting)
        return;
    if (waiting->wait)
        wait_cancel(waiting->wait);
    stop(waiting);
    free(waiting);
}
