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
#include "control/turns.h"
#include "loop/loop.h"
#include "model/events.h"
#include "request/answers.h"
#include "request/wait.h"
#include "service/service.h"
#include "service/waits.h"

struct waiting {
    const struct service *service;
    struct waits *waits;
    struct turns *turns;
    struct turn turn;
    struct MHD_Connection *connection;
    struct wait_request request; /* until its turn has come */
    struct wait *wait;           /* and from then on, until it is over */
    struct watch *watch;         /* tells that the client has left */
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

/* Returns 0: it holds; -EAGAIN: not yet; or the refusal. */
static int begin(struct waiting *waiting, uint64_t *ret_event, struct refusal *refusal)
{
    int status = wait_begin(waiting->waits, &waiting->request, on_over, waiting, &waiting->wait, ret_event, refusal);

    waiting->request = (struct wait_request){0};
    if (status != -EAGAIN)
        return status;
    waiting->watch = watch_new(waiting->service->loop, connection_fd(waiting->connection), on_left, waiting);
    if (waiting->watch && watch_want(waiting->watch, READY_HANGUP) == 0)
        return -EAGAIN;
    log_warning("a request that waits is refused: its connection cannot be watched");
    wait_cancel(waiting->wait);
    stop(waiting);
    return refuse_as(refusal, -EBUSY, NULL, "the connection cannot be watched meanwhile; try again");
}

static void on_turn(void *data, bool over)
{
    struct waiting *waiting = data;
    struct refusal refusal;
    uint64_t event = 0;
    int status =
        over ? refuse_as(&refusal, -EBUSY, NULL, "the daemon ends; try again") : begin(waiting, &event, &refusal);

    if (status == -EAGAIN)
        return;
    waiting->answer = answer_of(waiting, status == 0 ? NULL : &refusal, event);
    waiting->fn(waiting->data);
}

struct waiting *waiting_begin(struct waits *waits, struct turns *turns, const struct service *service,
                              struct MHD_Connection *connection, const struct wait_request *request, waiting_fn *fn,
                              void *data)
{
    struct waiting *waiting = mem_new(sizeof(*waiting));

    *waiting = (struct waiting){.service = service,
                                .waits = waits,
                                .turns = turns,
                                .turn = {.fn = on_turn, .data = waiting},
                                .connection = connection,
                                .request = *request,
                                .fn = fn,
                                .data = data};
    turns_wait(turns, &waiting->turn);
    MHD_suspend_connection(connection);
    return waiting;
}

bool waiting_answer(struct waiting *waiting, struct api_answer *ret)
{
    *ret = waiting->answer;
    waiting->answer.document = NULL;
    return !waiting->left;
}

void waiting_free(struct waiting *waiting)
{
    if (!waiting)
        return;
    turns_leave(waiting->turns, &waiting->turn);
    wait_request_done(&waiting->request);
    if (waiting->wait)
        wait_cancel(waiting->wait);
    stop(waiting);
    json_decref(waiting->answer.document); /* it came too late */
    free(waiting);
}
