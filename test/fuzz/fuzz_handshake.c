/* SPDX-License-Identifier: MIT */
/*
 * Both directions of a connection, from its first byte: whatever comes, and however it is split, the verdicts, the
 * names and the place where the handshake ends are the same. The input: one byte that says whose bytes these are and
 * how they are split, then the bytes.
 */
#include <assert.h>
#include <string.h>

#include "wire/frames.h"
#include "wire/handshake.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct outcome {
    struct handshake handshake;
    struct frames frames;
    enum handshake_verdict last;
    size_t messages;
    size_t used;
};

static void feed(struct outcome *out, enum handshake_side side, const uint8_t *data, size_t len, size_t piece)
{
    memset(out, 0, sizeof(*out));
    handshake_init(&out->handshake);
    while (out->used < len && out->last < HANDSHAKE_DONE) {
        size_t most = len - out->used < piece ? len - out->used : piece, used;

        out->last = handshake_feed(&out->handshake, side, data + out->used, most, &used);
        assert(used <= most && (out->last != HANDSHAKE_MORE || used == most));
        assert(out->last != HANDSHAKE_BAD || out->handshake.reason);
        out->used += used;
        out->messages += out->last == HANDSHAKE_MESSAGE || out->last == HANDSHAKE_DONE;
    }
    while (out->last == HANDSHAKE_DONE && out->used < len) {
        size_t most = len - out->used < piece ? len - out->used : piece;

        frames_feed(&out->frames, data + out->used, most);
        out->used += most;
    }
}

/*
 * What stands in the half is what came, from the beginning of its message. Clearing flags touches whole messages with
 * flags only, no more than eight bytes of them, and never sets one.
 */
static void check_half(struct handshake *handshake, enum handshake_side side, const uint8_t *message, size_t have)
{
    struct handshake_half *half = &handshake->halves[side];
    uint8_t tag = half->bytes[HANDSHAKE_LENGTH_BYTES];
    size_t changed = 0;

    assert(half->have == have && have <= sizeof(half->bytes) && memcmp(half->bytes, message, have) == 0);
    handshake_clear_flags(handshake, side, UINT64_MAX);
    for (size_t i = 0; i < have; i++) {
        assert((half->bytes[i] & ~message[i]) == 0);
        changed += half->bytes[i] != message[i];
    }
    assert(changed == 0 || (half->complete && (tag == 'N' || tag == 'n' || tag == 'c')));
    assert(changed <= (tag == 'N' ? 8 : 4));
    memcpy(half->bytes, message, have);
}

/* The same once more, for somebody who reads no more than is wanted. */
static void feed_wanted(struct outcome *out, enum handshake_side side, const uint8_t *data, size_t len)
{
    size_t begin = 0;

    memset(out, 0, sizeof(*out));
    handshake_init(&out->handshake);
    while (out->last < HANDSHAKE_DONE) {
        size_t wanted = handshake_wanted(&out->handshake, side), used;

        assert(wanted > 0 && wanted <= HANDSHAKE_MESSAGE_MAX);
        if (wanted > len - out->used)
            return;
        out->last = handshake_feed(&out->handshake, side, data + out->used, wanted, &used);
        assert(used == wanted); /* never beyond the message */
        out->used += used;
        if (out->last != HANDSHAKE_RAW && out->last != HANDSHAKE_BAD)
            check_half(&out->handshake, side, data + begin, out->used - begin);
        if (out->handshake.halves[side].complete)
            begin = out->used;
        out->messages += out->last == HANDSHAKE_MESSAGE || out->last == HANDSHAKE_DONE;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct outcome whole, split, wanted;
    enum handshake_side side;

    if (len < 1)
        return 0;
    side = data[0] & 1 ? FROM_ACCEPTOR : FROM_DIALER;
    feed(&whole, side, data + 1, len - 1, len);
    feed(&split, side, data + 1, len - 1, 1 + (data[0] >> 1));
    feed_wanted(&wanted, side, data + 1, len - 1);
    assert(whole.last == split.last && whole.messages == split.messages && whole.used == split.used);
    assert(wanted.messages == whole.messages && wanted.used <= len - 1);
    assert(strcmp(whole.handshake.dialer.name, split.handshake.dialer.name) == 0);
    assert(strcmp(whole.handshake.acceptor.name, split.handshake.acceptor.name) == 0);
    assert(strcmp(whole.handshake.dialer.name, wanted.handshake.dialer.name) == 0);
    assert(strcmp(whole.handshake.acceptor.name, wanted.handshake.acceptor.name) == 0);
    assert(whole.frames.frames == split.frames.frames && whole.frames.ticks == split.frames.ticks);
    assert(whole.frames.left == split.frames.left && whole.frames.have == split.frames.have);
    return 0;
}
