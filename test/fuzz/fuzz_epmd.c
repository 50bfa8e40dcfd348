/* SPDX-License-Identifier: MIT */
/* An EPMD request as it comes from the network: no read beyond its end, no name or extra data outside of it. */
#include <assert.h>
#include <stdlib.h>

#include "wire/epmd.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void within(const uint8_t *part, size_t part_len, const uint8_t *body, size_t len)
{
    assert(part_len == 0 || (part >= body && part + part_len <= body + len));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    int size = epmd_request_size(data, len);
    struct epmd_request request;
    uint8_t reply[EPMD_PORT_REPLY_MAX];
    const char *reason;
    enum epmd_verdict verdict;

    assert(size >= -1 && size <= EPMD_LENGTH_BYTES + EPMD_REQUEST_MAX);
    verdict = epmd_decode(data, len, &request, &reason);
    assert((verdict == EPMD_OK) == (reason == NULL));
    if (verdict == EPMD_BAD)
        return 0;
    within(request.node.name, request.node.name_len, data, len);
    within(request.node.extra, request.node.extra_len, data, len);
    if (verdict == EPMD_OK && request.opcode == EPMD_ALIVE)
        assert(epmd_put_port_reply(reply, &request.node) == 14 + request.node.name_len + request.node.extra_len);
    return 0;
}
