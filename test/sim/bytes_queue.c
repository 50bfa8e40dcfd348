/* SPDX-License-Identifier: MIT */
#include "bytes_queue.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define ROOM_FIRST 256

void queue_put(struct bytes_queue *queue, const void *data, size_t len)
{
    if (len == 0)
        return;
    if (queue->begin + queue->len + len > queue->room && queue->begin > 0) {
        memmove(queue->at, queue->at + queue->begin, queue->len);
        queue->begin = 0;
    }
    if (queue->len + len > queue->room) {
        queue->room = queue->room ? queue->room : ROOM_FIRST;
        while (queue->room < queue->len + len)
            queue->room *= 2;
        queue->at = realloc(queue->at, queue->room);
    }
    memcpy(queue->at + queue->begin + queue->len, data, len);
    queue->len += len;
}

const uint8_t *queue_data(const struct bytes_queue *queue)
{
    return queue->at ? queue->at + queue->begin : NULL;
}

void queue_take(struct bytes_queue *queue, size_t len)
{
    assert(len <= queue->len);
    queue->len -= len;
    queue->begin = queue->len > 0 ? queue->begin + len : 0;
}

void queue_cut(struct bytes_queue *queue, size_t len)
{
    assert(len <= queue->len);
    queue->len = len;
}

void queue_done(struct bytes_queue *queue)
{
    free(queue->at);
    *queue = (struct bytes_queue){0};
}

void put_number(uint8_t *to, size_t bytes, uint64_t number)
{
    while (bytes > 0) {
        to[--bytes] = (uint8_t)number;
        number >>= 8;
    }
}

uint64_t get_number(const uint8_t *from, size_t bytes)
{
    uint64_t number = 0;

    while (bytes-- > 0)
        number = number << 8 | *from++;
    return number;
}
