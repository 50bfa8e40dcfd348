/* SPDX-License-Identifier: MIT */
/*
 * Bytes in a row: put at the end, taken from the beginning. And numbers as they stand in messages.
 */
#ifndef SIM_BYTES_QUEUE_H
#define SIM_BYTES_QUEUE_H

#include <stddef.h>
#include <stdint.h>

struct bytes_queue {
    uint8_t *at;
    size_t begin, len, room; /* at[begin] is the first of len */
};

void queue_put(struct bytes_queue *queue, const void *data, size_t len);
const uint8_t *queue_data(const struct bytes_queue *queue);
void queue_take(struct bytes_queue *queue, size_t len); /* the first so many are gone */
void queue_cut(struct bytes_queue *queue, size_t len);  /* so many stay */
void queue_done(struct bytes_queue *queue);

/* The most significant of so many bytes comes first. */
void put_number(uint8_t *to, size_t bytes, uint64_t number);
uint64_t get_number(const uint8_t *from, size_t bytes);

#endif
