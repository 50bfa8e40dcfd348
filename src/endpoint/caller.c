/* SPDX-License-Identifier: MIT */
#include "endpoint/caller.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include <utlist.h>

#include "base/bytes.h"
#include "base/log.h"
#include "base/memory.h"
#include "control/api.h"
#include "endpoint/callers.h"
#include "endpoint/functions.h"
#include "endpoint/greeting.h"
#include "endpoint/process.h"
#include "endpoint/saying.h"
#include "endpoint/signals.h"
#include "loop/loop.h"
#include "model/registry.h"
#include "request/wait.h"
#include "service/service.h"
#include "service/waits.h"
#include "wire/distribution.h"

#define READ_BYTES (64 * 1024)

/* A process of ours that waits for a condition. */
struct waiting {
    struct caller *caller;
    struct process process;
    enum condition_kind kind;
    struct wait *wait;
    struct waiting *prev, *next; /* caller->waiting */
};

/* ---- coming and going ---- */

static const char *who(const struct caller *caller)
{
    return caller->name ? caller->name : caller->shown;
}

static void stop_waiting(struct waiting *waiting)
{
    DL_DELETE(waiting->caller->waiting, waiting);
    process_done(&waiting->process);
    free(waiting);
}

static void cancel(struct waiting *waiting)
{
    wait_cancel(waiting->wait);
    stop_waiting(waiting);
}

void caller_close(struct caller *caller)
{
    struct callers *callers = caller->callers;

    while (caller->waiting)
        cancel(caller->waiting);
    owners_done(&caller->owners);
    DL_DELETE(callers->all, caller);
    callers->count--;
    callers->full = false;
    expiry_remove(&caller->limit);
    expiry_remove(&caller->silence);
    stranger_leave(&caller->stranger);
    watch_free(caller->watch);
    close(caller->fd);
    text_done(&caller->in);
    text_done(&caller->out);
    free(caller->greeting);
    free(caller->name);
    free(caller);
}

static void evict(void *owner)
{
    caller_close(owner);
}

/* Not from inside somebody else's callback. */
static void come_again(struct caller *caller)
{
    caller->due = true;
    alarm_set(caller->callers->again, 0);
}

/* ---- sending and reading ---- */

static size_t unsent(const struct caller *caller)
{
    return caller->out.len - caller->sent;
}

