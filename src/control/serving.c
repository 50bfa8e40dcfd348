/* SPDX-License-Identifier: MIT */
#include "control/serving.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "control/pieces.h"
#include "control/reply.h"
#include "control/turns.h"

struct serving {
    struct turns *turns;
    struct turn turn;
    struct MHD_Connection *connection;
    bool head;       /* the length of all of it is wanted, and nothing else: */
    uint64_t length; /* of what was made, and thrown away */
    struct pieces *pieces;
    struct text piece; /* of which `sent` bytes were read */
    size_t sent;
    bool sending; /* else it is put together */
    bool whole;   /* there are no pieces behind this one */
    bool broken;  /* there were to be, and all is over */
    serving_fn *fn;
    void *data;
};

static void make_piece(struct serving *serving)
{
    serving->whole = !serving->pieces->make(serving->pieces, &serving->piece);
    if (!serving->head)
        return;
    serving->length += serving->piece.len;
    text_done(&serving->piece);
}

static void on_turn(void *data, bool over)
{
    struct serving *serving = data;

    if (over)
        serving->broken = true;
    else
        make_piece(serving);
    if (!over && !serving->sending && !serving->whole && serving->piece.len < SERVING_WHOLE_BYTES_MAX)
        turns_wait(serving->turns, &serving->turn);
    else
        serving->fn(serving->data);
}

/* What was not asked for when its connection is suspended libmicrohttpd asks for again. */
static ssize_t read_piece(void *data, uint64_t position, char *to, size_t max)
{
    struct serving *serving = data;
    size_t len = serving->piece.len - serving->sent;

    (void)position;
    if (len == 0 && serving->whole)
        return MHD_CONTENT_READER_END_OF_STREAM;
    if (len == 0) {
        if (serving->broken || !turns_wait(serving->turns, &serving->turn))
            return MHD_CONTENT_READER_END_WITH_ERROR;
        MHD_suspend_connection(serving->connection);
        return 0;
    }
    if (len > max)
        len = max;
    memcpy(to, serving->piece.data + serving->sent, len);
    serving->sent += len;
    if (serving->sent == serving->piece.len) {
        text_done(&serving->piece);
        serving->sent = 0;
    }
    return (ssize_t)len;
}

struct serving *serving_begin(struct turns *turns, struct MHD_Connection *connection, bool head, struct pieces *pieces,
                              serving_fn *fn, void *data)
{
    struct serving *serving = mem_new(sizeof(*serving));

    *serving = (struct serving){.turns = turns,
                                .connection = connection,
                                .head = head,
                                .pieces = pieces,
                                .fn = fn,
                                .data = data,
                                .turn = {.fn = on_turn}};
    serving->turn.data = serving;
    turns_wait(turns, &serving->turn);
    MHD_suspend_connection(connection);
    return serving;
}

enum MHD_Result serving_reply(struct serving *serving)
{
    const struct text whole = serving->piece;

    if (serving->broken)
        return MHD_NO;
    if (serving->head)
        return reply_length(serving->connection, serving->length, serving->pieces->type);
    serving->sending = true;
    if (!serving->whole)
        return reply_from(serving->connection, false, read_piece, serving, PIECE_BYTES_MAX, serving->pieces->type);
    serving->piece = (struct text){0};
    return reply_text(serving->connection, &whole, serving->pieces->type);
}

void serving_free(struct serving *serving)
{
    if (!serving)
        return;
    turns_leave(serving->turns, &serving->turn);
    serving->pieces->free(serving->pieces);
    text_done(&serving->piece);
    free(serving);
}
