/* SPDX-License-Identifier: MIT */
/*
 * What comes to the daemon's own node. The input's first byte says what it is: even, a dialer's side of a handshake,
 * which is answered alike however it is split; odd, frames (length:16 and a frame), of which each is refused with a
 * reason or answered with frames that are whole. What it calls is run.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/house.h"
#include "control/pieces.h"
#include "endpoint/cookie.h"
#include "endpoint/functions.h"
#include "endpoint/greeting.h"
#include "endpoint/owners.h"
#include "endpoint/process.h"
#include "endpoint/signals.h"
#include "epmd/gate.h"
#include "epmd/mapper.h"
#include "request/wait.h"
#include "wire/distribution.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const struct cookie cookie = {"biscuit"};
static const struct greeting_host host = {"ctl@box", 9, &cookie};

/* ---- handshakes ---- */

static enum greeting_verdict greet(const uint8_t *data, size_t len, size_t piece, struct text *to, size_t *ret_used)
{
    enum greeting_verdict verdict = GREETING_MORE;
    struct greeting greeting;
    const char *reason = NULL;

    greeting_init(&greeting, 77);
    *ret_used = 0;
    while (verdict == GREETING_MORE && *ret_used < len) {
        size_t most = len - *ret_used < piece ? len - *ret_used : piece, used;

        verdict = greeting_feed(&greeting, &host, data + *ret_used, most, &used, to, &reason);
        assert(used <= most);
        *ret_used += used;
    }
    assert(verdict != GREETING_REFUSED || reason);
    return verdict;
}

static void try_greeting(const uint8_t *data, size_t len)
{
    struct text whole = {0}, split = {0};
    size_t used, used_split;
    enum greeting_verdict verdict = greet(data, len, len, &whole, &used);

    assert(greet(data, len, 1, &split, &used_split) == verdict && used == used_split);
    assert(whole.len == split.len && (whole.len == 0 || memcmp(whole.data, split.data, whole.len) == 0));
    text_done(&whole);
    text_done(&split);
}

/* ---- frames ---- */

static void run(const struct api *api, struct owners *owners, struct process *process, struct process_home *home,
                struct text *to)
{
    struct functions_answer answer;

    functions_call(api, "a@box", &process->module, &process->function, process->args, process->count, &answer);
    if (answer.verdict == FUNCTIONS_WAITS) {
        functions_waited(api, answer.wait.condition.kind, NULL, 1, &answer.term);
        wait_request_done(&answer.wait);
        answer.verdict = FUNCTIONS_RETURNS;
    }
    if (answer.verdict == FUNCTIONS_LASTS) {
        while (answer.pieces->make(answer.pieces, &answer.term))
            ;
        answer.pieces->free(answer.pieces);
        answer.verdict = FUNCTIONS_RETURNS;
    }
    if (answer.owner)
        owners_add(owners, home, &answer.pid, answer.owner, to);
    process_keep(process);
    process_answer(process, home, &answer, to);
    process_done(process);
}

/* All of what is said: frames, each whole, as whoever reads it decodes it. */
static void check_said(const struct text *said)
{
    struct bytes in = bytes_over(said->data, said->len);

    while (in.left > 0) {
        uint32_t len = bytes_u32(&in);
        struct distribution_message message;
        const uint8_t *frame = bytes_take(&in, len);
        const char *reason;

        assert(frame && distribution_decode(frame, len, &message, &reason) == 0);
    }
}

static void try_frame(const struct api *api, struct owners *owners, struct process_home *home, const uint8_t *frame,
                      size_t len)
{
    struct distribution_message message;
    struct process process;
    struct text said = {0};
    const char *reason = NULL;

    if (len == 0)
        return;
    if (distribution_decode(frame, len, &message, &reason) < 0) {
        assert(reason);
        return;
    }
    switch (signal_take(&message, home, &process, &said)) {
    case SIGNAL_RUN:
        run(api, owners, &process, home, &said);
        break;
    case SIGNAL_DOWN:
        owners_end(owners, &process.tag);
        break;
    case SIGNAL_DONE:
    case SIGNAL_CANCEL:
    case SIGNAL_EXIT:
        break;
    }
    check_said(&said);
    text_done(&said);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct house house;
    static struct mapper mapper;
    struct process_home home = {host.name, host.creation, 0};
    struct owners owners = {.service = &house.service};
    struct bytes in = bytes_over(data, len);

    if (!house.service.loop) {
        house_init(&house);
        house_register(&house, "a");
        house_register(&house, "b");
        mapper = (struct mapper){.loop = house.service.loop, .descriptors = house.cabling.descriptors};
        house.api.gates = gates_new(&mapper);
    }
    if (bytes_u8(&in) % 2 == 0) {
        try_greeting(in.at, in.left);
        return 0;
    }
    while (in.left > 0) {
        size_t size = bytes_u16(&in);
        const uint8_t *frame = bytes_take(&in, size < in.left ? size : in.left);

        if (frame)
            try_frame(&house.api, &owners, &home, frame, (size_t)(in.at - frame));
    }
    owners_done(&owners);
    rules_clear(house.service.rules);
    return 0;
}