static int flush(struct caller *caller)
{
    struct callers *callers = caller->callers;
    ssize_t sent = 1;

    while (unsent(caller) > 0 && sent > 0) {
        sent = send(caller->fd, caller->out.data + caller->sent, unsent(caller), MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            sent = 1;
        else if (sent < 0 && errno != EAGAIN)
            return -errno;
        else if (sent > 0) {
            caller->sent += (size_t)sent;
            if (!caller->greeting) {
                expiry_add(&callers->silent, &caller->silence, caller);
                expiry_remove(&caller->limit);
            }
        }
    }
    if (unsent(caller) == 0) {
        text_done(&caller->out);
        caller->sent = 0;
    } else if (!caller->limit.list) {
        expiry_add(&callers->deaf, &caller->limit, caller);
    }
    return 0;
}

/* Returns how many bytes came, 0 when none are there now, or a negative errno: it has ended. */
static ssize_t read_more(struct caller *caller)
{
    static char bytes[READ_BYTES]; /* of whoever reads now: there is one loop */
    ssize_t got;

    if (caller->taken > 0) {
        caller->in.len -= caller->taken;
        memmove(caller->in.data, caller->in.data + caller->taken, caller->in.len);
        caller->taken = 0;
    }
    if (caller->in.len == 0)
        text_done(&caller->in);
    got = recv(caller->fd, bytes, sizeof(bytes), 0);
    if (got > 0)
        text_add(&caller->in, bytes, (size_t)got);
    else if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    return got > 0 ? got : got < 0 ? -errno : -ECONNRESET;
}

/* ---- what it says ---- */

enum progress {
    TAKEN,  /* something; there may be more */
    WANTED, /* more bytes have to come first */
    WRONG,  /* a line has said so: close */
};

static struct greeting_host host_of(const struct callers *callers)
{
    return (struct greeting_host){callers->name, callers->home.creation, &callers->cookie};
}

/* A node that is back before we have heard of its end. */
static void end_former(struct caller *caller)
{
    struct caller *each;

    DL_FOREACH(caller->callers->all, each)
        if (each != caller && !each->greeting && strcmp(each->name, caller->name) == 0) {
            text_done(&each->out);
            each->sent = 0;
            each->ends = true;
            come_again(each);
        }
}

/* From now on the registry knows its host, as when a cable's handshake shows it: so names with hosts can be called. */
static void learn(const struct registry *registry, const struct handshake_end *dialer)
{
    struct node *node = registry_find(registry, dialer->name, strcspn(dialer->name, "@"));

    if (node && node_has_creation(node, dialer->creation))
        node_learn(node, dialer->name, handshake_is_hidden(dialer));
}

static void get_through(struct caller *caller)
{
    const struct handshake_end *dialer = &caller->greeting->handshake.dialer;

    caller->name = mem_string(dialer->name, strlen(dialer->name));
    learn(caller->callers->api->service->registry, dialer);
    free(caller->greeting);
    caller->greeting = NULL;
    stranger_leave(&caller->stranger);
    expiry_remove(&caller->limit);
    end_former(caller);
    log_info("%s is connected with our node", caller->name);
}

static enum progress greet(struct caller *caller)
{
    const struct greeting_host host = host_of(caller->callers);
    const char *name, *reason = NULL;
    size_t used;

    if (caller->in.len == caller->taken)
        return WANTED;
    switch (greeting_feed(caller->greeting, &host, (const uint8_t *)caller->in.data + caller->taken,
                          caller->in.len - caller->taken, &used, &caller->out, &reason)) {
    case GREETING_MORE:
        break;
    case GREETING_THROUGH:
        get_through(caller);
        break;
    case GREETING_REFUSED:
        name = caller->greeting->handshake.dialer.name;
        log_warning("our node %s: a connection from %s is refused: %s", caller->callers->name,
                    name[0] ? name : caller->shown, reason);
        caller->ends = true;
        break;
    }
    caller->taken += used;
    return TAKEN;
}

static void on_wait_over(void *data, const struct refusal *refusal, uint64_t event)
{
    struct waiting *waiting = data;
    struct caller *caller = waiting->caller;
    struct functions_answer answer = {.verdict = FUNCTIONS_RETURNS};

    functions_waited(caller->callers->api, waiting->kind, refusal, event, &answer.term);
    process_answer(&waiting->process, &caller->callers->home, &answer, &caller->out);
    stop_waiting(waiting);
    come_again(caller);
}

static void begin_waiting(struct caller *caller, const struct process *process, struct functions_answer *answer)
{
    struct callers *callers = caller->callers;
    struct waiting *waiting = mem_new(sizeof(*waiting));
    struct refusal refusal;
    uint64_t event = 0;
    int status;

    *waiting = (struct waiting){caller, *process, answer->wait.condition.kind, NULL, NULL, NULL};
    process_keep(&waiting->process);
    DL_APPEND(caller->waiting, waiting);
    status = wait_begin(callers->waits, &answer->wait, on_wait_over, waiting, &waiting->wait, &event, &refusal);
    if (status != -EAGAIN)
        on_wait_over(waiting, status == 0 ? NULL : &refusal, event);
}

static void run(struct caller *caller, const struct process *process)
{
    struct callers *callers = caller->callers;
    struct functions_answer answer;

    functions_call(callers->api, caller->name, &process->module, &process->function, process->args, process->count,
                   &answer);
    log_debug("%s has called %s/%d", caller->name, answer.name ? answer.name : "what is not there:", process->count);
    if (answer.made)
        owners_add(&caller->owners, &callers->home, &answer.owner, answer.made, &caller->out);
    json_decref(answer.made);
    if (answer.verdict == FUNCTIONS_WAITS && process_is_heard(process))
        begin_waiting(caller, process, &answer);
    else if (answer.verdict == FUNCTIONS_WAITS)
        wait_request_done(&answer.wait);
    else
        process_answer(process, &callers->home, &answer, &caller->out);
}

static void cancel_watched_by(struct caller *caller, const struct term *reference)
{
    struct waiting *waiting, *next;

    DL_FOREACH_SAFE(caller->waiting, waiting, next)
        if (process_is_watched_by(&waiting->process, reference))
            cancel(waiting);
}

static void cancel_linked_to(struct caller *caller, const struct term *owner)
{
    struct waiting *waiting, *next;

    DL_FOREACH_SAFE(caller->waiting, waiting, next)
        if (waiting->process.linked && term_same(&waiting->process.owner, owner))
            cancel(waiting);
}

static enum progress wrong(const struct caller *caller, const char *reason)
{
    log_warning("our node %s: %s is disconnected: %s", caller->callers->name, who(caller), reason);
    return WRONG;
}

static enum progress take_message(struct caller *caller, const uint8_t *frame, size_t len)
{
    struct distribution_message message;
    struct process process;
    const char *reason;

    if (distribution_decode(frame, len, &message, &reason) < 0)
        return wrong(caller, reason);
    switch (signal_take(&message, &caller->callers->home, &process, &caller->out)) {
    case SIGNAL_DONE:
        break;
    case SIGNAL_RUN:
        run(caller, &process);
        break;
    case SIGNAL_CANCEL:
        cancel_watched_by(caller, &process.tag);
        break;
    case SIGNAL_DOWN:
        owners_end(&caller->owners, &process.tag);
        break;
    case SIGNAL_EXIT:
        cancel_linked_to(caller, &process.owner);
        break;
    }
    return TAKEN;
}

static enum progress take_frame(struct caller *caller)
{
    struct bytes in;
    uint32_t len;
    enum progress progress = TAKEN;

    if (caller->in.len - caller->taken < DISTRIBUTION_LENGTH_BYTES)
        return WANTED;
    in = bytes_over(caller->in.data + caller->taken, caller->in.len - caller->taken);
    len = bytes_u32(&in);
    if (len > CALLERS_FRAME_BYTES_MAX)
        return wrong(caller, "a message of more than 1 MiB");
    if (in.left < len)
        return WANTED;
    if (len > 0)
        progress = take_message(caller, in.at, len);
    if (unsent(caller) == 0)
        saying_tick(&caller->out);
    caller->taken += DISTRIBUTION_LENGTH_BYTES + len;
    return progress;
}

/* ---- a turn ---- */

/* Returns false when it has to be closed. */
static bool go_on(struct caller *caller, bool *ret_more)
{
    const struct loop *loop = caller->callers->loop;
    uint64_t until_us = loop_clock_us(loop) + CALLERS_BURST_US;

    *ret_more = true;
    for (int i = 0; i < CALLERS_BURST && loop_clock_us(loop) < until_us; i++) {
        enum progress progress;

        if (flush(caller) < 0 || (caller->ends && unsent(caller) == 0))
            return false;
        if (unsent(caller) > 0) {
            *ret_more = false;
            return true;
        }
        progress = caller->greeting ? greet(caller) : take_frame(caller);
        if (progress == WRONG)
            return false;
        if (progress == WANTED) {
            ssize_t got = read_more(caller);

            *ret_more = got > 0;
            if (got <= 0)
                return got == 0;
        }
    }
    return flush(caller) == 0;
}

void caller_step(struct caller *caller)
{
    bool more;

    caller->due = false;
    if (!go_on(caller, &more)) {
        caller_close(caller);
        return;
    }
    if (watch_want(caller->watch, unsent(caller) > 0 ? READY_WRITE : READY_READ) < 0) {
        wrong(caller, "it cannot be watched");
        caller_close(caller);
        return;
    }
    if (more)
        come_again(caller);
}

static void on_ready(void *data, unsigned ready)
{
    (void)ready;
    caller_step(data);
}

void caller_greets_late(void *owner)
{
    wrong(owner, "its handshake takes too long");
    caller_close(owner);
}

void caller_is_deaf(void *owner)
{
    wrong(owner, "it does not take its answers");
    caller_close(owner);
}

void caller_is_silent(void *owner)
{
    struct caller *caller = owner;

    expiry_add(&caller->callers->silent, &caller->silence, caller);
    if (unsent(caller) > 0)
        return;
    saying_tick(&caller->out);
    come_again(caller);
}

void caller_admit(struct callers *callers, int fd, const struct address *peer)
{
    const int on = 1;
    struct caller *caller;
    uint32_t challenge;

    caller = mem_new(sizeof(*caller));
    caller->callers = callers;
    caller->fd = fd;
    caller->owners.service = callers->api->service;
    address_print(peer, caller->shown);
    caller->watch = watch_new(callers->loop, fd, on_ready, caller);
    if (!caller->watch || getrandom(&challenge, sizeof(challenge), 0) != sizeof(challenge)) {
        wrong(caller, strerror(errno));
        watch_free(caller->watch);
        close(fd);
        free(caller);
        return;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    caller->greeting = mem_new(sizeof(*caller->greeting));
    greeting_init(caller->greeting, challenge);
    DL_APPEND(callers->all, caller);
    callers->count++;
    expiry_add(&callers->greeting, &caller->limit, caller);
    stranger_enter(&caller->stranger, callers->descriptors, evict, caller);
    caller_step(caller);
}
