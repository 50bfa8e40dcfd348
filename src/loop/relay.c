/* SPDX-License-Identifier: MIT */
#include "loop/relay.h"

#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "loop/loop.h"

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
