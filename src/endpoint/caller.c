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
#include "service/service.h"
#include "wire/distribution.h"

#define READ_BYTES (64 * 1024)
#define SEND_BYTES_MAX (256 * 1024) /* at once; what is more waits for the next turn */

/* ---- coming and going ---- */

static const char *who(const struct caller *caller)
{
    return caller->name ? caller->name : caller->shown;
}

void caller_close(struct caller *caller)
{
    struct callers *callers = caller->callers;

    living_done(&caller->living);
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
static void come_again(void *data)
{
    struct caller *caller = data;

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
    size_t len = unsent(caller);
    ssize_t sent = 0;

    if (len > 0)
        sent = send(caller->fd, caller->out.data + caller->sent, len < SEND_BYTES_MAX ? len : SEND_BYTES_MAX,
                    MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN && errno != EINTR)
        return -errno;
    if (sent > 0) {
        caller->sent += (size_t)sent;
        if (!caller->greeting) {
            expiry_add(&callers->silent, &caller->silence, caller);
            expiry_remove(&caller->limit);
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

/* What nobody hears of need not be done: nothing of a cast, and of a spawned process no more than how it ends. */
static void live(struct caller *caller, const struct process *process, struct functions_answer *answer)
{
    bool waits = answer->verdict == FUNCTIONS_WAITS;

    if (process_is_heard(process) && (waits || process->form != PROCESS_SPAWNED)) {
        living_add(&caller->living, process, answer);
        return;
    }
    functions_drop(answer);
    if (!waits)
        process_answer(process, &caller->callers->home, answer, &caller->out);
}

static void run(struct caller *caller, const struct process *process)
{
    struct callers *callers = caller->callers;
    struct functions_answer answer;

    functions_call(callers->api, caller->name, &process->module, &process->function, process->args, process->count,
                   &answer);
    log_debug("%s has called %s/%d", caller->name, answer.name ? answer.name : "what is not there:", process->count);
    if (answer.owner)
        owners_add(&caller->owners, &callers->home, &answer.pid, answer.owner, &caller->out);
    if (answer.verdict == FUNCTIONS_WAITS || answer.verdict == FUNCTIONS_LASTS)
        live(caller, process, &answer);
    else
        process_answer(process, &callers->home, &answer, &caller->out);
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
        living_end(&caller->living, process_is_watched_by, &process.tag);
        break;
    case SIGNAL_DOWN:
        owners_end(&caller->owners, &process.tag);
        break;
    case SIGNAL_EXIT:
        living_end(&caller->living, process_is_linked_to, &process.owner);
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
        if (unsent(caller) == 0 && living_say(&caller->living, &caller->out))
            continue;
        if (unsent(caller) > 0 || living_is_full(&caller->living)) {
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
    if (watch_want(caller->watch, unsent(caller) > 0                ? READY_WRITE
                                  : living_is_full(&caller->living) ? 0
                                                                    : READY_READ) < 0) {
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
    living_init(&caller->living, callers, come_again, caller);
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
