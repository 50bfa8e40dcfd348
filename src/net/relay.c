/* SPDX-License-Identifier: MIT */
#include "net/relay.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "net/cable.h"
#include "net/gate.h"
#include "net/loop.h"
#include "net/pipes.h"

void relay_init(struct relay *relay)
{
    relay->scratch = mem_new(RELAY_SCRATCH_BYTES);
    relay->pipes = pipes_new();
    relay->cables = cables_new(relay);
    relay->gates = gates_new(relay);
}

void relay_done(struct relay *relay)
{
    gates_free(relay->gates);
    cables_free(relay->cables);
    pipes_free(relay->pipes);
    free(relay->scratch);
}

void relay_out_of_descriptors(struct relay *relay, const char *what)
{
    uint64_t now_ms = loop_now_ms(relay->loop);

    if (relay->warned_ms && now_ms - relay->warned_ms < RELAY_WARNING_MS)
        return;
    relay->warned_ms = now_ms;
    log_warning("%s pauses until descriptors are free again (%s); `ulimit -n` is their limit", what, strerror(errno));
}

bool relay_errno_is_exhaustion(void)
{
    return errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
}
